"""jsonl, csv and txt: every column arrives, and only ok rows unless all are asked for."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from batch.config.job import dump_yaml
from batch.errors import OutputError
from batch.export.exports import export
from batch.export.wanted import Wanted
from batch.output import manifest
from tests import jobs
from tests.finished_jobs import Failed, media_job

HOSTILE = '=1+1, "quoted"\n<script>alert(1)</script>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    answers = {"a/x.jpg": "A dog.", "b/x.jpg": HOSTILE, "c.jpg": Failed("undecodable")}
    return media_job(tmp_path / "out", tmp_path / "photos", answers)


def test_jsonl_holds_every_column_of_every_ok_row(folder: Path) -> None:
    written = export(folder, "jsonl", Wanted())
    rows = [json.loads(line) for line in (folder / "export/rows.jsonl").read_text().splitlines()]
    assert [(row["path"], row["caption"], row["flags"]) for row in rows] == [
        ("a/x.jpg", "A dog.", []),
        ("b/x.jpg", HOSTILE, []),
    ]
    assert list(rows[0]) == ["path", "row_id", "caption", "status", "finish_reason", "flags", "error_kind",
                             "error_message", "attempts", "prompt_tokens", "completion_tokens", "seconds",
                             "deduplicated_from"]  # fmt: skip
    assert written.rows == 2
    assert written.notes == ("left out: 1 failed (--all takes them too)",)


def test_all_takes_failed_rows_too(folder: Path, tmp_path: Path) -> None:
    written = export(folder, "jsonl", Wanted(out=str(tmp_path / "all.jsonl"), every=True))
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [(row["status"], row["error_kind"]) for row in rows][-1] == ("failed", "undecodable")
    assert (written.rows, written.notes) == (3, ())


def test_moments_and_nested_values_of_the_input_are_json(tmp_path: Path) -> None:
    plan = jobs.plan(1)
    jobs.run(tmp_path / "out", plan)
    manifest.write_job(tmp_path / "out", dump_yaml(plan.config))
    export(tmp_path / "out", "jsonl", Wanted())
    row = json.loads((tmp_path / "out/export/rows.jsonl").read_text())
    assert (row["taken"], row["boxes"]) == ("2024-05-17T12:30:00.000125+00:00", [])


def test_csv_is_read_back_by_pandas_polars_and_duckdb(folder: Path) -> None:
    export(folder, "csv", Wanted())
    path = folder / "export/rows.csv"
    expected = ["A dog.", HOSTILE]
    assert pd.read_csv(path)["caption"].tolist() == expected
    assert pl.read_csv(path)["caption"].to_list() == expected
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT caption FROM '{path}'").fetchall() == [(text,) for text in expected]


def test_polars_reads_the_output_as_it_is(folder: Path) -> None:
    frame = pl.read_parquet(folder / "data/*.parquet")
    assert frame["status"].to_list() == ["ok", "ok", "failed"]


def test_txt_mirrors_the_tree(folder: Path) -> None:
    export(folder, "txt", Wanted())
    found = {path.relative_to(folder / "export/txt").as_posix(): path.read_text() for path in
             (folder / "export/txt").rglob("*.txt")}  # fmt: skip
    assert found == {"a/x.txt": "A dog.\n", "b/x.txt": f"{HOSTILE}\n"}


def test_what_is_there_already_is_not_replaced_unasked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"'.*mine\.csv' is there already\. Give another --out, or --overwrite"):
        export(folder, "csv", Wanted(out=str(tmp_path / "mine.csv")))
    assert (tmp_path / "mine.csv").read_text() == "mine"
    export(folder, "csv", Wanted(out=str(tmp_path / "mine.csv"), overwrite=True))
    assert (tmp_path / "mine.csv").read_text().startswith("path,row_id,caption")


def test_a_folder_with_anything_in_it_is_left_alone_unasked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        export(folder, "txt", Wanted(out=str(tmp_path / "texts")))


def test_a_folder_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"has no job\.yaml"):
        export(tmp_path, "csv", Wanted())


def test_subtitles_of_captions_are_refused_with_what_there_is_instead(folder: Path) -> None:
    with pytest.raises(OutputError, match=r"--to srt needs the times of a transcript.*Use jsonl, csv or txt"):
        export(folder, "srt", Wanted())
