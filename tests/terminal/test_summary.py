"""The last thing a run prints."""

from collections import Counter
from pathlib import Path

from batch.counts import Counts
from batch.runner import Outcome
from batch.terminal.summary import summary_text


def test_the_summary_says_what_came_out() -> None:
    total = Counts(rows=Counter(ok=46, failed=2), requests=48)
    total.errors.update({"undecodable": 2})
    total.compared, total.correct = 46, 45
    outcome = Outcome(Path("out/x"), total, 48, 10.0, 20, 100, 3, {"hidden": 1})
    assert summary_text(outcome).splitlines() == [
        "48 of 48 rows: 46 ok, 2 failed",
        "right answers: 45 of 46 (97.8%)",
        "  undecodable: 2",
        "skipped files: 1 hidden",
        "this run: 20 requests, 100 tokens in 0:10 (2.0 requests/s, 10 tokens/s), 3 computed again",
        "output: out/x",
    ]
