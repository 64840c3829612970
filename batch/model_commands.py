"""The commands about models: parse, call, print. What they stand on is imported inside them, as in `cli.py`."""

import json
import sys
import tempfile
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch.errors import EXIT_EXPECTED, ConfigError, ModelError

if TYPE_CHECKING:
    from batch.gemma.inspect import Inspection

models = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="The models to choose from: how large they are, what they take, and what fits this machine.",
)

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="short name, Hub id or folder", show_default=False)]
Revision = Annotated[str | None, typer.Option(help="commit, tag or branch of a Hub model")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


class Bits(Enum):
    """`--bits`."""

    four = "4"
    eight = "8"
    bf16 = "bf16"


class Task(Enum):
    """`--task`."""

    caption = "caption"
    transcribe = "transcribe"
    answer = "answer"


@models.callback()
def list_models(
    context: typer.Context,
    task: Annotated[Task | None, typer.Option(help="only what can do this task")] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="of another machine, such as 16GiB; this one's is measured")
    ] = None,
    slots: Annotated[int, typer.Option(min=1, help="requests to decode at once")] = 4,
    as_json: AsJson = False,
) -> None:
    """The models to choose from: how large they are, what they take, and what fits this machine."""
    if context.invoked_subcommand is not None:
        return
    from batch.gemma.catalogue import choices, models_object, models_text
    from batch.machine import memory_bytes

    size = memory_bytes() if memory is None else _size(memory)
    tasks = [task.value] if task else [every.value for every in Task]
    found = choices(size, slots, task.value if task else None)
    if as_json:
        typer.echo(json.dumps(models_object(found, size, slots, tasks), indent=2))
    else:
        typer.echo(models_text(found, size, slots, tasks))


def _size(text: str) -> int:
    from pydantic import TypeAdapter, ValidationError

    from batch.config.values import Size

    try:
        size: int = TypeAdapter(Size).validate_python(text)
    except ValidationError as exc:
        raise ConfigError(f"--memory is {text!r}: must be a size such as 16GiB") from exc
    return size


@models.command("pull")
def pull(name: ModelName, revision: Revision = None) -> None:
    """Download a model, or go on with it: one commit, free space asked first, every checksum checked."""
    from batch.gemma.download import damaged_files
    from batch.gemma.download import pull as download
    from batch.gemma.registry import hub_id, on_this_disk
    from batch.gemma.weights import missing_files

    repo = hub_id(name)
    if repo is None:
        raise ModelError(f"{name!r} is no short name and no Hub id (org/name); `gemma4-batch models` lists the names")
    folder = on_this_disk(repo, revision)
    if folder is not None and not missing_files(folder) and not damaged_files(folder):
        typer.echo(f"{repo} is here, and every checksum is right: {folder}")
        return
    folder = download(repo, revision, _Percent("downloaded"))
    missing = missing_files(folder)
    if missing:
        raise ModelError(f"{repo}: the Hub has no {', '.join(missing)}; it is no whole Gemma 4 checkpoint")
    typer.echo(f"{repo} at {folder.name}: {folder}")


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
    from batch.config.job import ModelConfig
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


def convert(
    source: Annotated[str, typer.Argument(metavar="SRC", help="folder or Hub id of an unquantised checkpoint")],
    destination: Annotated[Path, typer.Argument(metavar="DST", help="the new folder; it must not be there yet")],
    bits: Annotated[Bits, typer.Option(help="of the modules that may be quantised; bf16 quantises nothing")],
    group_size: Annotated[
        int | None, typer.Option(help="numbers that share a scale: 32, 64 or 128; 64 where --mode does not fix it")
    ] = None,
    mode: Annotated[str, typer.Option(help="affine, mxfp4, mxfp8 or nvfp4")] = "affine",
    dtype: Annotated[
        str | None, typer.Option(help="float32, bfloat16 or float16 for the rest; otherwise as in the source")
    ] = None,
    revision: Revision = None,
) -> None:
    """Make a PLE-safe MLX checkpoint: only attention, MLP and experts are quantised, the rest stays as it is."""
    from batch.config.job import ModelConfig
    from batch.gemma.convert import convert as convert_folder
    from batch.gemma.inspect import inspection_text
    from batch.gemma.registry import resolve
    from batch.machine import check_machine

    check_machine()
    found = resolve(ModelConfig(path=source, revision=revision))
    if found.path is None:
        raise ModelError(f"model {source!r} has no checkpoint to convert")
    name = f"{found.name}@{found.revision}" if found.revision else found.path.name
    written = convert_folder(
        found.path,
        destination,
        bits.value,
        group_size=group_size,
        mode=mode,
        dtype=dtype,
        name=name,
        progress=_Percent("written"),
    )
    typer.echo(inspection_text(written))


class _Percent:
    """One line on a terminal, rewritten at every whole percent; nothing anywhere else."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if percent == self._shown or not sys.stderr.isatty():
            return
        self._shown = percent
        end = "\n" if done >= total else ""
        typer.echo(f"\r{percent}% of {total / 1e9:.2f} GB {self._word}{end}", nl=False, err=True)
