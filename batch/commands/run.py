"""`gemma4-batch run`: a job from its config to its last part; the same command goes on with it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch.commands.options import ConfigPath, load_job
from batch.commands.plan import show_plan
from batch.errors import EXIT_ERROR_RATE, ConfigError
from batch.records import FLAGS

if TYPE_CHECKING:
    from batch.config.job import JobConfig
    from batch.portion import Portion


def run(
    config: ConfigPath,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a key: --set sampling.seed=7")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="only the first N rows; raise it later to go on", min=0)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan; load no model, write nothing")] = False,
    fresh: Annotated[bool, typer.Option(help="move an existing result aside and begin anew")] = False,
    retry_failed: Annotated[bool, typer.Option(help="try failed rows of a finished job again")] = False,
    retry_flagged: Annotated[
        list[str] | None,
        typer.Option("--retry-flagged", metavar="FLAG", help="do rows with this flag again, such as repetition"),
    ] = None,
    accept_changed: Annotated[bool, typer.Option(help="go on although source files changed")] = False,
    pull: Annotated[bool, typer.Option(help="download the model first, where it is not on this disk")] = False,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="only this machine's portion, such as 2/4; then: merge")
    ] = None,
) -> None:
    """Run a job, or go on with it: the same command does both."""
    from batch.machine.support import check_machine

    check_machine()
    job = load_job(config, set_, limit)
    portion = None
    if shard is not None:
        job, portion = _portion(job, shard)
    if dry_run:
        show_plan(job, portion)
        return
    _run(
        job,
        fresh=fresh,
        retry_failed=retry_failed,
        retry_flagged=_flags(retry_flagged or ()),
        accept_changed=accept_changed,
        pull=pull,
        portion=portion,
    )


def _portion(job: "JobConfig", text: str) -> tuple["JobConfig", "Portion"]:
    """The job with the portion's own folder, and the portion."""
    from batch.portion import parse_portion

    portion = parse_portion(text)
    folder = portion.folder(Path(job.output.path))
    return job.model_copy(update={"output": job.output.model_copy(update={"path": str(folder)})}), portion


def _flags(asked: Sequence[str]) -> tuple[str, ...]:
    for flag in asked:
        if flag not in FLAGS:
            raise ConfigError(f"--retry-flagged {flag}: there is no such flag, only {', '.join(FLAGS)}")
    return tuple(asked)


def _run(
    job: "JobConfig",
    *,
    fresh: bool,
    retry_failed: bool,
    retry_flagged: tuple[str, ...],
    accept_changed: bool,
    pull: bool,
    portion: "Portion | None",
) -> None:
    # Late on purpose: pyarrow, the executor and the model tools have no place in `--help`.
    from batch import runner
    from batch.executors.local import LocalExecutor
    from batch.executors.worker_process import describe_death
    from batch.gemma.registry import checked_model, identity_of
    from batch.telemetry.watched import watched
    from batch.terminal.progress import Progress
    from batch.terminal.summary import summary_text

    checked = checked_model(job, pull=pull)
    model = runner.Model(
        path=str(checked.path or ""),
        identity={**identity_of(checked), **_speech_identity(job)},
        provenance={"revision": checked.revision, "ple_grade": checked.ple.grade if checked.ple else None},
    )
    progress = Progress(sys.stderr)
    with watched(job, progress) as watcher:
        outcome = runner.run(
            job,
            model=model,
            executor=LocalExecutor(job.engine.stall_s),
            watcher=watcher,
            describe_death=describe_death,
            fresh=fresh,
            retry_failed=retry_failed,
            retry_flagged=retry_flagged,
            accept_changed=accept_changed,
            portion=portion,
        )
    typer.echo(summary_text(outcome))
    if outcome.error_rate > job.run.max_error_rate:
        raise typer.Exit(EXIT_ERROR_RATE)


def _speech_identity(job: "JobConfig") -> dict[str, object]:
    """A transcript depends on where the recording was cut, so the speech detector is part of the job."""
    if job.task != "transcribe" or job.media.segment == "off":
        return {}
    from batch.media.speech import SETTINGS, WINDOW_SETTINGS

    return {"media.speech": SETTINGS if job.media.segment == "vad" else WINDOW_SETTINGS}
