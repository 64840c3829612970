"""The plan in the ledger: compared with the new one on every start, and added to; never renumbered.

Shards are kept as they were first cut. Rows they do not cover, of new or longer files, become new shards.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from batch import killpoint
from batch.errors import PlanMismatch
from batch.records import Shard, Slice, SourceFile

SHOWN = 20
PAYLOADS = ("rows", "requests", "strikes")


def compare(
    db: sqlite3.Connection, folder: Path, identity: Mapping[str, str], files: Sequence[SourceFile], accept_changed: bool
) -> None:
    """Raise PlanMismatch with old and new value of everything that answers depend on and that changed."""
    stored = dict(db.execute("SELECT key, value FROM identity"))
    differences = [
        f"{key} was {stored.get(key, 'not set')}, is now {identity.get(key, 'not set')}"
        for key in sorted(stored.keys() | identity.keys())
        if stored.get(key) != identity.get(key)
    ]
    if not accept_changed:
        differences += _changed_files(stored_files(db), {file.path: file for file in files})
    if not differences:
        return
    shown = "\n".join(f"  {line}" for line in differences[:SHOWN])
    more = f"\n  and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    raise PlanMismatch(
        f"{str(folder)!r} was begun with something else, and answers are never mixed:\n{shown}{more}\n"
        "Put the old values back, choose another output.path, or start anew with --fresh "
        "(--accept-changed does the rows of changed files again)"
    )


def _changed_files(stored: Iterable[SourceFile], now: Mapping[str, SourceFile]) -> Iterator[str]:
    for old in stored:
        new = now.get(old.path)
        if new is None:
            yield f"{old.path!r} had {old.size} bytes, is missing now"
        elif new.fingerprint != old.fingerprint:
            yield f"{old.path!r} was {old.fingerprint} ({old.size} bytes), is now {new.fingerprint} ({new.size} bytes)"


def accept(db: sqlite3.Connection, files: Sequence[SourceFile]) -> None:
    """Add new files; where a known one changed or went, cut its shards to what is left and want them again."""
    now = {file.path: file for file in files}
    known = set()
    left: dict[str, int] = {}
    for old in stored_files(db):
        new = now.get(old.path)
        known.add(old.path)
        if new is None:
            left[old.path] = 0
            db.execute("DELETE FROM files WHERE path = ?", (old.path,))
        elif new.fingerprint != old.fingerprint:
            left[old.path] = new.rows
            values = (new.size, new.fingerprint, new.rows, new.path)
            db.execute("UPDATE files SET size = ?, fingerprint = ?, rows = ? WHERE path = ?", values)
    db.executemany(
        "INSERT INTO files (path, size, fingerprint, rows) VALUES (?, ?, ?, ?)",
        [(file.path, file.size, file.fingerprint, file.rows) for file in files if file.path not in known],
    )
    for shard in stored_shards(db) if left else ():
        if any(part.path in left for part in shard.slices):
            _cut(db, shard, left)


def _cut(db: sqlite3.Connection, shard: Shard, left: Mapping[str, int]) -> None:
    slices = [Slice(part.path, part.start, min(part.stop, left.get(part.path, part.stop))) for part in shard.slices]
    _rewrite(db, Shard(shard.index, tuple(part for part in slices if part.stop > part.start)))


def _rewrite(db: sqlite3.Connection, shard: Shard) -> None:
    """Give a stored shard other rows; all of them are wanted, its old part stays in place until replaced."""
    db.execute(
        "UPDATE shards SET slices = ?, rows = ?, wanted = NULL, committed = 0, counts = NULL WHERE shard = ?",
        (slices_json(shard), shard.rows, shard.index),
    )
    forget(db, shard.index)
    db.execute("DELETE FROM answers WHERE shard = ?", (shard.index,))
    killpoint.reached("plan.cut")


def append(db: sqlite3.Connection, shards: Sequence[Shard]) -> None:
    """Add the rows that no stored shard has. A job without any row gets one empty shard, for its one empty part."""
    stored = stored_shards(db)
    new = list(_uncovered(stored, shards))
    if not stored and not new:
        new = [()]
    elif new and [shard.slices for shard in stored] == [()]:  # the first rows of a source that was empty
        _rewrite(db, Shard(0, new.pop(0)))
    added = [Shard(index, slices) for index, slices in enumerate(new, start=len(stored))]
    db.executemany(
        "INSERT INTO shards (shard, slices, rows) VALUES (?, ?, ?)",
        [(shard.index, slices_json(shard), shard.rows) for shard in added],
    )


def _uncovered(stored: Sequence[Shard], shards: Sequence[Shard]) -> Iterator[tuple[Slice, ...]]:
    covered: dict[str, int] = {}
    for part in (part for shard in stored for part in shard.slices):
        covered[part.path] = max(covered.get(part.path, 0), part.stop)
    for shard in shards:
        slices = (Slice(part.path, max(part.start, covered.get(part.path, 0)), part.stop) for part in shard.slices)
        if left := tuple(part for part in slices if part.stop > part.start):
            yield left


def stored_files(db: sqlite3.Connection) -> tuple[SourceFile, ...]:
    """The pinned files, in the order they joined the job."""
    rows = db.execute("SELECT path, size, fingerprint, rows FROM files ORDER BY position")
    return tuple(SourceFile(*row) for row in rows)


def stored_shards(db: sqlite3.Connection) -> list[Shard]:
    rows = db.execute("SELECT shard, slices FROM shards ORDER BY shard")
    return [Shard(index, _slices(text)) for index, text in rows]


def stored_shard(db: sqlite3.Connection, index: int) -> Shard:
    (text,) = db.execute("SELECT slices FROM shards WHERE shard = ?", (index,)).fetchone()
    return Shard(index, _slices(text))


def row_id(shard: Shard, row: int) -> str:
    """`<path>#<position in file>` of a row, for one that was never read."""
    offset = row
    for part in shard.slices:
        if offset < part.stop - part.start:
            return f"{part.path}#{part.start + offset}"
        offset -= part.stop - part.start
    raise IndexError(f"shard {shard.index} has {shard.rows} rows, there is no row {row}")


def forget(db: sqlite3.Connection, index: int) -> None:
    """Drop all that was recorded of one shard's rows."""
    for table in PAYLOADS:
        db.execute(f"DELETE FROM {table} WHERE shard = ?", (index,))


def slices_json(shard: Shard) -> str:
    return json.dumps([[part.path, part.start, part.stop] for part in shard.slices], ensure_ascii=False)


def _slices(text: str) -> tuple[Slice, ...]:
    return tuple(Slice(*part) for part in json.loads(text))
