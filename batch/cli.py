"""The command line: its commands, `--version`, and the one place that prints errors. Imports nothing heavy."""

import platform
import sys
import tempfile
import traceback
from typing import Annotated

import typer

from batch import __version__
from batch.commands.bench import bench
from batch.commands.compare import compare
from batch.commands.convert import convert
from batch.commands.export import export
from batch.commands.init import init
from batch.commands.inspect import inspect
from batch.commands.merge import merge
from batch.commands.models import models
from batch.commands.node import node
from batch.commands.plan import plan
from batch.commands.repair import repair
from batch.commands.report import report
from batch.commands.run import run
from batch.commands.schema import schema
from batch.commands.search import search
from batch.commands.status import status
from batch.commands.validate import validate
from batch.commands.verify import verify
from batch.errors import EXIT_BUG, EXIT_COMPLETE, EXIT_INTERRUPTED, BatchError, Interrupted

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

for command in (
    init,
    plan,
    run,
    status,
    report,
    export,
    search,
    compare,
    verify,
    repair,
    merge,
    node,
    validate,
    schema,
    inspect,
    convert,
    bench,
):
    app.command()(command)
app.add_typer(models, name="models")


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
