"""`gemma4-batch compare`: two runs over the same rows."""

import json
from pathlib import Path
from typing import Annotated

import typer

from batch.commands.options import AsJson


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="a job's folder", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="another job's, over the same source", show_default=False)],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the page of differences; else in A's export/ folder")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Two prompts, models or precisions side by side: what is equal, who is right, and a page of differences."""
    from batch.compare.comparison import compare as compare_jobs
    from batch.compare.page import write_page
    from batch.export.finished import PLACE
    from batch.terminal.compare import comparison_text

    found = compare_jobs(a, b)
    page = html or a / PLACE / f"compare-with-{b.resolve().name}.html"
    write_page(found, page)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
        return
    typer.echo(comparison_text(found))
    typer.echo(f"{len(found.differences)} differences: {page}")
