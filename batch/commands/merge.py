"""`gemma4-batch merge`: the folders of `run --shard I/N`, put together."""

from pathlib import Path
from typing import Annotated

import typer


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="the portions' job folders", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="the folder to make", show_default=False)],
) -> None:
    """Put the portions of a job (run --shard I/N) together as one result."""
    from batch.output.merge import merge as put_together

    content = put_together(folders, out)
    typer.echo(f"{len(folders)} portions, {content['rows']} rows in {len(content['files'])} parts")
    typer.echo(f"output: {out}")
