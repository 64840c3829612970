"""`gemma4-batch inspect`: what a checkpoint is, from its headers."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch.commands.options import AsJson, ModelName, Revision
from batch.errors import EXIT_EXPECTED, ModelError

if TYPE_CHECKING:
    from batch.gemma.inspect import Inspection


def inspect(
    model: ModelName,
    revision: Revision = None,
    as_json: AsJson = False,
    strict: Annotated[bool, typer.Option(help="exit code 1 where anything is missing or wrong")] = False,
) -> None:
    """What a checkpoint is, read from its headers: precision of every part, towers, PLE grade, what is missing."""
    from batch.gemma.inspect import inspection_object, inspection_text

    found = _inspected(model, revision)
    typer.echo(json.dumps(inspection_object(found), indent=2) if as_json else inspection_text(found))
    if strict and not found.complete:
        raise typer.Exit(EXIT_EXPECTED)


def _inspected(model: str, revision: str | None) -> "Inspection":
    """What is on this disk and whole is inspected here; of another Hub model only the headers are fetched."""
    from batch.config.sections import ModelConfig
    from batch.gemma.inspect import inspect as inspect_folder
    from batch.gemma.registry import hub_id, on_this_disk, resolve
    from batch.gemma.weights import missing_files

    repo = hub_id(model)
    if repo is None:
        found = resolve(ModelConfig(path=model, revision=revision))
        if found.path is None:
            raise ModelError(f"model {model!r} has no checkpoint to inspect")
        return inspect_folder(found.path, model=model)
    folder = on_this_disk(repo, revision)
    if folder is not None and not missing_files(folder):
        return inspect_folder(folder, model=repo, revision=folder.name)
    from batch.gemma.outline import fetch_outline

    # Named like the cache's folder, so that a QAT release is known by its name.
    with tempfile.TemporaryDirectory(prefix="gemma4-batch-") as temporary:
        outline = Path(temporary) / f"models--{repo.replace('/', '--')}"
        outline.mkdir()
        commit = fetch_outline(repo, revision, outline)
        try:
            return inspect_folder(outline, model=repo, revision=commit)
        except ModelError as exc:
            raise ModelError(str(exc).replace(str(outline), repo)) from exc
