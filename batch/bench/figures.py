"""Medians, spreads and ratios. A machine that is shared or warm is noisy: no figure goes without its spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one contender over one workload. Tokens are those it wrote; `peak_bytes`: the most MLX held."""

    contender: str
    workload: str
    repeat: int
    requests: int
    tokens: int
    seconds: float
    peak_bytes: int | None = None
    computed_s: float | None = None  # processor time of the process

    @property
    def tokens_per_s(self) -> float:
        return self.tokens / self.seconds

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.seconds


def spread(values: Sequence[float]) -> float:
    """(largest - smallest) / median; 0 for a single value."""
    return (max(values) - min(values)) / median(values) if values and median(values) else 0.0


def computed_ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float | None:
    """How many times as many tokens for a second of processor time: what `ratio` is on a machine that does nothing
    else, where the processor is what computes. The median over the repeats that both have."""
    other = {one.repeat: one.tokens / one.computed_s for one in theirs if one.computed_s}
    pairs = [one.tokens / one.computed_s / other[one.repeat] for one in ours if one.repeat in other and one.computed_s]
    return median(pairs) if pairs else None


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float | None:
    """How many times as many tokens a second: the median over the repeats that both have, each compared within it."""
    other = {sample.repeat: sample.tokens_per_s for sample in theirs}
    pairs = [sample.tokens_per_s / other[sample.repeat] for sample in ours if sample.repeat in other]
    return median(pairs) if pairs else None


def median_of(values: Sequence[float]) -> float | None:
    return median(values) if values else None
