"""The simulated cluster follows its nodes until runner or scheduler is full, and is no faster than that."""

import pytest

from tests.executors.dask.saturation import simulate


def test_a_cluster_is_as_fast_as_its_nodes_until_one_process_is_full() -> None:
    few, many = (simulate(nodes, 2.0, runner_s=0.01, scheduler_s=0.002) for nodes in (20, 100))
    assert few["share_of_n_times_one"] == pytest.approx(1.0, abs=0.03)
    assert many["rows_per_s"] == pytest.approx(100.0, rel=0.02)
    assert many["runner_busy"] == 1.0
    slow_scheduler = simulate(100, 2.0, runner_s=0.001, scheduler_s=0.01)
    assert slow_scheduler["rows_per_s"] == pytest.approx(100.0, rel=0.05)
