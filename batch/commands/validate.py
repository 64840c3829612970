"""`gemma4-batch validate`: a model put to the test on media of known content."""

import json
from pathlib import Path
from typing import Annotated

import typer

from batch.commands.options import DType, writable, write_text
from batch.errors import EXIT_EXPECTED


def validate(
    model: Annotated[str, typer.Argument(help="short name, Hub id or folder; `demo` comes with the package")],
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="write the report as JSON")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="write the report as Markdown")] = None,
    revision: Annotated[str | None, typer.Option(help="commit, tag or branch of a Hub model")] = None,
    dtype: Annotated[DType, typer.Option(help="precision of what is not quantised")] = DType.auto,
) -> None:
    """Ask a model about pictures and recordings whose content is known; exit code 1 when a check fails."""
    from batch.machine.support import check_machine

    check_machine()
    from batch.config.sections import ModelConfig
    from batch.gemma.registry import resolve
    from batch.gemma.validation.table import markdown as markdown_text
    from batch.gemma.validation.table import text
    from batch.gemma.validation.validate import validate as validate_model

    for path in (json_, markdown):
        if path is not None:
            writable(path)
    report = validate_model(resolve(ModelConfig(path=model, revision=revision)), dtype.value, told=_say)
    typer.echo(text(report))
    if json_ is not None:
        write_text(json_, json.dumps(report.as_object(), ensure_ascii=False, indent=2) + "\n")
    if markdown is not None:
        write_text(markdown, markdown_text(report))
    if not report.passed:
        raise typer.Exit(EXIT_EXPECTED)


def _say(line: str) -> None:
    typer.echo(line, err=True)
