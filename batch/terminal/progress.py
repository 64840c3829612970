"""The progress line of a run: one that moves on a terminal, plain ones elsewhere."""

import time
from collections.abc import Mapping
from typing import Any, TextIO

from tqdm import tqdm

from batch.counts import Counts
from batch.records import Telemetry
from batch.terminal.rates import Rates, duration, eta_s

PLAIN_EVERY_S = 10.0
BAR_FORMAT = "{percentage:3.0f}%|{bar:24}| {n_fmt}/{total_fmt} rows [{elapsed}{postfix}]"  # rate and ETA are ours


class Progress:
    """One line that moves on a terminal (tqdm); elsewhere a plain line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rates = Rates()
        self._bar: tqdm[Any] | None = None
        self._total = 0
        self._printed_at = 0.0
        self._printed_done = 0

    def begun(self, total_rows: int, counts: Counts) -> None:
        self._total = total_rows
        self._printed_at, self._printed_done = time.monotonic(), counts.done
        self._rates.add(time.monotonic(), counts)
        if self._stream.isatty():
            self._bar = tqdm(
                total=total_rows, initial=counts.done, file=self._stream, dynamic_ncols=True, bar_format=BAR_FORMAT
            )
        else:
            self._say(f"{counts.done} of {total_rows} rows done, loading the model")

    def ready(self, info: Mapping[str, Any], slots: int) -> None:
        self._rates.restart(time.monotonic())
        self.told(f"model {info.get('model')}, {info.get('dtype')}, {slots} slots")

    def moved(self, counts: Counts) -> None:
        now = time.monotonic()
        self._rates.add(now, counts)
        rows, requests, tokens = self._rates.per_second()
        if self._bar is not None:
            self._bar.n = counts.done
            self._bar.set_postfix_str(
                f"{requests:.1f} req/s, {tokens:.0f} tok/s, {counts.rows['failed']} failed, "
                f"ETA {duration(eta_s(self._total, counts.done, rows))}",
                refresh=True,
            )
        elif counts.done > self._printed_done and (
            now - self._printed_at > PLAIN_EVERY_S or counts.done == self._total
        ):
            self._printed_at, self._printed_done = now, counts.done
            self._say(progress_line(self._total, counts, (rows, requests, tokens)))

    def busy(self, telemetry: Telemetry) -> None:
        """The line says what comes out, not how."""

    def told(self, message: str) -> None:
        if self._bar is not None:
            self._bar.write(message, file=self._stream)
        else:
            self._say(message)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def progress_line(total: int, counts: Counts, per_second: tuple[float, float, float]) -> str:
    rows, requests, tokens = per_second
    return (
        f"{counts.done} of {total} rows, {counts.rows['failed']} failed, {requests:.1f} requests/s, "
        f"{tokens:.0f} tokens/s, ETA {duration(eta_s(total, counts.done, rows))}"
    )
