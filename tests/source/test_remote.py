"""Sources that lie elsewhere, through fsspec: in this process's memory, and as `local://` for whole jobs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from batch.config.sections import SourceConfig
from batch.errors import ConfigError, RowError, SourceError
from batch.records import Assignment, Shard, Slice
from batch.source.reader import RowReader
from batch.source.remote import MEDIUM
from batch.source.source import media_roots, open_inputs, open_source
from batch.source.table import row_values
from tests.commands import ROOT, output_of, run_command, write_config


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    store = fsspec.filesystem("memory")
    store.pipe({f"/b/photos/{name}": name.encode() for name in ("2/z.jpg", "a.jpg", ".x.jpg", "a.xmp", "r.txt")})
    store.pipe({"/b/rows.csv": b"n,prompt\n1,one\n2,two\n", "/b/empty/x.zip": b""})
    for index in range(2):
        with store.open(f"/b/tables.parquet/{index}.parquet", "wb") as file:
            pq.write_table(pa.table({"n": [10 * index, 10 * index + 1]}), file)
    yield store
    store.rm("/b", recursive=True)


def values(config: SourceConfig, schema: pa.Schema, path: str, rows: int) -> list[dict[str, object]]:
    reader = RowReader(open_inputs(config), schema, pa.schema([]))
    shard = Shard(0, (Slice(path, 0, rows),))
    return [row_values(row.needed, schema) for row in reader.read(Assignment(shard, tuple(range(rows))))]


def test_media_below_a_url_are_rows_with_their_content(memory: fsspec.AbstractFileSystem) -> None:
    config = SourceConfig(path="memory://b/photos")
    source = open_source(config)
    assert [(file.path, file.size) for file in source.files()] == [("2/z.jpg", 7), ("a.jpg", 5)]
    assert source.skipped == {"hidden": 1, "sidecar": 2}
    assert source.schema == pa.schema([("image", MEDIUM), ("path", pa.string())])
    assert values(config, source.schema, "2/z.jpg", 1) == [
        {"image": {"bytes": b"2/z.jpg", "path": "/b/photos/2/z.jpg"}, "path": "2/z.jpg"}
    ]
    assert media_roots(config, "2/z.jpg#0") == ()


def test_a_folder_of_parquet_is_one_even_where_its_name_looks_like_a_file(memory: fsspec.AbstractFileSystem) -> None:
    config = SourceConfig(path="memory://b/tables.parquet")
    source = open_source(config)
    assert [(file.path, file.rows, source.groups(file)) for file in source.files()] == [
        ("0.parquet", 2, (2,)),
        ("1.parquet", 2, (2,)),
    ]
    assert values(config, source.schema, "1.parquet", 2) == [{"n": 10}, {"n": 11}]


def test_a_pattern_and_one_file_are_read_below_their_folder(memory: fsspec.AbstractFileSystem) -> None:
    for url, names in (
        ("memory://b/*/1.parquet", ["tables.parquet/1.parquet"]),
        ("memory://b/tables.parquet/0.parquet", ["0.parquet"]),
        ("memory://b/photos/*.jpg", ["a.jpg"]),
    ):
        assert [file.path for file in open_source(SourceConfig(path=url)).files()] == names


def test_csv_is_fetched_once_and_read_from_the_cache(memory: fsspec.AbstractFileSystem) -> None:
    config = SourceConfig(path="memory://b/rows.csv")
    source = open_source(config)
    assert [file.rows for file in source.files()] == [2]
    assert values(config, source.schema, "rows.csv", 2) == [{"n": 1, "prompt": "one"}, {"n": 2, "prompt": "two"}]


def test_another_content_is_another_fingerprint_and_another_time_is_not(memory: fsspec.AbstractFileSystem) -> None:
    config = SourceConfig(path="memory://b/photos/a.jpg")

    def print_() -> str:
        (file,) = open_source(config).files()
        return file.fingerprint.partition("@")[0]

    before = print_()
    memory.pipe("/b/photos/a.jpg", b"a.jpg")
    assert print_() == before
    memory.pipe("/b/photos/a.jpg", b"b.jpg")
    assert print_() != before


def test_a_file_that_went_is_a_missing_file(memory: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(RowError) as gone:
        values(SourceConfig(path="memory://b/photos"), pa.schema([("image", MEDIUM)]), "c.jpg", 1)
    assert gone.value.kind == "missing_file"
    assert gone.value.message == "'c.jpg' is no longer in memory://b/photos"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("memory://b/nothing", "holds no file that is read"),
        ("memory://b/*.none", "matches no file"),
        ("memory://b/photos/r.txt", "files of a kind that is not read"),
        ("memory://b/empty", "holds no file that is read. left out, unknown suffix: 1"),
    ],
)
def test_what_cannot_be_a_source_is_refused(memory: fsspec.AbstractFileSystem, path: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(SourceConfig(path=path)).files()


def test_a_store_that_nobody_knows_is_refused_with_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r"nosuch://x/y' cannot be opened: .*nosuch"):
        open_source(SourceConfig(path="nosuch://x/y"))


def test_a_whole_job_reads_from_elsewhere(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for index in range(3):
        shutil.copy(ROOT / "tests" / "data" / "flower.jpg", photos / f"{index}.jpg")
    job = write_config(tmp_path / "job.yaml", task="caption", model="fake", source={"path": f"local://{photos}"})
    found = run_command("run", job)
    assert found.returncode == 0, found.stderr
    rows = output_of(tmp_path / "job.out").to_pylist()
    assert [(row["row_id"], row["path"], row["status"]) for row in rows] == [
        (f"{index}.jpg#0", f"{index}.jpg", "ok") for index in range(3)
    ]
    verified = run_command("verify", tmp_path / "job.out")
    assert verified.returncode == 0, verified.stdout + verified.stderr


class Flaky(MemoryFileSystem):
    """A store whose library raises what it likes, once the footer has been read."""

    protocol = "flaky"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        stripped: str = super()._strip_protocol(path.removeprefix("flaky://"))
        return stripped

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **more: object) -> bytes:
        if start is not None and start < 1000:
            raise EndpointFault("the line is dead")
        content: bytes = super().cat_file(path, start, end, **more)
        return content


class EndpointFault(Exception):
    """Neither an OSError nor anything of Arrow's."""


def test_a_line_that_breaks_is_no_damage_to_a_table(memory: fsspec.AbstractFileSystem) -> None:
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    with memory.open("/b/large.parquet", "wb") as file:
        pq.write_table(pa.table({"n": list(range(100_000))}), file)
    config = SourceConfig(path="flaky://b/large.parquet")
    inputs = open_inputs(config)
    assert inputs.open("large.parquet").groups == (100_000,)
    with pytest.raises(SourceError, match=r"large\.parquet cannot be read \(EndpointFault: the line is dead\)\. Check"):
        values(config, pa.schema([("n", pa.int64())]), "large.parquet", 3)
