"""`gemma4-batch run`: a job from its config to its last part; the same command goes on with it."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch.commands.options import ConfigPath, load_job, need_dask
from batch.commands.plan import show_plan
from batch.errors import EXIT_ERROR_RATE, ConfigError
from batch.records import FLAGS

if TYPE_CHECKING:
    from batch.config.job import JobConfig
    from batch.executor import Executor
    from batch.portion import Portion
    from batch.runner import Model


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
    sample: Annotated[
        int | None, typer.Option(min=1, help="try so many rows, the same each time; show the answers, keep nothing")
    ] = None,
    executor: Annotated[
        str | None, typer.Option(metavar="dask=ADDRESS", help="on several machines: dask=tls://HOST:8786, dask=local:N")
    ] = None,
    insecure: Annotated[bool, typer.Option(help="allow a cluster without TLS beyond this machine")] = False,
) -> None:
    """Run a job, or go on with it: the same command does both."""
    from batch.machine.support import check_machine

    check_machine()
    job = load_job(config, [*(set_ or ()), *([f"executor={executor}"] if executor else ())], limit)
    portion = None
    if shard is not None:
        job, portion = _portion(job, shard)
    if dry_run:
        show_plan(job, portion)
        return
    if sample is not None:
        _try(job, sample, pull=pull)
        return
    _run(
        job,
        fresh=fresh,
        retry_failed=retry_failed,
        retry_flagged=_flags(retry_flagged or ()),
        accept_changed=accept_changed,
        pull=pull,
        portion=portion,
        insecure=insecure,
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
    insecure: bool,
) -> None:
    # Late on purpose: pyarrow, the executor and the model tools have no place in `--help`.
    from batch import runner
    from batch.executors.worker_process import describe_death
    from batch.telemetry.watched import watched
    from batch.terminal.progress import Progress
    from batch.terminal.summary import summary_text

    model = _model(job, pull=pull)
    progress = Progress(sys.stderr)
    with watched(job, progress) as watcher:
        outcome = runner.run(
            job,
            model=model,
            executor=_executor(job, model, insecure=insecure),
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


def _try(job: "JobConfig", count: int, *, pull: bool) -> None:
    """Some rows through the real model, in a job folder that does not stay; only the previews do."""
    from batch import runner
    from batch.executors.local import LocalExecutor
    from batch.executors.worker_process import describe_death
    from batch.sample import sampled, tried_rows
    from batch.tasks import TASKS
    from batch.terminal.progress import Progress
    from batch.terminal.sample import sample_text

    model = _model(job, pull=pull)
    with tempfile.TemporaryDirectory(prefix="gemma4-batch-") as temporary:
        folder = Path(temporary) / "sample"
        progress = Progress(sys.stderr)
        try:
            runner.run(
                job.model_copy(update={"output": job.output.model_copy(update={"path": str(folder)})}),
                model=model,
                executor=LocalExecutor(job.engine.stall_s),
                watcher=progress,
                describe_death=describe_death,
                narrowed=lambda plan: sampled(plan, count),
            )
        finally:
            progress.close()
        previews = Path(tempfile.mkdtemp(prefix="gemma4-batch-sample-"))
        tried = tried_rows(folder, previews)
    typer.echo(sample_text(tried, TASKS[job.task].column, job.source.reference_column))
    typer.echo(f"\nnothing was kept but the previews: {previews}")


def _model(job: "JobConfig", *, pull: bool) -> "Model":
    """The job's model, found and checked, as the runner wants to know it."""
    from batch.gemma.registry import checked_model, identity_of
    from batch.runner import Model

    checked = checked_model(job, pull=pull)
    return Model(
        path=str(checked.path or ""),
        identity={**identity_of(checked), **_speech_identity(job)},
        provenance={"revision": checked.revision, "ple_grade": checked.ple.grade if checked.ple else None},
    )


def _executor(job: "JobConfig", model: "Model", *, insecure: bool) -> "Executor":
    """Where the job's work runs. Raises ConfigError, ClusterError."""
    if job.executor.kind == "local":
        from batch.executors.local import LocalExecutor

        return LocalExecutor(job.engine.stall_s)
    need_dask()
    from batch.executors.dask.choice import cluster

    return cluster(job, identity=model.identity, ple_grade=model.provenance["ple_grade"], insecure=insecure)


def _speech_identity(job: "JobConfig") -> dict[str, object]:
    """A transcript depends on where the recording was cut, so the speech detector is part of the job."""
    if job.task != "transcribe" or job.media.segment == "off":
        return {}
    from batch.media.speech import SETTINGS, WINDOW_SETTINGS

    return {"media.speech": SETTINGS if job.media.segment == "vad" else WINDOW_SETTINGS}
