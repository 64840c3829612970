"""A worker replaced by a fresh one: an ordinary end and a new beginning, nothing lost, nothing computed again."""

from pathlib import Path

import pytest

from tests.commands import output_of, run_command, status_of, text_table, write_config

ROWS = 200


@pytest.mark.parametrize(
    ("engine", "leak_bytes", "reason"),
    [
        ({"recycle_rows": 90}, 0, "it has done 9"),
        ({"memory": "600MiB"}, 4_000_000, "of 0.6 GB (engine.memory)"),
    ],
)
def test_workers_that_retire_cost_nothing_but_their_start(
    tmp_path: Path, engine: dict[str, object], leak_bytes: int, reason: str
) -> None:
    source = {"path": str(text_table(tmp_path / "in.parquet", ROWS))}
    job = write_config(tmp_path / "job.yaml", task="answer", model="fake", source=source, engine={"slots": 8, **engine})
    found = run_command("run", job, GEMMA4_BATCH_FAKE=f'{{"leak_bytes": {leak_bytes}}}')
    assert found.returncode == 0, found.stderr
    assert found.stderr.count("the worker is replaced by a fresh one once what runs is finished") in (1, 2)
    assert reason in found.stderr
    out = output_of(tmp_path / "job.out")
    assert out["answer"].to_pylist() == [f"Say: item {row} of the list"[::-1] for row in range(ROWS)]
    assert set(out["error_kind"].to_pylist()) == {None}
    assert status_of(tmp_path / "job.out")["requests_computed_again"] == 0
