"""`gemma4-batch init`: a first job file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from batch.commands.models import Task
from batch.errors import ConfigError

if TYPE_CHECKING:
    from batch.starter.source_guess import Guess

SLOTS = 4  # requests at once that a recommended model should allow


def init(
    source: Annotated[
        str | None, typer.Argument(help="a folder, a file, a pattern, or a Hub dataset (org/name)", show_default=False)
    ] = None,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="the job file to write")] = Path("job.yaml"),
    task: Annotated[Task | None, typer.Option(help="otherwise as the source looks")] = None,
    model: Annotated[str | None, typer.Option(help="otherwise the best that fits this machine")] = None,
    prompt: Annotated[str | None, typer.Option(help="what to ask of every row")] = None,
    output: Annotated[str | None, typer.Option(help="the job's folder; otherwise out/ and the source's name")] = None,
    overwrite: Annotated[bool, typer.Option(help="replace a job file that is there")] = False,
) -> None:
    """Look at a folder or dataset and write a commented job file that runs. On a terminal it asks what is not given."""
    from batch.config.job import load_config
    from batch.starter.job_file import Wanted, job_text
    from batch.starter.source_guess import guess, source_keys

    if file.exists() and not overwrite:
        raise ConfigError(f"{str(file)!r} is there already. Give another --file, or --overwrite to replace it")
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if source is None:
        if not asks:
            raise ConfigError("say what to work on, as in: gemma4-batch init ~/Pictures")
        source = typer.prompt("A folder, a file, or a Hub dataset (org/name)")
    keys = source_keys(source)
    found = guess(keys, task.value if task else None)
    typer.echo(f"{source}: {found.what}")
    chosen = task.value if task else _asked(asks, "Task (caption, transcribe, answer)", found.task)
    if chosen != found.task:
        found = guess(keys, _task(chosen))
    wanted = Wanted(
        task=found.task,
        source=keys,
        model=model or _asked(asks, "Model", _fitting(found)),
        output=output or _asked(asks, "Folder for the results", f"out/{_name(source)}"),
        prompt=prompt,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(job_text(wanted, found, str(file)), encoding="utf-8")
    load_config(file)  # says at once what would be wrong with an answer that was typed
    typer.echo(f"wrote {file}: task {wanted.task}, model {wanted.model}, output {wanted.output}")
    typer.echo(f"next: gemma4-batch plan {file}; gemma4-batch run {file} --sample 8; gemma4-batch run {file}")


def _asked(asks: bool, question: str, default: str) -> str:
    return str(typer.prompt(question, default=default)) if asks else default


def _task(text: str) -> Literal["caption", "transcribe", "answer"]:
    try:
        return Task(text).value
    except ValueError:
        raise ConfigError(f"task {text!r}: there are caption, transcribe and answer") from None


def _fitting(found: "Guess") -> str:
    """The recommended model that fits this machine; the one that comes along where none does."""
    from batch.gemma.catalogue import choices, recommended
    from batch.machine.memory import memory_bytes

    return recommended(choices(memory_bytes(), SLOTS, found.task), found.task, SLOTS) or "demo"


def _name(source: str) -> str:
    """`Pictures` of `~/Pictures/`, `squad` of `org/squad`, `photos` of `photos/**/*.jpg`."""
    parts = [part for part in Path(source).parts if not any(character in part for character in "*?[/~")]
    return Path(parts[-1]).stem if parts else "job"
