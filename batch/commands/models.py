"""`gemma4-batch models`, and `models pull`: what there is, what fits this machine, and the download of one."""

import json
from enum import Enum
from typing import Annotated

import typer

from batch.commands.options import AsJson, ModelName, Revision, size_of
from batch.commands.percent import Percent
from batch.errors import ModelError

models = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="The models to choose from: how large they are, what they take, and what fits this machine.",
)


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
    from batch.machine.memory import memory_bytes

    size = memory_bytes() if memory is None else size_of(memory, "--memory")
    tasks = [task.value] if task else [every.value for every in Task]
    found = choices(size, slots, task.value if task else None)
    if as_json:
        typer.echo(json.dumps(models_object(found, size, slots, tasks), indent=2))
    else:
        typer.echo(models_text(found, size, slots, tasks))


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
    folder = download(repo, revision, Percent("downloaded"))
    missing = missing_files(folder)
    if missing:
        raise ModelError(f"{repo}: the Hub has no {', '.join(missing)}; it is no whole Gemma 4 checkpoint")
    typer.echo(f"{repo} at {folder.name}: {folder}")
