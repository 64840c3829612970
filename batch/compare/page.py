"""The differences as one HTML file, with the report's style; no script runs in it."""

from pathlib import Path

from batch import __version__, durable
from batch.compare.comparison import Comparison
from batch.report.page import rendered, standalone

MOST = 2000  # rows on the page: the most different ones


def write_page(found: Comparison, path: Path) -> None:
    """Raises OutputError where it cannot be written."""
    title = f"{Path(found.a.folder).name} and {Path(found.b.folder).name}"
    body = rendered("compare.html", found=found, title=title, shown=found.differences[:MOST], version=__version__)
    path.parent.mkdir(parents=True, exist_ok=True)
    durable.write_text(path, standalone(f"{title}: differences", body))
