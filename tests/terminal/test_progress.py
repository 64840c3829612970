"""The plain progress lines and their rates."""

import io
from collections import Counter

import pytest

from batch.counts import Counts
from batch.terminal.progress import Progress
from batch.terminal.rates import Rates, duration, eta_s


def counts(done: int, failed: int = 0, tokens: int = 0) -> Counts:
    return Counts(rows=Counter(ok=done - failed, failed=failed), requests=done, completion_tokens=tokens)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "?"), (0, "0:00"), (64.6, "1:05"), (3600, "1:00:00"), (90061, "25:01:01")]
)
def test_durations_are_short(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_the_eta_is_by_what_is_left() -> None:
    assert eta_s(100, 75, 5.0) == 5.0
    assert eta_s(100, 0, 0.0) is None
    assert eta_s(100, 100, 0.0) == 0.0


def test_rates_are_of_the_last_minutes_and_forget_a_slow_start() -> None:
    rates = Rates()
    for second in range(0, 400, 10):
        done = 0 if second < 200 else second - 200
        rates.add(second, counts(done, tokens=3 * done))
    assert rates.per_second() == (1.0, 1.0, 3.0)


def test_loading_the_model_is_not_counted_into_the_rate() -> None:
    rates = Rates()
    rates.add(0, counts(10))
    rates.restart(60)
    rates.add(70, counts(30))
    assert rates.per_second()[0] == 2.0


def test_elsewhere_than_on_a_terminal_there_are_plain_lines_each_said_once() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.begun(2, counts(0))
    progress.ready({"model": "demo", "dtype": "bfloat16"}, 8)
    progress.moved(counts(0))
    progress.moved(counts(2, failed=1))
    progress.moved(counts(2, failed=1))
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["0 of 2 rows done, loading the model", "model demo, bfloat16, 8 slots"]
    assert [line.split(" requests/s")[0].rsplit(",", 1)[0] for line in lines[2:]] == ["2 of 2 rows, 1 failed"]
