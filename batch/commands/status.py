"""`gemma4-batch status`: how far a job is."""

import json
import sys
from typing import Annotated

import typer

from batch.commands.options import AsJson, Folder


def status(
    folder: Folder,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="again and again, until the run ends")] = False,
    every: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="between two looks with --watch")] = 2.0,
) -> None:
    """How far a job is, while it runs (from any terminal) or afterwards."""
    from batch.terminal.status import status_object, status_text

    if watch and not as_json:
        from batch.terminal.watch import watch as watch_status

        watch_status(folder, sys.stdout, every)
        return
    found = status_object(folder)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else status_text(found))
