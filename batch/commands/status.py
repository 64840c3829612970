"""`gemma4-batch status`: how far a job is."""

import json

import typer

from batch.commands.options import AsJson, Folder


def status(folder: Folder, as_json: AsJson = False) -> None:
    """How far a job is, while it runs or afterwards."""
    from batch.terminal.status import status_object, status_text

    found = status_object(folder)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else status_text(found))
