"""The summary as Markdown, for those who live in terminals."""

import math
from collections.abc import Iterator, Sequence

from batch.report.summary import Summary, percent
from batch.terminal.rates import duration

BARS = " ▁▂▃▄▅▆▇█"
MAX_BARS = 48


def markdown(summary: Summary) -> str:
    """A page of Markdown, ending in a newline."""
    return "\n".join(_lines(summary)) + "\n"


def _lines(summary: Summary) -> Iterator[str]:
    yield f"# {_inline(summary.title)}: {_inline(summary.subtitle)}"
    yield ""
    yield from _table(("", ""), [(label, f"{value} ({remark})") for label, value, remark in summary.figures])
    yield from _counts("Status", summary.statuses)
    yield from _counts("Errors", summary.errors)
    yield from _counts("Flags", summary.flags)
    if summary.lengths is not None:
        lengths = summary.lengths
        yield f"Length of answers: median {lengths.middle:.0f}, longest {lengths.longest} characters"
        yield f"`{bars(lengths.counts)}` 0 to {len(lengths.counts) * lengths.width}"
        yield ""
    if summary.pace is not None:
        pace = summary.pace
        yield f"{pace.what.capitalize()} a minute over {duration(pace.worked_s)} ({pace.source})"
        yield f"`{bars([part.a_minute for part in pace.bins])}`"
        yield ""
    yield from _table(("", ""), summary.facts)
    yield "Prompt:"
    yield ""
    yield from (f"    {line}" for line in summary.prompt.splitlines())
    for note in summary.notes:
        yield ""
        yield f"> {note}"


def bars(values: Sequence[float]) -> str:
    """One character a value, at most MAX_BARS of them: neighbours are added up."""
    together = max(1, -(-len(values) // MAX_BARS))
    sums = [sum(values[place : place + together]) for place in range(0, len(values), together)]
    top = max(sums, default=0) or 1
    return "".join(BARS[math.ceil(8 * value / top)] for value in sums)


def _counts(name: str, counts: Sequence[tuple[str, int]]) -> Iterator[str]:
    if counts:
        whole = sum(rows for _, rows in counts)
        shares = [
            (word, f"{rows} ({percent(rows, whole)})" if name == "Status" else str(rows)) for word, rows in counts
        ]
        yield from _table((name, "rows"), shares)


def _table(head: tuple[str, str], rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max([len(head[0]), *(len(_cell(label)) for label, _ in rows)])
    yield f"| {head[0]:<{width}} | {head[1]} |"
    yield f"|{'-' * (width + 2)}|---|"
    yield from (f"| {_cell(label):<{width}} | {_cell(value)} |" for label, value in rows)
    yield ""


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")


def _inline(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;")
