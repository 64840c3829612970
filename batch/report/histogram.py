"""How long the answers are: counts in bins of a round width."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MAX_BINS = 40
FAR_OUT = 0.995  # the longest few go into the last bin: one answer of 100,000 characters must not flatten the rest


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` of answers by length, in bins of `width` characters from 0; the last one also holds all longer ones,
    where `longest` is beyond it. `middle`: the median length."""

    width: int
    counts: tuple[int, ...]
    longest: int
    middle: float

    @property
    def open_end(self) -> bool:
        return self.longest >= self.width * len(self.counts)


def histogram(lengths: Sequence[int]) -> Histogram | None:
    """Of lengths in characters, those below 0 left out. None where there are none."""
    known = sorted(length for length in lengths if length >= 0)
    if not known:
        return None
    end = known[min(len(known) - 1, int(len(known) * FAR_OUT))] + 1
    width = _round_up(end / MAX_BINS)
    counts = [0] * -(-end // width)
    for length in known:
        counts[min(length // width, len(counts) - 1)] += 1
    return Histogram(width, tuple(counts), known[-1], median(known))


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if value <= factor * unit:
                return factor * unit
        unit *= 10
