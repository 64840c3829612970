"""The ledger's tables, how a new file gets them, and how an old one is brought up to date.

SQLite in WAL mode, `synchronous=NORMAL`: what a transaction recorded is with the kernel, so a killed process
loses nothing; `durably` and the checkpoints put it on the drive. Payloads of committed shards are deleted and their
pages used again (SQLite's freelist), so the file grows to the payloads of the open shards and no further.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from batch import durable, killpoint
from batch.errors import LedgerError, OutputError, OutputLost

LEDGER_NAME = "ledger.sqlite"
SCHEMA_VERSION = 2
BUSY_S = 10.0
FULL_BELOW_BYTES = 1024**2

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE identity (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    position INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, rows INTEGER NOT NULL
);
CREATE TABLE shards (
    shard INTEGER PRIMARY KEY,
    slices TEXT NOT NULL,                   -- [[path, start, stop], ..]
    rows INTEGER NOT NULL,
    wanted TEXT,                            -- {row: attempt} of a reopened shard; null: all rows, first attempt
    committed INTEGER NOT NULL DEFAULT 0,
    generation INTEGER NOT NULL DEFAULT 0,  -- how often its part was written
    sha256 TEXT,                            -- of the part that is in place
    counts TEXT                             -- of the rows that are in place and not wanted again
);
CREATE TABLE rows (
    shard INTEGER, row INTEGER, row_id TEXT, kept BLOB, planned TEXT, failed TEXT, attempts INTEGER NOT NULL,
    PRIMARY KEY (shard, row)
) WITHOUT ROWID;
CREATE TABLE requests (
    shard INTEGER, row INTEGER, request INTEGER,
    started INTEGER,                        -- the run that began it last
    finished INTEGER NOT NULL DEFAULT 0, error_kind TEXT, flags TEXT,
    prompt_tokens INTEGER, completion_tokens INTEGER, completion TEXT,
    repeats BLOB,                           -- the digest it shares with the request whose answer it copied
    PRIMARY KEY (shard, row, request)
) WITHOUT ROWID;
CREATE TABLE strikes (
    shard INTEGER, row INTEGER, request INTEGER, cause TEXT, count INTEGER NOT NULL,
    PRIMARY KEY (shard, row, request, cause)
) WITHOUT ROWID;
CREATE TABLE answers (                      -- digest of a greedy request -> the first one in plan order
    digest BLOB PRIMARY KEY, shard INTEGER NOT NULL, row INTEGER NOT NULL, request INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE intents (
    shard INTEGER PRIMARY KEY, generation INTEGER NOT NULL, old_sha256 TEXT, new_sha256 TEXT NOT NULL,
    counts TEXT NOT NULL
);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, started_at REAL NOT NULL, boot_id TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL,
    ended_at REAL, recomputed INTEGER NOT NULL DEFAULT 0
);
"""


def _know_equal_requests(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE requests ADD COLUMN repeats BLOB")
    connection.execute(
        "CREATE TABLE answers (digest BLOB PRIMARY KEY, shard INTEGER NOT NULL, row INTEGER NOT NULL, "
        "request INTEGER NOT NULL) WITHOUT ROWID"
    )


MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {1: _know_equal_requests}
"""From version N to N + 1. Each runs in one transaction together with the record that it ran."""


def create(path: Path) -> None:
    """Build an empty ledger beside `path` and move it into place, so that a half-built one never has that name."""
    staged = path.with_name(f".{path.name}.new")
    with durable.translated(path), damage(path):
        # A journal without its ledger would be taken for the new one's.
        for leftover in (staged, *beside(staged), *beside(path)):
            leftover.unlink(missing_ok=True)
        connection = sqlite3.connect(staged, isolation_level=None)
        try:
            # Not in WAL mode yet: closing would copy the journal into the file, and says nothing where that fails.
            connection.executescript(f"BEGIN; {TABLES}; COMMIT;")
            connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
        finally:
            connection.close()
        durable.sync_file(staged)
        durable.replace(staged, path)
        killpoint.reached("ledger.created")


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing and bring the schema up to date. Raises LedgerError (damaged, newer version)."""
    with damage(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            # Only macOS knows these: a sync is then F_FULLFSYNC, which flushes the drive's own cache too.
            connection.execute("PRAGMA fullfsync=1")
            connection.execute("PRAGMA checkpoint_fullfsync=1")
            connection.execute("PRAGMA wal_autocheckpoint=4000")
            connection.execute(f"PRAGMA journal_size_limit={64 * 1024**2}")
            migrate(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextlib.contextmanager
def connect_readonly(path: Path) -> Iterator[sqlite3.Connection]:
    """Look without a lock, while a runner writes or not. Raises LedgerError (damaged, newer version)."""
    with damage(path):
        connection = _open_readonly(path)
        try:
            check_version(connection, path)
            connection.execute("BEGIN")  # one snapshot for all queries
            yield connection
        finally:
            connection.close()


def _open_readonly(path: Path) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        # A folder we may not write to (a mounted backup): WAL's shared memory cannot be made there. With no
        # journal beside the file nothing is missing from it, and it can be read as it lies.
        if any(file.exists() for file in beside(path)):
            raise
        return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True, isolation_level=None)
    return connection


def version(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it does not say of which version it is")
    return int(row[0])


def recall(connection: sqlite3.Connection, key: str) -> Any:
    """A JSON value that was remembered with the job, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version. Raises LedgerError when it is newer than this program."""
    found = version(connection)
    if found > SCHEMA_VERSION:
        raise LedgerError(
            f"{str(path)!r} was written by a newer gemma4-batch (ledger version {found}, this one knows "
            f"{SCHEMA_VERSION}). Update gemma4-batch, or choose another output.path"
        )
    return found


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an older schema up to date, one version per transaction."""
    for old in range(check_version(connection, path), SCHEMA_VERSION):
        with transaction(connection):
            MIGRATIONS[old](connection)
            connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(old + 1),))


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def durably(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is on the drive when this returns, and with it everything recorded before."""
    connection.execute("PRAGMA synchronous=FULL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous=NORMAL")


@contextlib.contextmanager
def damage(path: Path) -> Iterator[None]:
    """Translate SQLite's errors: a full disk is an OutputError, a volume that went away OutputLost, anything else a
    LedgerError."""
    try:
        yield
    except sqlite3.Error as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
            free = durable.size(durable.free_bytes(path))
            raise OutputError(
                f"the disk is full: cannot write {str(path)!r} ({free} are free). "
                "Make space there and give the same command again: it resumes where it stopped"
            ) from exc
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
            raise OutputLost(
                f"cannot use {str(path)!r}: {exc}. Make sure that the volume is connected and the folder can be "
                "written to, then give the same command again: it resumes where it stopped"
            ) from exc
        raise LedgerError(
            f"{str(path)!r} cannot be read as a ledger: {exc}. The finished parts beside it in data/ are whole: "
            f"`gemma4-batch repair {path.parent}` makes a new ledger of them"
        ) from exc


def _is_full(path: Path) -> bool:
    """SQLite calls it an I/O error where its shared memory, or a page it reserved, finds no room."""
    try:
        return durable.free_bytes(path) < FULL_BELOW_BYTES
    except OSError:
        return False


def beside(path: Path) -> tuple[Path, Path]:
    """The journal and its index, which SQLite keeps beside an open ledger."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
