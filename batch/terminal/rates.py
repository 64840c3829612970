"""Rates over the last minutes, and the times that follow from them."""

from collections import deque

from batch.counts import Counts

RATE_WINDOW_S = 120.0


class Rates:
    """Rates over the last minutes, from counts as they were; a long pause or a slow start does not stay in them."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Counts]] = deque()

    def add(self, now_s: float, counts: Counts) -> None:
        self._seen.append((now_s, counts))
        while len(self._seen) > 2 and now_s - self._seen[0][0] > RATE_WINDOW_S:
            self._seen.popleft()

    def restart(self, now_s: float) -> None:
        """Count from now: what came before was loading the model."""
        if self._seen:
            self._seen = deque([(now_s, self._seen[-1][1])])

    def per_second(self) -> tuple[float, float, float]:
        """Rows, requests and generated tokens a second."""
        if len(self._seen) < 2:
            return 0.0, 0.0, 0.0
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        seconds = max(ended - began, 1e-9)
        return (
            (last.done - first.done) / seconds,
            (last.requests - first.requests) / seconds,
            (last.completion_tokens - first.completion_tokens) / seconds,
        )


def eta_s(total: int, done: int, rows_per_s: float) -> float | None:
    """Seconds until the remaining rows are done at this rate; None where nothing is known yet."""
    if done >= total:
        return 0.0
    return (total - done) / rows_per_s if rows_per_s > 0 else None


def duration(seconds: float | None) -> str:
    """`1:02:03`, `4:05`, or `?`."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
