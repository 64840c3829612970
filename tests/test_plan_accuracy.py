"""What plan says of time is near what a job takes, after one bench, on a machine that does nothing else meanwhile."""

from pathlib import Path

import pytest

from tests.plan_accuracy import rounds

WITHIN = 0.25


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_demo_corpus_takes_what_plan_says_after_one_bench(tmp_path: Path) -> None:
    ratios = [found.ratio for found in rounds(tmp_path, 1, 4)]
    assert len(ratios) == 2
    assert ratios == pytest.approx([1.0, 1.0], abs=WITHIN)
