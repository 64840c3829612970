"""`gemma4-batch verify`: is every input row in the output, once, in order, as it was written?"""

import json
from typing import Annotated

import typer

from batch.commands.options import AsJson, Folder
from batch.errors import EXIT_EXPECTED


def verify(
    folder: Folder,
    as_json: AsJson = False,
    strict: Annotated[
        bool, typer.Option(help="exit code 1 also where rows are not done, or the source cannot be looked at")
    ] = False,
) -> None:
    """Hold a job's output against what was planned and written; print a receipt. Exit code 1 for differences."""
    from batch.output.verify import verify as verify_folder

    receipt = verify_folder(folder)
    typer.echo(json.dumps(receipt.as_dict(), ensure_ascii=False, indent=2) if as_json else receipt.text())
    if receipt.differences or (strict and not receipt.whole):
        raise typer.Exit(EXIT_EXPECTED)
