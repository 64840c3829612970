"""One function per command: parse, call, print, exit code. Imports nothing heavy, so `--help` is instant."""

import json
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch import __version__, model_commands
from batch.errors import (
    EXIT_BUG,
    EXIT_COMPLETE,
    EXIT_ERROR_RATE,
    EXIT_EXPECTED,
    EXIT_INTERRUPTED,
    BatchError,
    ConfigError,
    Interrupted,
    OutputError,
)
from batch.records import FLAGS

if TYPE_CHECKING:
    from batch.config.job import JobConfig

app = typer.Typer(
    name="gemma4-batch",
    help="Caption, transcribe and question whole folders and datasets with Gemma 4, on this machine.",
    epilog="Exit codes: 0 complete, 1 expected error, 2 config or changed source, 3 bug, "
    "4 complete but more failed rows than run.max_error_rate, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigPath = Annotated[Path, typer.Argument(help="the job: a YAML file", show_default=False)]
Folder = Annotated[Path, typer.Argument(help="the job's folder (output.path)", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


class DType(Enum):
    """`--dtype`."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


@app.command()
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
) -> None:
    """Run a job, or go on with it: the same command does both."""
    from batch.machine import check_machine

    check_machine()
    job = _load(config, set_, limit)
    if dry_run:
        _show_plan(job)
        return
    _run(
        job,
        fresh=fresh,
        retry_failed=retry_failed,
        retry_flagged=_flags(retry_flagged or ()),
        accept_changed=accept_changed,
        pull=pull,
    )


def _flags(asked: Sequence[str]) -> tuple[str, ...]:
    for flag in asked:
        if flag not in FLAGS:
            raise ConfigError(f"--retry-flagged {flag}: there is no such flag, only {', '.join(FLAGS)}")
    return tuple(asked)


def _load(config: Path, set_: list[str] | None, limit: int | None) -> "JobConfig":
    from batch.config.job import load_config

    job = load_config(config, set_ or (), limit)
    _refuse_what_is_not_built(job, config)
    return job


def _refuse_what_is_not_built(job: "JobConfig", config: Path) -> None:
    """Keys that are named and mean nothing yet: a key that is passed over in silence would be worse."""
    for key, asked in (
        ("run.pause_on_battery", job.run.pause_on_battery),
        ("executor.kind: dask", job.executor.kind != "local"),
    ):
        if asked:
            raise ConfigError(f"{config}: {key} is planned and not built in this version; leave it out")


def _show_plan(job: "JobConfig") -> None:
    from batch.plan import make_plan
    from batch.report import plan_text
    from batch.runner import open_job_source

    typer.echo(plan_text(make_plan(job, open_job_source(job))))


def _run(
    job: "JobConfig",
    *,
    fresh: bool,
    retry_failed: bool,
    retry_flagged: tuple[str, ...],
    accept_changed: bool,
    pull: bool,
) -> None:
    # Late on purpose: pyarrow, the executor and the model tools have no place in `--help`.
    from batch import runner
    from batch.executors.local import LocalExecutor, describe_death
    from batch.gemma.registry import checked_model, identity_of
    from batch.report import Progress, summary_text

    checked = checked_model(job, pull=pull)
    model = runner.Model(
        path=str(checked.path or ""),
        identity={**identity_of(checked), **_speech_identity(job)},
        provenance={"revision": checked.revision, "ple_grade": checked.ple.grade if checked.ple else None},
    )
    progress = Progress(sys.stderr)
    try:
        outcome = runner.run(
            job,
            model=model,
            executor=LocalExecutor(job.engine.stall_s),
            watcher=progress,
            describe_death=describe_death,
            fresh=fresh,
            retry_failed=retry_failed,
            retry_flagged=retry_flagged,
            accept_changed=accept_changed,
        )
    finally:
        progress.close()
    typer.echo(summary_text(outcome))
    if outcome.error_rate > job.run.max_error_rate:
        raise typer.Exit(EXIT_ERROR_RATE)


def _speech_identity(job: "JobConfig") -> dict[str, object]:
    """A transcript depends on where the recording was cut, so the speech detector is part of the job."""
    if job.task != "transcribe" or job.media.segment == "off":
        return {}
    from batch.media.speech import SETTINGS, WINDOW_SETTINGS

    return {"media.speech": SETTINGS if job.media.segment == "vad" else WINDOW_SETTINGS}


@app.command()
def status(folder: Folder, as_json: AsJson = False) -> None:
    """How far a job is, while it runs or afterwards."""
    from batch.report import status_object, status_text

    found = status_object(folder)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else status_text(found))


@app.command()
def validate(
    model: Annotated[str, typer.Argument(help="short name, Hub id or folder; `demo` comes with the package")],
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write the report as JSON")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="write the report as Markdown")] = None,
    revision: Annotated[str | None, typer.Option(help="commit, tag or branch of a Hub model")] = None,
    dtype: Annotated[DType, typer.Option(help="precision of what is not quantised")] = DType.auto,
) -> None:
    """Ask a model about pictures and recordings whose content is known; exit code 1 when a check fails."""
    from batch.machine import check_machine

    check_machine()
    from batch.config.job import ModelConfig
    from batch.gemma.registry import resolve
    from batch.gemma.validation.table import markdown as markdown_text
    from batch.gemma.validation.table import text
    from batch.gemma.validation.validate import validate as validate_model

    for path in (json_, markdown):
        if path is not None and not path.absolute().parent.is_dir():
            raise OutputError(f"{path}: there is no folder {path.absolute().parent}; make it first")
    report = validate_model(resolve(ModelConfig(path=model, revision=revision)), dtype.value, told=_say)
    typer.echo(text(report))
    if json_ is not None:
        _write(json_, json.dumps(report.as_object(), ensure_ascii=False, indent=2) + "\n")
    if markdown is not None:
        _write(markdown, markdown_text(report))
    if not report.passed:
        raise typer.Exit(EXIT_EXPECTED)


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"{path}: the report cannot be written: {exc.strerror}") from exc


@app.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from batch.config.job import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


app.command()(model_commands.inspect)
app.command()(model_commands.convert)
app.add_typer(model_commands.models, name="models")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gemma4-batch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="print it")] = False,
) -> None:
    """Takes `--version`; the commands do the rest."""


def main() -> None:
    """The installed command. Expected errors print their text and no traceback."""
    try:
        code = app(standalone_mode=False) or EXIT_COMPLETE
    except typer.Exit as stop:
        code = stop.exit_code
    except BatchError as error:
        prefix = "" if isinstance(error, Interrupted) else "error: "
        typer.echo(f"{prefix}{error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:  # a usage error of the command line, or a bug
        code = _usage_or_bug(error)
    sys.exit(code)


def _usage_or_bug(error: Exception) -> int:
    show = getattr(error, "show", None)  # click's ClickException and its children
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    with tempfile.NamedTemporaryFile("w", prefix="gemma4-batch-", suffix=".log", delete=False) as log:
        log.write(f"gemma4-batch {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
        log.write(f"command: {sys.argv[1:]}\n\n{traceback.format_exc()}")
    typer.echo(f"bug: {type(error).__name__}: {error}\nPlease report it with the log {log.name}", err=True)
    return EXIT_BUG


if __name__ == "__main__":
    main()
