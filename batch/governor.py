"""The worker's memory: what may still be admitted, and when the worker asks to be replaced by a fresh one.

    soft mark   SOFT of the limit: nothing more is admitted while something runs (gemma/mlx_engine.py asks)
    hard mark   the limit itself: the worker finishes what runs and asks for a new one
    growth      the same where memory has grown to a multiple of what it was in the beginning, as it does with many
                different shapes of media
    rows        the same after so many rows, where that is asked for

A retirement is an ordinary drain: no strike against anybody, no fewer slots. Knows no MLX: memory is read through
`readings`, so that all of it can be tried with a fake.
"""

from collections.abc import Callable, Sequence

SOFT = 0.9
BASELINE_REQUESTS = 64
"""The most that is in use while these are answered is what later growth is measured against."""
LEAST_REQUESTS = 4 * BASELINE_REQUESTS
"""A worker that grew has answered at least so many: a new one costs a loading of the model."""
LEAST_GROWTH_BYTES = 1024**3
"""Smaller growth is no danger on a machine that runs a model at all."""
LEAST_AT_THE_LIMIT = 16
"""A worker over its limit has answered at least so many, or it would be replaced for ever without an answer."""

Reading = Callable[[], int]


class Governor:
    """Readings are in bytes; the highest one counts. `limit_bytes` None: no limit is known, only growth is watched."""

    def __init__(
        self,
        limit_bytes: int | None,
        readings: Sequence[Reading],
        *,
        recycle_rows: int | None = None,
        recycle_growth: float | None = None,
        relieve: Callable[[], None] = lambda: None,
    ) -> None:
        self.limit_bytes = limit_bytes
        self._readings = tuple(readings)
        self._recycle_rows = recycle_rows
        self._recycle_growth = recycle_growth
        self._relieve = relieve
        self._baseline_bytes = 0

    def watch(self, reading: Reading, relieve: Callable[[], None]) -> None:
        """Another reading, known only once the engine is; `relieve` gives back what is merely kept for later."""
        self._readings = (*self._readings, reading)
        self._relieve = relieve

    @property
    def in_use_bytes(self) -> int:
        return max((reading() for reading in self._readings), default=0)

    def admits(self, planned_bytes: int) -> bool:
        """Whether all that runs, with the request in question, may come to `planned_bytes`: neither that nor what is
        measured now is beyond the soft mark."""
        if self.limit_bytes is None:
            return True
        soft = SOFT * self.limit_bytes
        if planned_bytes > soft:
            return False
        if self.in_use_bytes <= soft:
            return True
        self._relieve()
        return self.in_use_bytes <= soft

    def retirement(self, rows: int, requests: int) -> str | None:
        """Why this worker, which has done so many rows and requests, should be replaced now; None where it goes on."""
        if self._recycle_rows is not None and rows >= self._recycle_rows:
            return f"it has done {rows} rows (engine.recycle_rows is {self._recycle_rows})"
        in_use = self.in_use_bytes
        if self.limit_bytes is not None and in_use > self.limit_bytes and requests >= LEAST_AT_THE_LIMIT:
            self._relieve()
            in_use = self.in_use_bytes
            if in_use > self.limit_bytes:
                return f"its memory is at {_gb(in_use)} of {_gb(self.limit_bytes)} (engine.memory)"
        if requests <= BASELINE_REQUESTS:
            self._baseline_bytes = max(self._baseline_bytes, in_use)
        elif self._recycle_growth is not None and requests >= LEAST_REQUESTS and self._grown(in_use):
            return (
                f"its memory has grown from {_gb(self._baseline_bytes)} to {_gb(in_use)} "
                f"(engine.recycle_growth is {self._recycle_growth:g})"
            )
        return None

    def _grown(self, in_use: int) -> bool:
        baseline, growth = self._baseline_bytes, self._recycle_growth or 1.0
        return bool(baseline) and in_use > max(growth * baseline, baseline + LEAST_GROWTH_BYTES)


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
