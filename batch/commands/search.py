"""`gemma4-batch search`: find rows by the words of their answers."""

import json
import os
import sys
from typing import Annotated

import typer

from batch.commands.options import AsJson, Folder
from batch.errors import EXIT_EXPECTED

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def search(
    folder: Folder,
    words: Annotated[
        list[str], typer.Argument(help='all of them; `"two words"` together, `ca*`, OR and NOT', show_default=False)
    ],
    limit: Annotated[int, typer.Option(min=1, help="the best N")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find rows by words in captions, transcripts, answers, prompts and messages; exit code 1 where there are none."""
    from batch.export.finished import open_finished
    from batch.export.sqlite import search as search_rows

    bold = sys.stdout.isatty() and not as_json and not os.environ.get("NO_COLOR")  # no-color.org: set and not empty
    marks = (BOLD, PLAIN) if bold else ("", "")
    hits = search_rows(open_finished(folder), " ".join(words), limit, *marks)
    if as_json:
        found = [{"row_id": hit.row_id, "snippet": hit.snippet} for hit in hits]
        typer.echo(json.dumps({"schema_version": 1, "hits": found}, ensure_ascii=False, indent=2))
    for hit in () if as_json else hits:
        typer.echo(f"{hit.row_id}: {hit.snippet}", color=bold)
    if not hits:
        raise typer.Exit(EXIT_EXPECTED)
