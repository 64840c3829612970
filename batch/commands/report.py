"""`gemma4-batch report`: a page to look at, or Markdown."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from batch.commands.options import Folder, size_of


def report(
    folder: Folder,
    markdown: Annotated[bool, typer.Option("--markdown", help="print a summary as Markdown; write nothing")] = False,
    media: Annotated[
        str, typer.Option(metavar="SIZE", help="most that thumbnails and clips may take; 0 for none")
    ] = "1GiB",
    thumbnails: Annotated[int, typer.Option(metavar="ROWS", help="most rows with thumbnails", min=0)] = 100_000,
    clips: Annotated[int, typer.Option(metavar="ROWS", help="most recordings with clips", min=0)] = 2_000,
) -> None:
    """A page to look at what came of a job: report.html and report_files/ in its folder, finished or not."""
    from batch.report.job import ReportJob
    from batch.report.markdown import markdown as as_markdown
    from batch.report.previews import Limits
    from batch.report.report import make_report
    from batch.report.summary import summarise
    from batch.report.survey import survey

    if markdown:
        job = ReportJob(folder)
        typer.echo(as_markdown(summarise(job, survey(job))), nl=False)
        return
    limits = Limits(0 if media.strip() == "0" else size_of(media, "--media"), thumbnails, clips)
    made = make_report(folder, limits, _say if sys.stderr.isatty() else lambda done, total: None)
    for note in made.notes:
        typer.echo(note)
    typer.echo(f"{made.rows} rows: {_address(made.path)}")


def _say(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    typer.echo(f"\rthumbnails and clips: {done} of {total} rows{end}", nl=False, err=True)


def _address(path: Path) -> str:
    return str(path)
