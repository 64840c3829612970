"""Rows and files that are meant to do harm: no crash, no file outside touched, no socket, each row accounted for.

What is refused and what is not: docs/security.md. URLs that redirect to private addresses: tests/media/test_fetch.py.
"""

import os
import random
import shutil
import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.output.verify import verify
from tests.commands import COMMAND, ROOT, output_of, text_table, write_config
from tests.faults.hostile import ALLOWED_HOST, CANARY, Hostile, hostile_rows, picture
from tests.faults.no_sockets import supported

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not supported(), reason="watches processes by seccomp, which is Linux's"),
]
LEAST = 200
WATCHED = str(ROOT / "tests/faults/watching")


def run_watched(job: Path, folder: Path) -> tuple[subprocess.CompletedProcess[str], list[tuple[str, str]]]:
    """`gemma4-batch run JOB` in which any network socket is death; and (read or write, path) of every file event."""
    log = folder / "watch.log"
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        **os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{WATCHED}", "GEMMA4_BATCH_TEST_WATCH": str(log),
        "TMPDIR": str(temporary), "HOME": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.no_sockets", *COMMAND, "run", str(job)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=500)
    events = [line.partition(" ")[::2] for line in log.read_text().splitlines()]
    return done, [(what, str(literal_eval(path))) for what, path in events]


def written_outside(events: list[tuple[str, str]], *allowed: Path) -> list[str]:
    places = [str(place) for place in (*allowed, "/dev")]
    return [path for what, path in events if what == "write" and not any(path.startswith(place) for place in places)]


@pytest.fixture(scope="module")
def hostile_job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Hostile]]]:
    folder = tmp_path_factory.mktemp("hostile")
    source = folder / "source"
    source.mkdir()
    (folder / "outside").mkdir()
    canary = folder / "outside" / CANARY
    canary.write_bytes(picture(side=32))
    rows = hostile_rows(source, canary)
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table(
        {
            "kind": [row.kind for row in rows],
            "prompt": [row.prompt for row in rows],
            "image": pa.array([row.image for row in rows], image),
        }
    )
    pq.write_table(table, source / "in.parquet", row_group_size=50)
    yield folder, rows
    shutil.rmtree(folder)


@pytest.mark.anywhere
def test_200_hostile_rows_each_end_as_a_row_and_nothing_outside_is_touched(
    hostile_job: tuple[Path, list[Hostile]],
) -> None:
    folder, rows = hostile_job
    assert len(rows) >= LEAST
    job = write_config(
        folder / "job.yaml", task="caption", model="fake", prompt="{{ prompt }}",
        source={"path": str(folder / "source/in.parquet"), "image_column": "image", "allow_hosts": [ALLOWED_HOST]},
        prepare={"timeout_s": 20}, engine={"slots": 8},
    )  # fmt: skip
    done, events = run_watched(job, folder)
    assert done.returncode == 0, done.stderr
    receipt = verify(folder / "job.out")
    assert (receipt.differences, receipt.rows.total()) == ([], len(rows))
    found = output_of(folder / "job.out").to_pylist()
    wrong = [
        (row.kind, row.image["path"], is_["status"], is_["error_kind"], (is_["error_message"] or "")[:200])
        for row, is_ in zip(rows, found, strict=True)
        if is_["error_kind"] not in row.ends and not (row.may_pass and is_["status"] == "ok")
    ]
    assert wrong == []
    assert "SIGSYS" not in "".join(is_["error_message"] or "" for is_ in found)
    assert "Traceback" not in done.stderr
    assert written_outside(events, folder / "job.out", folder / "tmp", folder / "watch.log") == []
    assert [path for _, path in events if CANARY in path] == []


def test_a_socket_would_be_noticed(tmp_path: Path) -> None:
    def ended(program: str) -> int:
        command = [sys.executable, "-m", "tests.faults.no_sockets", sys.executable, "-c", program]
        return subprocess.run(command, cwd=ROOT, capture_output=True).returncode

    assert ended("import socket; socket.socket(socket.AF_UNIX)") == 0
    assert ended("import socket; socket.socket()") == -31  # SIGSYS
    child = "subprocess.call([sys.executable, '-c', 'import socket; socket.socket()'])"
    assert ended(f"import subprocess, sys; sys.exit({child} == -31)") == 1


@pytest.mark.anywhere
def test_a_run_with_the_model_on_disk_opens_no_socket_in_any_of_its_processes(tmp_path: Path) -> None:
    """The demonstration model on MLX: command, worker and preparers."""
    job = write_config(
        tmp_path / "job.yaml", task="answer", model="demo", sampling={"max_tokens": 3},
        source={"path": str(text_table(tmp_path / "in.parquet", 3))},
    )  # fmt: skip
    done, events = run_watched(job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert output_of(tmp_path / "job.out")["status"].to_pylist() == ["ok"] * 3
    assert any("model.safetensors" in path for _, path in events)
    assert written_outside(events, tmp_path / "job.out", tmp_path / "tmp", tmp_path / "watch.log") == []


# ---------------------------------------------------------------- tables
def zoo() -> pa.Table:
    """Columns of every kind that Arrow has, one nested forty deep."""
    deep: Any = 1
    kind: pa.DataType = pa.int8()
    for level in range(40):
        deep, kind = ({"x": deep}, pa.struct([("x", kind)])) if level % 2 else ([deep], pa.list_(kind))
    columns: dict[str, pa.Array] = {
        "prompt": pa.array(["one", "two", None]),
        "deep": pa.array([deep, None, deep], kind),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32())),
        "decimal": pa.array([1, None, -1], pa.decimal128(38, 10)),
        "date": pa.array([0, None, 20000], pa.date32()),
        "time": pa.array([0, None, 1], pa.time64("ns")),
        "duration": pa.array([0, None, 1], pa.duration("ms")),
        "zone": pa.array([0, None, 2**60], pa.timestamp("us", tz="Asia/Tokyo")),
        "dictionary": pa.array(["a", "b", None]).dictionary_encode(),
        "nulls": pa.nulls(3),
        "half": pa.array([1.0, None, 2.0], pa.float16()),
        "not a number": pa.array([float("nan"), float("inf"), -0.0]),
        "large": pa.array(["x" * 100_000, None, ""], pa.large_string()),
        "fixed": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)),
        "unsigned": pa.array([2**64 - 1, 0, None], pa.uint64()),
        "🦊 \u202e <b>": pa.array([1, 2, 3]),
        "": pa.array([1, 2, 3]),
        "status": pa.array(["mine", "too", None]),
        "source_status": pa.array([1, 2, 3]),
    }
    return pa.table(columns)


@pytest.mark.anywhere
def test_every_kind_of_column_and_thousands_of_them_come_out_as_they_went_in(tmp_path: Path) -> None:
    table = zoo()
    many = {f"column {number}": pa.array([number] * 3, pa.int32()) for number in range(3000)}
    for name, column in many.items():
        table = table.append_column(name, column)
    pq.write_table(table, tmp_path / "in.parquet")
    job = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(tmp_path / "in.parquet")}
    )
    done, _ = run_watched(job, tmp_path)
    assert done.returncode == 0, done.stderr
    assert verify(tmp_path / "job.out").differences == []
    out = output_of(tmp_path / "job.out")
    assert out["status"].to_pylist() == ["ok"] * 3
    assert out["deep"].to_pylist() == table["deep"].to_pylist()
    assert out["column 2999"].to_pylist() == [2999] * 3


@pytest.mark.anywhere
def test_fuzzed_parquet_files_cost_their_own_rows(tmp_path: Path) -> None:
    """The footers are whole, so that there is a plan; in the pages, bytes are changed."""
    rng = random.Random(3)
    files, rows = 30, 5
    (tmp_path / "in").mkdir()
    for number in range(files):
        path = tmp_path / "in" / f"{number:02}.parquet"
        table = pa.table({"prompt": [f"file {number} row {row} " + "x" * 200 for row in range(rows)], "n": range(rows)})
        pq.write_table(table, path, compression=rng.choice(("none", "snappy", "zstd")))
        data = bytearray(path.read_bytes())
        footer_at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        for _ in range(rng.choice((1, 4, 30))):
            data[rng.randrange(4, footer_at)] = rng.randrange(256)
        path.write_bytes(bytes(data))
    job = write_config(tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(tmp_path / "in")})
    done, _ = run_watched(job, tmp_path)
    assert done.returncode == 0, done.stderr
    receipt = verify(tmp_path / "job.out")
    assert (receipt.differences, receipt.rows.total()) == ([], files * rows)
    kinds = set(output_of(tmp_path / "job.out")["error_kind"].to_pylist())
    ends = ("undecodable", "missing_file", "worker_crash", "decode_crash", "decode_timeout", "decode_memory")
    assert kinds <= {None, *ends}
    assert "undecodable" in kinds


@pytest.mark.anywhere
def test_a_text_that_is_no_utf_8_costs_its_row(tmp_path: Path) -> None:
    """Parquet does not check what a column of strings holds."""
    offsets, texts = b"\0\0\0\0\3\0\0\0\7\0\0\0\x0b\0\0\0", b"one\xff\xfe\x80atwo!"
    broken = pa.Array.from_buffers(pa.string(), 3, [None, pa.py_buffer(offsets), pa.py_buffer(texts)])
    pq.write_table(pa.table({"prompt": broken}), tmp_path / "in.parquet")
    source = {"path": str(tmp_path / "in.parquet"), "drop_columns": "prompt"}
    job = write_config(tmp_path / "job.yaml", task="answer", model="fake", source=source)
    done, _ = run_watched(job, tmp_path)
    assert done.returncode == 0, done.stderr
    out = output_of(tmp_path / "job.out")
    assert out["error_kind"].to_pylist() == [None, "undecodable", None]
    assert out["answer"].to_pylist() == ["eno", None, "!owt"]


@pytest.mark.parametrize("cut", [4, 40, -1, -4, -9])
def test_a_parquet_file_without_its_footer_ends_the_plan_with_a_sentence(tmp_path: Path, cut: int) -> None:
    whole = text_table(tmp_path / "whole.parquet", 20).read_bytes()
    (tmp_path / "in.parquet").write_bytes(whole[:cut])
    job = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(tmp_path / "in.parquet")}
    )
    done = subprocess.run([*COMMAND, "run", str(job)], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is no readable Parquet file" in done.stderr
    assert "Traceback" not in done.stderr
