"""Memory does not grow with the number of rows. `gemma4-batch bench --measure growth` prints times."""

from pathlib import Path

import pytest

from batch.bench.measures.growth import measure

MIB = 1024**2


@pytest.mark.timeout(600)
def test_the_runner_stays_flat_over_five_thousand_rows(tmp_path: Path) -> None:
    figures = measure(tmp_path, 5_000)
    assert figures.whole
    assert figures.runner_bytes_late - figures.runner_bytes_early < 25 * MIB


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_runner_stays_flat_from_ten_thousand_to_a_hundred_thousand_rows(tmp_path: Path) -> None:
    figures = measure(tmp_path, 100_000)
    assert figures.whole
    assert figures.runner_bytes_late - figures.runner_bytes_early < 50 * MIB
    assert figures.ledger_bytes_late < 64 * MIB
