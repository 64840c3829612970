"""Tables and folders as sources: what they list, what their rows hold, and what is refused."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from batch.errors import ConfigError, RowError, SourceError
from batch.source.reader import RowReader
from batch.source.source import media_roots, open_inputs, open_source
from batch.source.table import row_values
from tests.source_files import all_rows, contents, job, opened, planned, ranges, reader_of, wanted, write_parquet


def test_rows_of_a_parquet_file_carry_needed_and_kept_columns(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["one", None], "image": [b"JPEG", None], "id": [7, 8]})
    config = job(path)
    source = opened(config)
    plan = planned(config)
    assert contents(plan, source) == [
        ("a.parquet#0", {"prompt": "one", "image": b"JPEG"}, {"prompt": "one", "id": 7}),
        ("a.parquet#1", {"prompt": None, "image": None}, {"prompt": None, "id": 8}),
    ]


def test_a_folder_of_parquet_files_is_read_in_the_order_of_paths(tmp_path: Path) -> None:
    for name in ("b.parquet", "a/z.parquet", "a.parquet"):
        write_parquet(tmp_path / name, {"prompt": [name]})
    config = job(tmp_path)
    assert [row[0] for row in contents(planned(config), opened(config))] == [
        "a.parquet#0",
        "a/z.parquet#0",
        "b.parquet#0",
    ]


def test_a_glob_picks_files_below_its_fixed_part(tmp_path: Path) -> None:
    for name in ("x/b.parquet", "x/a.parquet", "x/skip.parquet", "y.parquet"):
        write_parquet(tmp_path / name, {"prompt": [name]})
    config = job(tmp_path / "x" / "[ab].parquet")
    assert [row[0] for row in contents(planned(config), opened(config))] == ["a.parquet#0", "b.parquet#0"]


def test_files_with_different_schemas_meet_in_one(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["p"], "n": pa.array([1], pa.int32())})
    write_parquet(
        tmp_path / "b.parquet",
        {"extra": ["e"], "n": pa.array([2**40], pa.int64()), "prompt": pa.array(["q"]).dictionary_encode()},
    )
    config = job(tmp_path)
    assert [row[2] for row in contents(planned(config), opened(config))] == [
        {"prompt": "p", "n": 1, "extra": None},
        {"prompt": "q", "n": 2**40, "extra": "e"},
    ]


def test_columns_that_do_not_meet_are_refused_with_both_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["p"]})
    write_parquet(tmp_path / "b.parquet", {"prompt": [[1, 2]]})
    with pytest.raises(SourceError, match=r"b\.parquet and .*a\.parquet do not fit together"):
        planned(job(tmp_path))


def test_only_wanted_rows_are_read_and_in_order(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": [str(n) for n in range(100)]}, group=10)
    config = job(tmp_path, shard_rows=50)
    plan, source = planned(config), opened(config)
    reader = reader_of(plan, source)
    rows = [*reader.read(wanted(plan.shards[1], [3, 30, 49])), *reader.read(wanted(plan.shards[0], [0]))]
    assert [(row.shard, row.row, row.row_id) for row in rows] == [
        (1, 3, "a.parquet#53"),
        (1, 30, "a.parquet#80"),
        (1, 49, "a.parquet#99"),
        (0, 0, "a.parquet#0"),
    ]
    assert [row_values(row.needed, plan.needed_schema)["prompt"] for row in rows] == ["53", "80", "99", "0"]


def test_a_reader_reads_one_assignment_by_column_names(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["x", "y"], "id": [1, 2]})
    config = job(tmp_path)
    source, plan = opened(config), planned(config)
    needed, kept = (pa.schema([source.schema.field(name)]) for name in ("prompt", "id"))
    rows = list(RowReader(source.inputs, needed, kept).read(wanted(plan.shards[0], [1])))
    assert [(row.row_id, row_values(row.kept, plan.schema.remove(0))) for row in rows] == [("a.parquet#1", {"id": 2})]


def test_a_row_may_have_no_kept_columns(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"image": [b"1", b"2"]})
    config = job(tmp_path, task="caption")
    plan = planned(config)
    assert contents(plan, opened(config)) == [
        ("a.parquet#0", {"image": b"1"}, {}),
        ("a.parquet#1", {"image": b"2"}, {}),
    ]
    assert plan.kept == ()


def test_a_worker_opens_rows_without_listing(tmp_path: Path) -> None:
    write_parquet(tmp_path / "sub" / "a.parquet", {"prompt": ["x"]})
    inputs = open_inputs(job(tmp_path).source)
    assert list(inputs.open("sub/a.parquet").names) == ["prompt"]


def test_a_row_beyond_a_shrunken_file_is_missing(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["x", "y", "z"]})
    config = job(path)
    plan, source = planned(config), opened(config)
    write_parquet(path, {"prompt": ["x"]})
    with pytest.raises(RowError, match=r"'a\.parquet' has no row 1 any more: it ends after 1") as caught:
        all_rows(plan, source)
    assert caught.value.kind == "missing_file"


def test_a_file_that_went_is_a_missing_file_but_a_gone_root_stops_the_job(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "data" / "a.parquet", {"prompt": ["x"]})
    config = job(tmp_path / "data")
    plan, source = planned(config), opened(config)
    path.unlink()
    with pytest.raises(RowError, match="no longer in") as caught:
        all_rows(plan, source)
    assert caught.value.kind == "missing_file"
    (tmp_path / "data").rmdir()
    with pytest.raises(SourceError, match="is gone; mount it again"):
        all_rows(plan, source)


def test_a_folder_of_media_that_is_gone_stops_the_job_too(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"a")
    inputs = opened(job(tmp_path / "photos", task="caption")).inputs
    assert inputs.open("a.jpg").names == ("image", "audio", "path")
    shutil.rmtree(tmp_path / "photos")
    with pytest.raises(SourceError, match="is gone; mount it again"):
        inputs.open("a.jpg")


def test_a_damaged_page_fails_its_rows_and_names_the_place(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"prompt": ["x" * 50 + str(n) for n in range(2000)]}, group=1000)
    config = job(path, shard_rows=1000)
    plan, source = planned(config), opened(config)
    data = bytearray(path.read_bytes())
    data[4:40] = b"\xff" * 36  # the first page's header
    path.write_bytes(bytes(data))
    reader = reader_of(plan, source)
    with pytest.raises(RowError, match=r"a\.parquet is damaged from row 0 on") as caught:
        list(reader.read(wanted(plan.shards[0])))
    assert caught.value.kind == "undecodable"
    assert len(list(reader.read(wanted(plan.shards[1])))) == 1000


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.parquet", b"", r"a\.parquet is empty \(0 bytes\)"),
        ("a.parquet", b"PAR1 nothing PAR1", r"a\.parquet is no readable Parquet file"),
        ("a.arrow", b"", r"a\.arrow is empty \(0 bytes\)"),
        ("a.arrow", b"not arrow at all", r"a\.arrow is no readable Arrow IPC file"),
        ("a.xlsx", b"PK", r"files of a kind that is not read \('.xlsx'\)"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=message):
        planned(job(tmp_path / name))


def test_a_missing_path_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(SourceError, match=r"fotos' does not exist. Did you mean '.*photos'\?"):
        opened(job(tmp_path / "fotos"))


def test_a_glob_without_a_match_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="matches no file"):
        opened(job(tmp_path / "*.parquet"))


def test_the_output_folder_may_not_be_the_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"output\.path and source\.path are both"):
        open_source(job(tmp_path).source, output_path=tmp_path)


def test_an_empty_table_has_no_rows_and_is_no_error(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": pa.array([], pa.string())})
    plan = planned(job(tmp_path))
    assert (plan.shards, plan.needed, plan.kept) == ((), ("prompt",), (("prompt", "prompt"),))


def test_a_split_of_a_local_folder_is_found_by_name(tmp_path: Path) -> None:
    for name in ("data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"):
        write_parquet(tmp_path / name, {"prompt": [name]})
    assert ranges(planned(job(tmp_path, split="test"))) == [("data/test-00000-of-00001.parquet", 0, 1)]
    with pytest.raises(ConfigError, match="has no split 'dev'; it has: test, train"):
        planned(job(tmp_path, split="dev"))


def test_tables_beside_media_are_ambiguous_for_captions(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["x"]})
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(SourceError, match=r"holds both tables .* and media: say which with a pattern"):
        opened(job(tmp_path, task="caption"))
    assert opened(job(tmp_path)).kind == "parquet"


def test_media_paths_lead_from_the_table_and_from_the_root(tmp_path: Path) -> None:
    config = job(tmp_path, media_root=str(tmp_path / "elsewhere")).source
    assert media_roots(config, "sub/a.parquet#0") == (tmp_path / "sub", tmp_path, tmp_path / "elsewhere")
    assert media_roots(config, "sub/a.jpg#0") == (tmp_path, tmp_path / "elsewhere")
