"""Jobs on a real scheduler and real nodes, as processes on loopback: what dies, comes back, and is not fit."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import ROOT, answers_of, output_of, run_command, start_command, status_of, text_table, write_config
from tests.executors.dask.clusters import cluster, rows_done, wait_for_rows

pytestmark = [pytest.mark.network, pytest.mark.timeout(300)]

ROWS = 240
SLOTS = 4
FAKE_SPEED = '{"step_s": 0.05, "tokens": 3}'


def fake_job(folder: Path, rows: int = ROWS, **more: Any) -> Path:
    return write_config(
        folder / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(text_table(folder / "in.parquet", rows))},
        engine={"slots": SLOTS},
        output={"path": str(folder / "out"), "shard_rows": 16},
        **more,
    )


def right_answers(rows: int = ROWS) -> list[tuple[str, str, str]]:
    """What the fake makes of `text_table`: every prompt backwards."""
    return [(f"in.parquet#{row}", "ok", f"Say: item {row} of the list"[::-1]) for row in range(rows)]


def test_a_job_survives_its_nodes_and_its_scheduler_and_uses_a_node_that_comes_back(tmp_path: Path) -> None:
    job, out, log = fake_job(tmp_path), tmp_path / "out", tmp_path / "log"
    with cluster(tmp_path / "cluster", nodes=2, GEMMA4_BATCH_FAKE=FAKE_SPEED) as made:
        command = ("run", job, "--executor", f"dask={made.address}")
        runner = start_command(*command, log=log)
        wait_for_rows(out, 20, runner)
        made.kill("node-0")
        wait_for_rows(out, 60, runner)
        made.start_node("node-0")
        made.kill("node-1")
        wait_for_rows(out, rows_done(out) + 20, runner)  # by the node that came back: there is no other
        made.start_node("node-1")
        made.kill("scheduler")
        assert runner.wait(60) == 1, log.read_text()
        assert "is gone. Everything recorded is safe" in log.read_text()
        made.start_scheduler()
        found = run_command(*command)
        assert found.returncode == 0, found.stderr
        assert "model fake" in found.stderr, "the nodes joined again by themselves"
    assert answers_of(out) == right_answers()
    assert set(output_of(out)["error_kind"].to_pylist()) == {None}
    assert status_of(out)["requests_computed_again"] <= 2 * SLOTS * 4


def test_a_row_that_kills_is_given_up_after_two_nodes_and_a_node_that_cannot_begin_is_fenced_off(
    tmp_path: Path,
) -> None:
    job, out, rows = fake_job(tmp_path, rows=60), tmp_path / "out", 60
    kills = '{"step_s": 0.02, "faults": {"abort": "item 7 "}}'
    with cluster(tmp_path / "cluster", nodes=2, GEMMA4_BATCH_FAKE=kills) as made:
        made.start_node("sick", GEMMA4_BATCH_FAKE='{"no_such": "option"}')
        made.wait_for_nodes(2)
        found = run_command("run", job, "--executor", f"dask={made.address}")
    assert found.returncode == 0, found.stderr
    right = right_answers(rows)
    right[7] = ("in.parquet#7", "failed", None)  # type: ignore[assignment]
    assert answers_of(out) == right
    assert [kind for kind in output_of(out)["error_kind"].to_pylist() if kind] == ["worker_crash"]
    nodes = {node["node"]: node for node in status_of(out)["nodes"]}
    assert nodes["sick"]["state"] == "fenced"
    assert "the worker ended before it started any request: exit code 1" in nodes["sick"]["reason"]
    assert "unexpected keyword argument 'no_such'" in nodes["sick"]["reason"]
    assert nodes["node-0"]["deaths"] + nodes["node-1"]["deaths"] >= 2


def shipping_job(folder: Path, source: Path) -> Path:
    """On a node to which the source's folder is nowhere."""
    nowhere = {str(source if source.is_dir() else source.parent): "/nowhere"}
    executor = {"kind": "dask", "scheduler": "local:1", "ship_media": True, "path_map": nowhere}
    return write_config(
        folder / "job.yaml", task="caption", model="fake", source={"path": str(source)}, executor=executor
    )


def test_a_folders_media_may_travel_with_the_work(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for index in range(6):
        shutil.copy(ROOT / "tests" / "data" / "flower.jpg", photos / f"{index}.jpg")
    (photos / "text.jpg").write_text("this is no picture")
    found = run_command("run", shipping_job(tmp_path, photos))
    assert found.returncode == 0, found.stderr
    rows = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["path"], row["status"], row["error_kind"]) for row in rows] == [
        *((f"{index}.jpg", "ok", None) for index in range(6)),
        ("text.jpg", "failed", "unsupported_format"),
    ]
    (node,) = status_of(tmp_path / "job.out")["nodes"]
    assert (node["node"], node["state"], node["requests"], node["deaths"]) == ("0", "idle", 1, 0), (
        "six equal pictures are asked once"
    )


def test_a_tables_rows_may_travel_with_the_media_in_them_and_the_files_they_name(tmp_path: Path) -> None:
    flower = (ROOT / "tests" / "data" / "flower.jpg").read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "beside.jpg").write_bytes(flower)
    beside = ["beside.jpg", str(tmp_path / "in" / "beside.jpg"), "missing.jpg", "../job.yaml"]
    images = [{"bytes": flower, "path": None}, *({"bytes": None, "path": text} for text in beside)]
    table = tmp_path / "in" / "rows.parquet"
    pq.write_table(pa.table({"image": images, "n": list(range(5))}), table)
    found = run_command("run", shipping_job(tmp_path, table))
    assert found.returncode == 0, found.stderr
    rows = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["row_id"], row["n"], row["status"], row["error_kind"]) for row in rows] == [
        ("rows.parquet#0", 0, "ok", None),
        ("rows.parquet#1", 1, "ok", None),
        ("rows.parquet#2", 2, "ok", None),
        ("rows.parquet#3", 3, "failed", "missing_file"),
        ("rows.parquet#4", 4, "failed", "outside_root"),
    ]


def test_a_cluster_of_this_machines_own_gives_the_same_answers_and_ends_quietly(tmp_path: Path) -> None:
    job = fake_job(tmp_path, rows=100)
    found = run_command("run", job, "--executor", "dask=local:2")
    assert found.returncode == 0, found.stderr
    assert answers_of(tmp_path / "out") == right_answers(100)
    assert "Traceback" not in found.stderr, found.stderr
