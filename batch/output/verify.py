"""Is the job folder what it should be: every input row once, in order, in parts as they were written?

Holds the parts against the ledger (or, where the folder was copied without one, against its manifest), the
manifest against the parts, and the source against what was pinned. Reads only, takes no lock: a runner may be at
work meanwhile.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch import durable
from batch.counts import Counts
from batch.errors import LedgerError
from batch.ledger import lock, volume
from batch.ledger.schema import LEDGER_NAME
from batch.ledger.stored_job import StoredJob, StoredPart, read_stored_job
from batch.output import columns, manifest, parts, source_check
from batch.output.receipt import Difference, Receipt
from batch.plan import fingerprint_of
from batch.records import Shard
from batch.result import STATUSES

TRIES_BESIDE_A_RUNNER = 3
COUNTED = ("status", "error_kind", "flags", "prompt_tokens", "completion_tokens", "audio_seconds")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a part should be. `row_ids` and `counts` are None where nobody can say."""

    name: str
    rows: int
    sha256: tuple[str, ...]
    row_ids: Sequence[str] | None
    counts: Counts | None
    finished: bool


def verify(folder: Path) -> Receipt:
    """Look at everything once. Raises LedgerError when there is neither a ledger nor a manifest to hold it against."""
    home = _ledger_home(folder)
    if home is None:
        return _verify_by_manifest(folder)
    for left in reversed(range(TRIES_BESIDE_A_RUNNER)):
        # In this order: a part that appears on the disk was promised in the ledger before.
        names = _part_names(folder)
        running = lock.held(home)
        receipt = _verify_by_ledger(folder, read_stored_job(folder), names, running=running)
        if not (receipt.differences and running and left):
            break  # beside a runner a part may have been replaced while it was read
    return receipt


def _ledger_home(folder: Path) -> Path | None:
    """Where the ledger is; None where there is only a manifest."""
    has_manifest = (folder / manifest.NAME).exists()
    try:
        home = volume.home(folder)
    except LedgerError:
        if not has_manifest:
            raise
        return None
    if (home / LEDGER_NAME).exists():
        return home
    if has_manifest:
        return None
    raise LedgerError(
        f"{str(folder)!r} has neither a ledger nor a {manifest.NAME}, so no job was begun there. "
        "Give a job's folder (its output.path)"
    )


def _part_names(folder: Path) -> list[str]:
    return sorted(f"{parts.DATA}/{path.name}" for path in (folder / parts.DATA).glob("*.parquet"))


# ---------------------------------------------------------------- against the ledger
def _verify_by_ledger(folder: Path, job: StoredJob, names: Sequence[str], *, running: bool) -> Receipt:
    said = _read_manifest(folder)
    complete = all(part.committed for part in job.parts) and said is not None
    config = source_check.read_config(folder / manifest.JOB)
    receipt = Receipt(
        folder=folder,
        state="running" if running else "complete" if complete else "unfinished",
        against="ledger",
        fingerprint=job.fingerprint,
        input_rows=job.rows,
        source=source_check.NOT_LOOKED,
        recorded=job.recorded,
        parts=len(job.parts),
    )
    expected = [_expected(part) for part in job.parts]
    receipt.differences += _plan_differences(job, config.source.limit if config else None)
    if config is not None:
        receipt.differences += source_check.config_differences(config, job.identity)
    _check_parts(receipt, folder, expected, names)
    if complete and said is not None:  # before, it is that of the output as it was
        receipt.differences += _manifest_differences(receipt, said, expected)
    receipt.source, changed = source_check.check(config, job)
    receipt.differences += changed
    return receipt


def _expected(part: StoredPart) -> Expected:
    """Of a part in place, or about to be (`intended`)."""
    return Expected(
        name=parts.part_name(part.shard.index),
        rows=part.shard.rows,
        sha256=tuple(digest for digest in (part.sha256, part.intended) if digest),
        row_ids=_row_ids(part.shard) if part.same_rows else None,
        counts=part.counts if part.committed else None,
        finished=part.committed,
    )


def _row_ids(shard: Shard) -> list[str]:
    return [f"{slice_.path}#{position}" for slice_ in shard.slices for position in range(slice_.start, slice_.stop)]


def _plan_differences(job: StoredJob, limit: int | None) -> Iterator[Difference]:
    """The shards cover every pinned file from its first row on, without a gap or an overlap. Those of a portion have
    gaps (the other portions), and no overlap either."""
    portion = "portion" in job.identity
    ends: dict[str, int] = {}
    slices = sorted((part for stored in job.parts for part in stored.shard.slices), key=lambda s: (s.path, s.start))
    for part in slices:
        if part.start < ends.get(part.path, 0) or (part.start != ends.get(part.path, 0) and not portion):
            what = f"rows {ends.get(part.path, 0)} to {part.start} are in no shard, or in two"
            yield Difference("plan", part.path, what)
        ends[part.path] = part.stop
    pinned = sum(file.rows for file in job.files)
    if not portion and job.rows < (pinned if limit is None else min(limit, pinned)):
        yield Difference("plan", "ledger", f"the source had {pinned} rows, the shards have {job.rows}")
    if fingerprint_of(job.identity) != job.fingerprint:
        yield Difference("fingerprint", "ledger", "the fingerprint is not that of the settings it keeps")


# ---------------------------------------------------------------- parts
def _check_parts(receipt: Receipt, folder: Path, expected: Sequence[Expected], names: Sequence[str]) -> None:
    for part in expected:
        if part.sha256 and not (folder / part.name).exists():
            receipt.differences.append(Difference("missing_part", part.name, "is not there"))
        elif part.sha256:
            receipt.differences += _part_differences(receipt, folder / part.name, part)
    known = {part.name for part in expected if part.sha256}
    receipt.differences += [
        Difference("unknown_part", name, "was not written by this job, and readers take it for data")
        for name in names
        if name not in known
    ]


def _part_differences(receipt: Receipt, path: Path, part: Expected) -> Iterator[Difference]:
    digest = durable.sha256(path)
    receipt.parts_checked += 1
    receipt.checked_bytes += path.stat().st_size
    if digest not in part.sha256:
        yield Difference("sha256", part.name, f"has sha256 {digest}, {part.sha256[-1]} was written")
    try:
        table = pq.read_table(path, columns=_columns_there(path))
    except (pa.ArrowException, OSError) as exc:
        yield Difference("unreadable", part.name, f"cannot be read: {exc}".splitlines()[0])
        return
    fingerprint = (table.schema.metadata or {}).get(f"{manifest.FOOTER_PREFIX}fingerprint".encode(), b"null")
    if fingerprint.decode() != json.dumps(receipt.fingerprint):
        yield Difference("fingerprint", part.name, f"says it has the fingerprint {fingerprint.decode()}")
    yield from _row_differences(part, table)
    if part.finished:
        found = columns.count(table, "transcribe", None)
        receipt.rows.update(found.rows)
        yield from _count_differences(part, found)


def _columns_there(path: Path) -> list[str]:
    there = set(pq.read_schema(path).names)
    return [name for name in (columns.ROW_ID, *COUNTED) if name in there]


def _row_differences(part: Expected, table: pa.Table) -> Iterator[Difference]:
    """The first difference of each kind."""
    if part.finished and table.num_rows != part.rows:
        yield Difference("row_count", part.name, f"has {table.num_rows} rows, {part.rows} were planned")
    found = table.column(columns.ROW_ID).to_pylist()
    if part.row_ids is not None and found != list(part.row_ids):
        for row, (is_, should) in enumerate(zip(found, part.row_ids, strict=False)):
            if is_ != should:
                yield Difference("row_id", part.name, f"row {row} is {is_!r}, {should!r} was planned")
                break
    strange = sorted({repr(status) for status in table.column("status").to_pylist() if status not in STATUSES})
    if strange:
        yield Difference("status", part.name, f"has rows of status {', '.join(strange)}")


def _count_differences(part: Expected, found: Counts) -> Iterator[Difference]:
    if part.counts is None:
        return
    names = ("rows", "errors", "flags", "prompt_tokens", "completion_tokens")
    is_, should = found.as_dict(), part.counts.as_dict()
    for name in names:
        if is_[name] != should[name]:
            yield Difference("counts", part.name, f"{name} are {is_[name]}, {should[name]} were recorded")


# ---------------------------------------------------------------- the manifest
def _read_manifest(folder: Path) -> dict[str, Any] | None:
    """manifest.json; {} where it cannot be understood, None where there is none."""
    try:
        said = json.loads((folder / manifest.NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _manifest_differences(receipt: Receipt, said: dict[str, Any], expected: Sequence[Expected]) -> Iterator[Difference]:
    files = said.get("files", ())
    is_ = [(file.get("path"), file.get("rows"), file.get("sha256")) for file in files]
    should = [(part.name, part.rows, part.sha256[-1]) for part in expected]
    if is_ != should:
        yield Difference("manifest", manifest.NAME, "names other parts, rows or sha256 than the ledger")
    for key, value in (("rows", receipt.input_rows), ("fingerprint", receipt.fingerprint)):
        if said.get(key) != value:
            yield Difference("manifest", manifest.NAME, f"{key} is {said.get(key)!r}, {value!r} was recorded")


def _verify_by_manifest(folder: Path) -> Receipt:
    """A finished output that was copied without its ledger."""
    said = _read_manifest(folder) or {}
    try:
        expected = [
            Expected(str(file["path"]), int(file["rows"]), (str(file["sha256"]),), None, None, finished=True)
            for file in said["files"]
        ]
        receipt = Receipt(
            folder=folder,
            state="complete",
            against="manifest",
            fingerprint=str(said["fingerprint"]),
            input_rows=int(said["rows"]),
            source=source_check.NO_LEDGER,
            parts=len(expected),
        )
        counted = {status: int(said["counts"]["rows"].get(status, 0)) for status in STATUSES}
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise LedgerError(f"{str(folder / manifest.NAME)!r} cannot be understood ({exc!r}); restore it") from exc
    _check_parts(receipt, folder, expected, _part_names(folder))
    if not receipt.differences and {status: receipt.rows[status] for status in STATUSES} != counted:
        receipt.differences.append(
            Difference("counts", manifest.NAME, f"says {counted}, the parts have {receipt.rows}")
        )
    receipt.differences += _order_differences(folder, expected)
    return receipt


def _order_differences(folder: Path, expected: Sequence[Expected]) -> Iterator[Difference]:
    """Without a plan: each row id once, and the rows of a file in ascending order."""
    seen: set[str] = set()
    last: dict[str, int] = {}
    for part in expected:
        path = folder / part.name
        try:
            ids = pq.read_table(path, columns=[columns.ROW_ID]).column(columns.ROW_ID).to_pylist()
        except (pa.ArrowException, OSError):
            continue  # said already
        for row_id in ids:
            file, _, position = row_id.rpartition("#")
            if row_id in seen or int(position) < last.get(file, -1):
                yield Difference("row_id", part.name, f"{row_id!r} is there twice, or out of order")
                break
            seen.add(row_id)
            last[file] = int(position)
