"""Headers of tables are parsed by a process of their own: what ends it is named, and the others are read."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from batch import child
from batch.errors import SourceError, WorkerError
from batch.ranged_file import RangedFile
from batch.source.header_reader import FAULT
from batch.source.headers import END_BYTES, HeaderReader, UnreadableTable
from batch.source.table import Header, read_header
from tests.commands import run_command, write_config
from tests.hostile_footers import bomb
from tests.source_files import job, opened, write_parquet

Reader = Callable[..., HeaderReader]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids of the children, in the order of their start."""
    pids: list[int] = []
    spawn = child.spawn

    def noted(*arguments: object, **options: object) -> object:
        process = spawn(*arguments, **options)  # type: ignore[call-overload]
        pids.append(process.pid)
        return process

    monkeypatch.setattr(child, "spawn", noted)
    return pids


@pytest.fixture
def reader() -> Iterator[Reader]:
    made: list[HeaderReader] = []

    def make(**options: float) -> HeaderReader:
        made.append(HeaderReader(**options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def tables(folder: Path, *names: str) -> list[tuple[Path | RangedFile, str]]:
    return [(write_parquet(folder / name, {"prompt": ["x"] * (at + 1)}), name) for at, name in enumerate(names)]


def ends(answers: list[Header | UnreadableTable | OSError]) -> list[object]:
    """Rows, or what is said instead of them."""
    return [answer.rows if isinstance(answer, Header) else str(answer) for answer in answers]


def test_one_process_reads_the_headers_of_all_files(tmp_path: Path, reader: Reader, started: list[int]) -> None:
    files = tables(tmp_path, *(f"{number:03}.parquet" for number in range(200)))
    one = reader()
    assert one.read(files) == [read_header(file, name) for file, name in files if isinstance(file, Path)]
    assert ends(one.read(files[7:9])) == [8, 9]
    assert len(started) == 1


def test_a_file_that_ends_the_process_is_named_and_the_rest_is_read_by_a_fresh_one(
    tmp_path: Path, reader: Reader, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FAULT, "segv:c.parquet")
    files = tables(tmp_path, "a.parquet", "b.parquet", "c.parquet", "d.parquet", "e.parquet")
    named = "c.parquet cannot be read as a table: its parser died (SIGSEGV)."
    assert ends(reader().read(files)) == [1, 2, named, 4, 5]
    assert len(started) == 3  # one that had read others before, one for it alone, one for the rest


def test_a_footer_that_takes_too_much_memory_is_named(tmp_path: Path, reader: Reader) -> None:
    files = tables(tmp_path, "a.parquet", "c.parquet")
    files.insert(1, (bomb(tmp_path / "b.parquet"), "b.parquet"))
    named = "b.parquet cannot be read as a table: its parser took over 256,000,000 bytes."
    assert ends(reader(most_bytes=256_000_000).read(files)) == [1, named, 2]


def test_a_footer_that_is_never_read_to_its_end_is_named(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FAULT, "hang:b.parquet")
    named = "b.parquet cannot be read as a table: its parser said nothing for 3 s."
    assert ends(reader(silence_s=3.0).read(tables(tmp_path, "b.parquet", "c.parquet"))) == [named, 2]


def test_no_file_is_blamed_where_somebody_killed_the_process(
    tmp_path: Path, reader: Reader, started: list[int]
) -> None:
    one = reader()
    files = tables(tmp_path, "a.parquet", "b.parquet")
    for kills in range(2):
        assert ends(one.read(files)) == [1, 2]
        os.kill(started[kills], signal.SIGKILL)
    assert ends(one.read(files)) == [1, 2]
    assert len(started) == 3


def test_a_process_that_does_not_start_is_no_fault_of_a_file(
    tmp_path: Path, reader: Reader, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "spawn", _dying(child.spawn))
    with pytest.raises(WorkerError, match="the process that reads headers of tables does not start: its parser died"):
        reader().read(tables(tmp_path, "a.parquet"))
    assert len(started) == 3


def _dying(spawn: Callable[..., object]) -> Callable[..., object]:
    def started(command: list[str], **options: object) -> object:
        return spawn([*command[:3], "no_such_kind"], **options)

    return started


def test_what_is_no_table_and_what_is_not_there_are_told_apart(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "a.parquet").write_bytes(b"")
    (tmp_path / "b.parquet").write_bytes(b"no Parquet at all")
    empty, other, gone = reader().read([(tmp_path / name, name) for name in ("a.parquet", "b.parquet", "c.parquet")])
    assert str(empty) == "a.parquet is empty (0 bytes), so it is no table. Remove it or write it again."
    assert isinstance(other, UnreadableTable)
    assert str(other).startswith("b.parquet is no readable Parquet file (Parquet magic bytes not found in footer")
    assert isinstance(gone, OSError)
    assert gone.errno == errno.ENOENT


def test_a_name_that_cannot_be_said_is_refused_alone(tmp_path: Path, reader: Reader) -> None:
    files = tables(tmp_path, "a.parquet", "b.parquet")
    files.insert(1, (tmp_path / os.fsdecode(b"\xff.parquet"), "x.parquet"))
    files.insert(2, (Far(b""), "s3://bucket/\ud800.parquet"))
    first, odd, far, last = ends(reader().read(files))
    assert (first, last) == (1, 2)
    assert odd == "'x.parquet' is no UTF-8. Rename the file, or its folder."
    assert far == r"'s3://bucket/\ud800.parquet' is no UTF-8. Rename the file, or its folder."


class Far(RangedFile):
    def __init__(self, data: bytes) -> None:
        super().__init__(len(data))
        self._data = data
        self.ranges: list[tuple[int, int]] = []

    def fetch(self, start: int, stop: int) -> bytes:
        self.ranges.append((start, stop))
        return self._data[start:stop]


@pytest.mark.parametrize("columns", [3, 4000], ids=["a short footer", "a long footer"])
def test_of_a_file_far_away_the_end_is_fetched_and_nothing_twice(tmp_path: Path, reader: Reader, columns: int) -> None:
    table = {f"a column with a number, {number}": pa.array([1, 2]) for number in range(columns)}
    path = write_parquet(tmp_path / "a.parquet", {**table, "text": ["long " * 50_000] * 2})
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    far = Far(data)
    assert reader().read([(far, "far")]) == [read_header(path, "far")]
    last = max(0, len(data) - END_BYTES)
    assert far.ranges == ([(last, len(data))] if footer >= last else [(last, len(data)), (footer, last)])


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no footer", b"\xff\xff\xff\xffPAR1", b"\xff\xff\xff\x7fPAR1" * 3])
def test_a_file_far_away_without_a_footer_is_refused(reader: Reader, data: bytes) -> None:
    (found,) = reader().read([(Far(data), "s3://bucket/a.parquet")])
    assert isinstance(found, UnreadableTable)
    assert str(found).startswith("s3://bucket/a.parquet is no readable Parquet file (")


def test_a_source_names_all_files_that_are_no_tables(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["x"]})
    (tmp_path / "b.parquet").write_bytes(b"no Parquet")
    write_parquet(tmp_path / "c.parquet", {"prompt": ["x"]})
    (tmp_path / "d.parquet").write_bytes(b"")
    with pytest.raises(SourceError, match=r"b\.parquet is no readable Parquet file .* .*d\.parquet is empty"):
        opened(job(tmp_path)).files()
    assert [file.path for file in opened(job(tmp_path, limit=1)).files(rows=1)] == ["a.parquet"]


def test_the_command_survives_a_footer_that_kills_its_parser_and_plans_what_is_left(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet", "c.parquet"):
        write_parquet(tmp_path / "in" / name, {"prompt": ["x", "y"]})
    config = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", prompt="{{ prompt }}", source={"path": str(tmp_path / "in")}
    )
    refused = run_command("plan", config, **{FAULT: "segv:b.parquet"})
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"{tmp_path}/in/b.parquet cannot be read as a table: its parser died (SIGSEGV)." in refused.stderr
    (tmp_path / "in" / "b.parquet").unlink()
    planned = run_command("plan", config, **{FAULT: "segv:b.parquet"})
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "4 rows in 2 shards from 2 files" in planned.stdout
