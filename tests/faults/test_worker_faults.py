"""A worker that aborts, exits, hangs, answers too much or too little, or not a number: what becomes of the row that
does it, and of all the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from batch.ledger.status import read_status
from batch.output.verify import verify
from tests.commands import output_of, text_table, write_config
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.timeout(300)
STALL_S = 2


def run(zygote: Zygote, folder: Path, rows: int, faults: dict[str, str], **config: Any) -> list[dict[str, Any]]:
    """The rows that did not end `ok`, of a job that must be complete, in order, and verified."""
    job = write_config(
        folder / "job.yaml", task="answer", model="fake", source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": 8, "stall_s": STALL_S}, output={"path": str(folder / "out"), "shard_rows": 64}, **config,
    )  # fmt: skip
    fake = json.dumps({"tokens": 2, "step_s": 0.001, "faults": faults})
    assert zygote.run("run", job, log=folder / "log", GEMMA4_BATCH_FAKE=fake) == 0, (folder / "log").read_text()
    receipt = verify(folder / "out")
    assert (receipt.differences, receipt.state, receipt.rows.total()) == ([], "complete", rows)
    return [row for row in output_of(folder / "out").to_pylist() if row["status"] != "ok"]


def test_one_percent_of_rows_that_abort_the_process_cost_themselves_and_nothing_else(
    zygote: Zygote, tmp_path: Path
) -> None:
    failed = run(zygote, tmp_path, 300, {"abort": "99 of"})
    assert [row["row_id"] for row in failed] == ["in.parquet#99", "in.parquet#199", "in.parquet#299"]
    assert {row["error_kind"] for row in failed} == {"worker_crash"}
    for row in failed:
        assert "alone: killed by SIGABRT" in row["error_message"]
        assert "terminating due to uncaught exception" in row["error_message"]
    assert read_status(tmp_path / "out").recomputed <= 2 * 8 * 6  # two deaths for each of three rows


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("exit", "exit code 3"),
        ("hang", "no engine step for longer than engine.stall_s"),
        ("twice", "exit code 1"),
        ("stranger", "exit code 1"),
        ("lost", "exit code 1"),
    ],
)
def test_a_row_that_ruins_the_worker_alone_is_named_and_the_others_are_answered(
    zygote: Zygote, tmp_path: Path, kind: str, said: str
) -> None:
    failed = run(zygote, tmp_path, 24, {kind: "item 7 of"})
    assert [(row["row_id"], row["error_kind"]) for row in failed] == [("in.parquet#7", "worker_crash")]
    assert said in failed[0]["error_message"]


def test_an_answer_that_is_no_number_is_a_failed_row_and_no_death(zygote: Zygote, tmp_path: Path) -> None:
    failed = run(zygote, tmp_path, 24, {"nan": "item 7 of"})
    assert [(row["row_id"], row["error_kind"]) for row in failed] == [("in.parquet#7", "nan_logits")]
    assert "worker died" not in (tmp_path / "log").read_text()


def test_max_errors_ends_a_job_of_poison_and_a_raised_one_goes_on(zygote: Zygote, tmp_path: Path) -> None:
    source = {"path": str(text_table(tmp_path / "in.parquet", 1000))}
    config = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", source=source,
        engine={"slots": 8}, run={"max_errors": 5}, output={"path": str(tmp_path / "out"), "shard_rows": 16},
    )  # fmt: skip
    fake = json.dumps({"step_s": 0.05, "faults": {"nan": "item"}})
    assert zygote.run("run", config, log=tmp_path / "log", GEMMA4_BATCH_FAKE=fake) == 1
    assert "rows failed and run.max_errors is 5: nan_logits" in (tmp_path / "log").read_text()
    assert 5 <= read_status(tmp_path / "out").counts.rows["failed"] <= 4 + 2 * 8  # what was in work is 2 x slots
    again = ("run", config, "--set", "run.max_errors=1000")
    assert zygote.run(*again, log=tmp_path / "log", GEMMA4_BATCH_FAKE="{}") == 0
    assert verify(tmp_path / "out").rows["ok"] > 0
