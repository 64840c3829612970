"""Whole jobs over a bucket, served from loopback. Needs the extra `s3`."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import ROOT, answers_of, output_of, run_command, text_table, write_config
from tests.source.s3_server import s3_server

pytest.importorskip("s3fs", reason="the extra s3 is not installed")
pytestmark = [pytest.mark.network, pytest.mark.timeout(180)]

FLOWER = ROOT / "tests" / "data" / "flower.jpg"


def job(folder: Path, task: str, source: str, **more: Any) -> Path:
    return write_config(folder / "job.yaml", task=task, model="fake", source={"path": source}, **more)


def test_the_photos_of_a_prefix_are_captioned_and_a_damaged_one_fails_alone(tmp_path: Path) -> None:
    album = tmp_path / "bucket" / "photos" / "2024"
    album.mkdir(parents=True)
    for index in range(3):
        shutil.copy(FLOWER, album / f"{index}.jpg")
    (album / "bad.jpg").write_text("this is no picture")
    (album / ".hidden.jpg").write_text("")
    (album / "notes.txt").write_text("")
    with s3_server(tmp_path) as (environment, fetched):
        found = run_command("run", job(tmp_path, "caption", "s3://bucket/photos"), **environment)
    assert found.returncode == 0, found.stderr
    rows = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["row_id"], row["status"], row["error_kind"]) for row in rows] == [
        ("2024/0.jpg#0", "ok", None),
        ("2024/1.jpg#0", "ok", None),
        ("2024/2.jpg#0", "ok", None),
        ("2024/bad.jpg#0", "failed", "unsupported_format"),
    ]
    assert sorted(fetched) == ["0.jpg whole", "1.jpg whole", "2.jpg whole", "bad.jpg whole"]


def test_tables_are_read_where_they_lie_with_the_media_in_them(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    text_table(tmp_path / "bucket" / "a.parquet", 250)
    with s3_server(tmp_path) as (environment, fetched):
        found = run_command("run", job(tmp_path, "answer", "s3://bucket/*.parquet"), **environment)
        assert found.returncode == 0, found.stderr
        assert all("bytes=" in line for line in fetched)
        again = run_command("run", tmp_path / "job.yaml", **environment)
    assert again.returncode == 0, again.stderr
    assert answers_of(tmp_path / "job.out") == [
        (f"a.parquet#{row}", "ok", f"Say: item {row} of the list"[::-1]) for row in range(250)
    ]


def test_two_nodes_read_the_bucket_for_themselves(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    images = [{"bytes": FLOWER.read_bytes() + bytes([index]), "path": f"{index}.jpg"} for index in range(12)]
    pq.write_table(pa.table({"image": images}), tmp_path / "bucket" / "in.parquet", row_group_size=3)
    config = job(tmp_path, "caption", "s3://bucket/in.parquet", executor="dask=local:2")
    with s3_server(tmp_path) as (environment, _):
        found = run_command("run", config, **environment)
    assert found.returncode == 0, found.stderr
    assert output_of(tmp_path / "job.out")["status"].to_pylist() == ["ok"] * 12


def test_a_bucket_out_of_reach_ends_the_job_in_a_sentence(tmp_path: Path) -> None:
    with s3_server(tmp_path) as (environment, _):
        pass
    environment["AWS_MAX_ATTEMPTS"] = "1"
    found = run_command("run", job(tmp_path, "caption", "s3://bucket/photos"), **environment)
    assert found.returncode == 1
    assert "error: s3://bucket/photos cannot be read" in found.stderr
