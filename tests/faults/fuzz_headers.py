"""What a hostile table can do to a plan, which reads its header: `python -m tests.faults.fuzz_headers --cases 100000`.

Parquet footers, the Arrow schemas inside them, and Arrow files are damaged, and a job over each is planned, in
processes of their own (`--processes`). Each must be planned, or be refused by a sentence (BatchError) that is not about
the end of the process that parses headers (batch/source/headers.py). A process that plans and dies, hangs, needs more
than MOST_BYTES, or lets another exception through is a finding: the case is printed by its seed and kept (`--kept
FOLDER`); exit code 1.
"""

import argparse
import base64
import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from batch.config.job import JobConfig
from batch.errors import BatchError
from batch.plan import make_plan
from batch.runner import open_job_source
from tests.peak_memory import peak_bytes

CASES_A_PROCESS = 2000
CASE_S = 30.0
MOST_BYTES = 1024**3
GOOD = ("planned", "refused")
ARROW_SCHEMA = b"ARROW:schema"


def tables() -> tuple[pa.Table, ...]:
    """What many kinds of types have to say in a header."""
    inner = pa.map_(pa.string(), pa.list_(pa.int8()))
    deep = pa.list_(pa.struct([("a", inner), ("b", pa.struct([("c", pa.binary())]))]))
    rows = 3
    columns = {
        "text": pa.array(["a", None, "c"]),
        "deep": pa.nulls(rows, deep),
        "dictionary": pa.array(["a", "b", "a"]).dictionary_encode(),
        "decimal": pa.nulls(rows, pa.decimal256(60, 7)),
        "when": pa.nulls(rows, pa.timestamp("ns", tz="Europe/Berlin")),
        "fixed": pa.nulls(rows, pa.list_(pa.float32(), 4)),
        "uuid": pa.nulls(rows, pa.uuid()),
        "large": pa.nulls(rows, pa.large_list(pa.large_binary())),
        "image": pa.nulls(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    }
    said = {"huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}}}}), "other": "x" * 300}
    one = pa.table(columns).replace_schema_metadata(said)
    many = pa.table({f"column {number}": pa.array(range(40), pa.int32()) for number in range(30)})
    return one, many


def seeds() -> Iterator[tuple[str, bytes]]:
    """Suffix and content of whole files."""
    for table in tables():
        for version in ("1.0", "2.6"):
            buffer = io.BytesIO()
            pq.write_table(table, buffer, row_group_size=10, version=version, write_page_index=version == "2.6")
            yield ".parquet", buffer.getvalue()
        for make in (pa.ipc.new_file, pa.ipc.new_stream):
            buffer = io.BytesIO()
            with make(buffer, table.schema) as writer:
                writer.write_table(table, max_chunksize=20)
            yield ".arrow", buffer.getvalue()


def damaged(rng: random.Random, suffix: str, data: bytes) -> bytes:
    if suffix == ".arrow":
        return _mutated(rng, data)
    size = int.from_bytes(data[-8:-4], "little")
    body, footer = data[: -8 - size], data[-8 - size : -8]
    if rng.random() < 0.3 and ARROW_SCHEMA in footer:
        footer = _other_arrow_schema(rng, footer)
    else:
        footer = _mutated(rng, footer)
    length = len(footer) if rng.random() < 0.95 else rng.choice((0, 1, len(footer) + 1, 2**31 - 1, 2**32 - 1))
    return body + footer + length.to_bytes(4, "little") + b"PAR1"


def _other_arrow_schema(rng: random.Random, footer: bytes) -> bytes:
    """The base64 text after the key, with bytes of what it stands for changed and its length kept."""
    begin = footer.index(ARROW_SCHEMA) + len(ARROW_SCHEMA)
    while footer[begin : begin + 4] != b"////":  # how an encapsulated IPC message begins
        begin += 1
    end = begin
    while footer[end : end + 1].isalnum() or footer[end : end + 1] in (b"+", b"/"):
        end += 1
    end -= (end - begin) % 4
    message = bytearray(base64.b64decode(footer[begin:end]))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        message[rng.randrange(8, len(message))] = _byte(rng)
    return footer[:begin] + base64.b64encode(bytes(message)) + footer[end:]


def _mutated(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 40))):
        at = rng.randrange(len(changed))
        match rng.randrange(8):
            case 0 | 1 | 2 | 3:
                changed[at] = _byte(rng)
            case 4:
                changed[at:at] = bytes(_byte(rng) for _ in range(rng.choice((1, 2, 4, 8))))
            case 5:
                del changed[at : at + rng.choice((1, 2, 4, 64))]
            case 6:
                piece = changed[at : at + rng.choice((4, 16, 200))]
                changed[at:at] = piece * rng.choice((1, 2, 50))
            case 7:
                value = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1))
                changed[at : at + 8] = value.to_bytes(8, "little")
        if not changed:
            return b""
    return bytes(changed)


def _byte(rng: random.Random) -> int:
    return rng.choice((rng.randrange(256), 0, 1, 0x7F, 0x80, 0xFF))


def case(seed: int) -> tuple[str, bytes]:
    rng = random.Random(seed)
    suffix, data = rng.choice(list(_SEEDS))
    return suffix, damaged(rng, suffix, data)


_SEEDS = tuple(seeds())


def planned(path: Path) -> str:
    """Returns `planned`, `refused`, or `parser-ended` where the process that reads headers died of it."""
    config = JobConfig.model_validate({
        "task": "answer", "model": "fake", "prompt": "Say so.", "source": {"path": str(path)},
        "output": {"path": str(path.parent / "out")},
    })  # fmt: skip
    try:
        make_plan(config, open_job_source(config))
    except BatchError as error:
        return "parser-ended" if ": its parser " in str(error) else "refused"
    return "planned"


def run_cases(first: int, count: int, folder: Path) -> None:
    """In a process of its own; tells on stdout how far it is."""
    for seed in range(first, first + count):
        suffix, data = case(seed)
        path = folder / f"case{suffix}"
        path.write_bytes(data)
        print(seed, end=" ", flush=True)
        try:
            end = planned(path)
        except Exception as error:
            end = f"{type(error).__name__}:{str(error)[:80]!r}".replace(" ", "_").replace("\n", "_")
        print(end, peak_bytes(), flush=True)


class Batch:
    """One process with its cases."""

    def __init__(self, first: int, count: int, folder: Path) -> None:
        self.first, self.count = first, count
        self._log = (folder / "log").open("w+")
        command = [sys.executable, "-m", "tests.faults.fuzz_headers", "--first", str(first), "--count", str(count)]
        command += ["--folder", str(folder)]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
        self._began = time.monotonic()

    def ended(self) -> bool:
        if self._process.poll() is None and time.monotonic() - self._began > CASE_S + 0.05 * self.count:
            self._process.kill()
            self._process.wait()
        return self._process.poll() is not None

    def outcome(self) -> tuple[Counter[str], dict[int, str], int]:
        """How the cases ended, findings by seed, and the most bytes it held."""
        self._log.seek(0)
        ends: Counter[str] = Counter()
        findings, most, seed = {}, 0, self.first
        for line in self._log.read().splitlines():
            match line.split():
                case [number, end, held] if number.isdigit() and held.isdigit():
                    seed, most = int(number) + 1, max(most, int(held))
                    ends[end if end in GOOD else "finding"] += 1
                    if end not in GOOD:
                        findings[int(number)] = end
        if self._process.returncode != 0:
            ends["finding"] += 1
            findings[seed] = f"exit code {self._process.returncode}"
        if most > MOST_BYTES:
            findings[seed - 1] = f"{most:,} bytes by then"
        self._log.close()
        return ends, findings, most


def fuzz(first: int, cases: int, processes: int, seconds: float, kept: Path | None) -> bool:
    """Whether there was no finding."""
    ends: Counter[str] = Counter()
    findings: dict[int, str] = {}
    most, number, deadline = 0, first, time.monotonic() + seconds
    running: list[tuple[Batch, tempfile.TemporaryDirectory[str]]] = []
    while running or (number < first + cases and time.monotonic() < deadline):
        while len(running) < processes and number < first + cases and time.monotonic() < deadline:
            folder = tempfile.TemporaryDirectory(prefix="fuzz-headers-")
            count = min(CASES_A_PROCESS, first + cases - number)
            running.append((Batch(number, count, Path(folder.name)), folder))
            number += count
        time.sleep(0.05)
        for pair in [pair for pair in running if pair[0].ended()]:
            running.remove(pair)
            some, found, bytes_ = pair[0].outcome()
            ends, findings, most = ends + some, findings | found, max(most, bytes_)
            pair[1].cleanup()
    for seed, what in findings.items():
        print(f"case {seed}: {what}")
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True)
            suffix, data = case(seed)
            (kept / f"{seed}{suffix}").write_bytes(data)
    print(f"{sum(ends.values())} headers: {dict(ends)}; no process held more than {most / 1e6:.0f} MB")
    return not findings


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first case")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no more cases after these")
    parser.add_argument("--kept", type=Path, help="a folder for the files of findings")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.count is not None:
        run_cases(given.first, given.count, given.folder)
        return
    sys.exit(not fuzz(given.first, given.cases, given.processes, given.seconds, given.kept))


if __name__ == "__main__":
    main()
