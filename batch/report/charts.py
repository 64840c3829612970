"""Plots as inline SVG: drawn once, in the page's own colours (CSS classes), with a sentence for those who hear them."""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from batch.report.histogram import Histogram
from batch.report.pace import Pace
from batch.terminal.rates import duration

WIDTH, HEIGHT = 440, 128
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 22  # room for the labels
MOST_LINES = 4


def pace_svg(pace: Pace) -> str:
    """What was done a minute, over the time at work, as an area; dashed lines where a run began."""
    values = [part.a_minute for part in pace.bins]
    top, step = scale(max(values))
    spots = [(_x((part.start_s + part.end_s) / 2, pace.worked_s), _y(part.a_minute, top)) for part in pace.bins]
    spots = [(_x(0, 1), spots[0][1]), *spots, (_x(1, 1), spots[-1][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    area = f"M{_x(0, 1):.1f},{_y(0, 1):.1f} L" + line.replace(" ", " L") + f" L{_x(1, 1):.1f},{_y(0, 1):.1f} Z"
    begun = "".join(
        f'<line class="run" x1="{_x(part.start_s, pace.worked_s):.1f}" x2="{_x(part.start_s, pace.worked_s):.1f}" '
        f'y1="{TOP}" y2="{HEIGHT - BOTTOM}"><title>a new run began</title></line>'
        for part in pace.bins
        if part.begins
    )
    said = (
        f"{pace.what.capitalize()} a minute over {duration(pace.worked_s)} of work: "
        f"between {min(values):.3g} and {max(values):.3g}, {sum(values) / len(values):.3g} on average."
    )
    ends = [(0.0, "0:00"), (0.5, duration(pace.worked_s / 2)), (1.0, duration(pace.worked_s))]
    return _svg(
        said, f'<path class="area" d="{area}"/><polyline class="line" points="{line}"/>{begun}', top, step, ends
    )


def length_svg(lengths: Histogram) -> str:
    """Bars of answers by length."""
    top, step = scale(max(lengths.counts), least=1)
    count = len(lengths.counts)
    width = (WIDTH - LEFT - RIGHT) / count
    bars = []
    for place, number in enumerate(lengths.counts):
        more = lengths.open_end and place == count - 1
        upto = "more" if more else str((place + 1) * lengths.width - 1)
        bars.append(
            f'<rect class="bar" x="{LEFT + place * width + 0.5:.1f}" width="{max(1.0, width - 1):.1f}" '
            f'y="{_y(number, top):.1f}" height="{_y(0, 1) - _y(number, top):.1f}">'
            f"<title>{number} of {place * lengths.width} to {upto} characters</title></rect>"
        )
    end = count * lengths.width
    said = (
        f"Answers by length: half of them are shorter than {lengths.middle:.0f} characters, "
        f"the longest has {lengths.longest}."
    )
    ends = [(0.0, "0"), (0.5, f"{end // 2}"), (1.0, f"{end}{'+' if lengths.open_end else ''}")]
    return _svg(said, "".join(bars), top, step, ends)


def scale(value: float, least: float = 0.001) -> tuple[float, float]:
    """(top, step) of an axis that reaches `value`: steps of 1, 2 or 5 times a power of ten, MOST_LINES at most."""
    step = least
    while value > step * MOST_LINES:
        leading = f"{step:e}"[0]
        step *= 2.5 if leading == "2" else 2
    return max(1, math.ceil(value / step)) * step, step


def _svg(said: str, drawn: str, top: float, step: float, ends: Sequence[tuple[float, str]]) -> str:
    grid = []
    for place in range(round(top / step) + 1):
        value = place * step
        y = _y(value, top)
        grid.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        grid.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    anchors = {0.0: "start", 1.0: "end"}
    for share, label in ends:
        anchor = anchors.get(share, "middle")
        grid.append(
            f'<text class="tick" x="{_x(share, 1):.1f}" y="{HEIGHT - 5}" text-anchor="{anchor}">{escape(label)}</text>'
        )
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label={quoteattr(said)}>'
        f"{''.join(grid)}{drawn}</svg>"
    )


def _x(value: float, whole: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * value / whole


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
