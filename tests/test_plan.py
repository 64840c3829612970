"""Plans: shards that stay, files that are pinned, columns that are there, and what the fingerprint knows."""

import cProfile
import json
import os
import pstats
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.errors import ConfigError, PlanMismatch
from batch.plan import cuts
from tests.source_files import job, planned, ranges, write_parquet


@pytest.mark.parametrize(
    ("rows", "groups", "expected"),
    [
        (0, (), []),
        (10, (10,), [(0, 4), (4, 8), (8, 10)]),
        (10, (2, 2, 2, 2, 2), [(0, 4), (4, 8), (8, 10)]),
        (9, (3, 3, 3), [(0, 3), (3, 6), (6, 9)]),
        (9, (1, 3, 3, 1, 1), [(0, 4), (4, 8), (8, 9)]),
        (9, (5, 4), [(0, 4), (4, 8), (8, 9)]),
        (5, (3, 3, 3), [(0, 3), (3, 5)]),
        (3, (3, 3), [(0, 3)]),
        (2, (2, 0, 0), [(0, 2)]),
    ],
)
def test_shards_are_whole_row_groups_where_those_are_small(
    rows: int, groups: tuple[int, ...], expected: list[tuple[int, int]]
) -> None:
    assert list(cuts(rows, groups, 4)) == expected


def test_a_shard_never_spans_two_files(tmp_path: Path) -> None:
    for name, rows in (("a.parquet", 5), ("b.parquet", 0), ("c.parquet", 3)):
        write_parquet(tmp_path / name, {"prompt": pa.array(["x"] * rows, pa.string())})
    plan = planned(job(tmp_path, shard_rows=4))
    assert ranges(plan) == [("a.parquet", 0, 4), ("a.parquet", 4, 5), ("c.parquet", 0, 3)]
    assert [shard.index for shard in plan.shards] == [0, 1, 2]
    assert [(file.path, file.rows) for file in plan.files] == [("a.parquet", 5), ("b.parquet", 0), ("c.parquet", 3)]


def test_a_limit_cuts_the_plan_and_raising_it_goes_on(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        write_parquet(tmp_path / name, {"prompt": ["x"] * 10})
    first = planned(job(tmp_path, shard_rows=4, limit=6))
    assert ranges(first) == [("a.parquet", 0, 4), ("a.parquet", 4, 6)]
    assert [file.path for file in first.files] == ["a.parquet"]
    write_parquet(tmp_path / "0.parquet", {"prompt": ["new"] * 10})
    more = planned(job(tmp_path, shard_rows=4, limit=12), known_files=first.files)
    assert ranges(more) == [("a.parquet", 0, 4), ("a.parquet", 4, 8), ("a.parquet", 8, 10), ("0.parquet", 0, 2)]
    assert more.identity == first.identity


def test_a_limit_of_nothing_plans_nothing(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["x"]})
    assert planned(job(tmp_path, limit=0)).shards == ()


def test_new_files_come_last_and_known_ones_keep_their_order(tmp_path: Path) -> None:
    write_parquet(tmp_path / "b.parquet", {"prompt": ["x"]})
    first = planned(job(tmp_path))
    write_parquet(tmp_path / "a.parquet", {"prompt": ["y"]})
    plan = planned(job(tmp_path), known_files=first.files)
    assert ranges(plan) == [("b.parquet", 0, 1), ("a.parquet", 0, 1)]
    assert plan.files[0] == first.files[0]


def test_a_shifted_time_with_the_same_content_is_no_change(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["x"]})
    first = planned(job(tmp_path))
    os.utime(path, (1, 1))
    assert planned(job(tmp_path), known_files=first.files).files == first.files


def test_changed_and_missing_files_are_named_and_refused(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        write_parquet(tmp_path / name, {"prompt": ["x"]})
    first = planned(job(tmp_path))
    write_parquet(tmp_path / "a.parquet", {"prompt": ["z"]})
    (tmp_path / "b.parquet").unlink()
    with pytest.raises(PlanMismatch, match=r"2 of 3 source files .*'a\.parquet' changed .*, 'b\.parquet' is missing"):
        planned(job(tmp_path), known_files=first.files)
    plan = planned(job(tmp_path), known_files=first.files, accept_changed=True)
    assert [file.path for file in plan.files] == ["a.parquet", "c.parquet"]
    assert plan.files[0].fingerprint != first.files[0].fingerprint
    assert "'b.parquet' is missing; their rows are done again" in plan.notes[-1]


def test_a_media_file_changed_in_place_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"one")
    first = planned(job(tmp_path, task="caption"))
    (tmp_path / "a.jpg").write_bytes(b"two")
    os.utime(tmp_path / "a.jpg", (1, 1))
    with pytest.raises(PlanMismatch, match=r"'a\.jpg' changed"):
        planned(job(tmp_path, task="caption"), known_files=first.files)


def test_the_fingerprint_changes_with_answers_and_not_with_speed(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["x"]})
    plan = planned(job(path), more_identity={"model.sha256": "abc"})
    assert {
        key: json.loads(value) for key, value in plan.identity.items() if key.startswith(("source.k", "model."))
    } == {
        "model.allow_unsafe_ple": False,
        "model.dtype": "auto",
        "model.path": "demo",
        "model.revision": None,
        "model.sha256": "abc",
        "source.keep_columns": None,
        "source.kept": ["prompt: string"],
        "source.kind": "parquet",
    }
    assert plan.identity["sampling.temperature"] == "0.0"
    assert plan.identity["prompt.text"] == '"{{ prompt }}"'
    assert "source.limit" not in plan.identity
    same = planned(job(path, shard_rows=7, limit=1), more_identity={"model.sha256": "abc"})
    assert same.fingerprint == plan.fingerprint
    for other in (
        planned(job(path), more_identity={"model.sha256": "def"}),
        planned(job(path, prompt="{{ prompt }}!"), more_identity={"model.sha256": "abc"}),
    ):
        assert other.fingerprint != plan.fingerprint


def test_a_column_found_by_itself_is_the_same_job_as_a_named_one(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"image": [b"x"]})
    found = planned(job(path, task="caption"))
    assert found.identity == planned(job(path, task="caption", image_column="image")).identity
    assert found.notes == ("image column: image (source.image_column names another)",)
    assert found.config.source.image_column == ("image",)


def features(**kinds: object) -> dict[bytes, bytes]:
    return {b"huggingface": json.dumps({"info": {"features": kinds}}).encode()}


def test_media_columns_are_found_by_the_features_datasets_writes(tmp_path: Path) -> None:
    media = pa.array([{"bytes": b"x", "path": "x"}])
    table = pa.table({"prompt": ["p"], "one": media, "two": [media.to_pylist()], "sound": media})
    kinds = features(
        one={"_type": "Image"}, two={"feature": {"_type": "Image"}, "_type": "List"}, sound={"_type": "Audio"}
    )
    pq.write_table(table.replace_schema_metadata(kinds), tmp_path / "a.parquet")
    answer = planned(job(tmp_path))
    assert (answer.config.source.image_column, answer.config.source.audio_column) == (("one", "two"), ("sound",))
    assert (answer.needed, answer.kept) == (("prompt", "one", "two", "sound"), (("prompt", "prompt"),))
    caption = planned(job(tmp_path, task="caption"))
    assert (caption.needed, caption.kept) == (("one",), (("prompt", "prompt"),))
    assert planned(job(tmp_path, task="transcribe")).needed == ("sound",)


def calls_of_a_plan(path: Path, columns: int) -> tuple[int, int]:
    """All function calls of a plan over a table of so many columns, and how many of them read JSON."""
    names = [f"column {number}" for number in range(columns)]
    kinds = features(**{name: {"dtype": "int64", "_type": "Value"} for name in names})
    table = pa.table([[1]] * columns, names=names).replace_schema_metadata(kinds)
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    config = job(path, prompt="Say so.")
    profile = cProfile.Profile()
    profile.runcall(planned, config)
    stats = pstats.Stats(profile)
    read_json = sum(stat[1] for place, stat in stats.stats.items() if place[2] == "raw_decode")  # type: ignore[attr-defined]
    return stats.total_calls, read_json  # type: ignore[attr-defined]


def test_what_a_plan_does_grows_as_the_columns_do(tmp_path: Path) -> None:
    few, few_json = calls_of_a_plan(tmp_path / "few.arrow", 500)
    many, many_json = calls_of_a_plan(tmp_path / "many.arrow", 4000)
    assert (few_json, many_json) == (1, 1)  # what `datasets` writes of all columns; read once a column it took minutes
    assert many <= 8 * few


def test_the_only_column_that_can_hold_files_is_taken(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"photo": [b"x"], "id": [1]})
    assert planned(job(path, task="caption")).needed == ("photo",)


def test_a_task_without_its_medium_names_the_columns_there_are(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"picture": ["x.png"], "id": [1]})
    with pytest.raises(ConfigError, match="Its columns: picture, id"):
        planned(job(path, task="caption"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"id_column": "idd"}, r"source\.id_column: no column 'idd' .* has: prompt, id\. Did you mean 'id'\?"),
        ({"reference_column": "answer"}, r"source\.reference_column: no column 'answer'"),
        ({"keep_columns": ["id", "x"]}, r"source\.keep_columns: no column 'x'"),
        ({"drop_columns": "promt"}, r"source\.drop_columns: no column 'promt' .* Did you mean 'prompt'\?"),
        ({"image_column": "image"}, r"source\.image_column: no column 'image'"),
        ({"id_column": "id", "drop_columns": "id"}, "'id' is the job's id or reference column, which is always kept"),
        ({"prompt": "{{ question }}"}, "prompt: no column 'question'"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, source: dict[str, str], message: str) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["x"], "id": [1]})
    with pytest.raises(ConfigError, match=message):
        planned(job(path, **source))


def test_kept_columns_are_all_but_media_less_the_dropped_in_table_order(tmp_path: Path) -> None:
    columns = {"id": [1], "prompt": ["x"], "image": [b"x"], "thumb": [b"y"], "note": ["n"], "right": ["r"]}
    path = write_parquet(tmp_path / "a.parquet", columns)

    def kept(**source: object) -> list[str]:
        return [name for name, _ in planned(job(path, **source)).kept]

    assert kept() == ["id", "prompt", "note", "right"]
    assert kept(drop_columns="note") == ["id", "prompt", "right"]
    assert kept(keep_columns=["note", "image"]) == ["image", "note"]
    assert kept(keep_columns=[], id_column="id", reference_column="right") == ["id", "right"]


def test_an_input_column_named_like_one_of_ours_is_renamed_and_said(tmp_path: Path) -> None:
    columns = {"prompt": ["x"], "answer": ["a"], "status": [1], "source_status": [2], "seconds": [0.5]}
    plan = planned(job(write_parquet(tmp_path / "a.parquet", columns)))
    assert plan.kept == (
        ("prompt", "prompt"),
        ("answer", "source_answer"),
        ("status", "source_source_status"),
        ("source_status", "source_status"),
        ("seconds", "source_seconds"),
    )
    assert plan.notes == (
        "input column 'answer' is kept as 'source_answer'",
        "input column 'status' is kept as 'source_source_status'",
        "input column 'seconds' is kept as 'source_seconds'",
    )
