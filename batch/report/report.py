"""`report.html` and `report_files/`: walks the rows, has previews made, writes the data, then the page itself."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from batch import __version__, durable
from batch.report.charts import length_svg, pace_svg
from batch.report.data import Data
from batch.report.job import ReportJob
from batch.report.page import asset, rendered, standalone
from batch.report.previews import NOTES, Limits, Previews, make_previews
from batch.report.summary import STATUS_WORDS, Summary, preview_notes, summarise
from batch.report.survey import survey
from batch.report.twins import equal_answers

PAGE = "report.html"
FILES = "report_files"
OURS = re.compile(r"\.?(index|rows|details)-\d{5,}\.js(\.new)?|\.?(thumb|clip)-[\d-]+\.(jpg|mp3)(\.new)?")
SCRIPTS = ("elements", "data", "drawings", "filter", "player", "cards", "detail", "page", "keys", "start")


@dataclass(frozen=True, slots=True)
class Made:
    """`path` of the page; `notes` are what people should know."""

    path: Path
    rows: int
    previews: Previews
    notes: tuple[str, ...]


def make_report(folder: Path, limits: Limits, told: Callable[[int, int], None] = lambda done, total: None) -> Made:
    """Write the report of a job. `told` hears of previews: rows done and in all.

    Raises LedgerError, ConfigError where the folder is no job's, OutputError where it cannot be written.
    """
    job = ReportJob(folder)
    found = survey(job)
    files = folder / FILES
    with durable.translated(files):
        files.mkdir(exist_ok=True)
        previews = make_previews(job, files, found.wanted, limits, told)
        twins = equal_answers(found, previews)
        data = Data(job, files, found, previews, twins)
        data.write()
        summary = summarise(job, found)
        notes = (*summary.notes, *preview_notes(previews.left_out, previews.missing, previews.bytes))
        durable.write_text(folder / PAGE, page(summary, notes))
        _tidy(files, {NOTES, *data.names, *(file.name for done in previews.done.values() for file in done.files)})
    return Made(folder / PAGE, found.rows, previews, notes)


def page(summary: Summary, notes: Sequence[str]) -> str:
    """The HTML of the report. Its rows come from report_files/."""
    body = rendered(
        "report.html",
        summary=summary,
        notes=notes,
        words=STATUS_WORDS,
        pace_svg=Markup(pace_svg(summary.pace)) if summary.pace else None,
        length_svg=Markup(length_svg(summary.lengths)) if summary.lengths else None,
        lists=(
            ("Errors", "error", summary.errors, "No row failed."),
            ("Flags", "flag", summary.flags, "No answer is flagged."),
        ),
        version=__version__,
        made=time.strftime("%Y-%m-%d at %H:%M"),
    )
    return standalone(f"{summary.title}: {summary.subtitle}", body, script=code())


def code() -> str:
    """The page's own script, in one scope."""
    return '(() => {\n"use strict";\n' + "\n".join(asset(f"{name}.js") for name in SCRIPTS) + "})();\n"


def _tidy(files: Path, kept: set[str]) -> None:
    """Remove what an earlier report left and this one does not use; files of other names are not ours."""
    for path in files.iterdir():
        if path.name not in kept and OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)
