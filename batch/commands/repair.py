"""`gemma4-batch repair`: a damaged or lost ledger made anew from the finished parts."""

from typing import Annotated

import typer

from batch.commands.options import Folder


def repair(
    folder: Folder,
    force: Annotated[bool, typer.Option(help="also where the ledger can be read from beginning to end")] = False,
) -> None:
    """Make a damaged or lost ledger anew from the finished parts; the old one is kept beside it."""
    from batch.output.repair import repair as repair_folder

    repaired = repair_folder(folder, even_if_whole=force)
    typer.echo(f"{folder}: the ledger is whole, nothing was done" if repaired is None else repaired.text())
