"""A SQLite database of the rows with a full-text index (FTS5), and searching it.

Tables: `rows` with every column, `search` (FTS5) over the texts. Any SQLite tool opens it. It is made anew where the
parts have changed since.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from batch.errors import OutputError
from batch.export.finished import Finished
from batch.export.place import file_place, staged_file
from batch.export.plain_values import json_line, plain
from batch.export.wanted import Wanted, Written

INDEX_NAME = "search.sqlite"
NOT_SEARCHED = frozenset(("status", "finish_reason", "error_kind", "deduplicated_from", "language"))
SNIPPET_TOKENS = 24


class Hit(NamedTuple):
    """`snippet`: the words around the match, which stands between `mark` and `unmark`."""

    row_id: str
    snippet: str


def write(finished: Finished, wanted: Wanted) -> Written:
    path = file_place(finished, wanted, "rows.sqlite")
    return Written(str(path), _make(finished, path, every=wanted.every), 1)


def search(finished: Finished, words: str, limit: int, mark: str = "", unmark: str = "") -> list[Hit]:
    """The best matches, best first. `words` are FTS5's: several are all wanted, `"in quotes"` together, `ca*`, OR, NOT.

    Raises OutputError for what is no query. Failed rows are found too, by their file and their message.
    """
    path = finished.place / INDEX_NAME
    if not _is_of(path, finished):
        _make(finished, path, every=True)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        try:
            return _matches(db, words, limit, mark, unmark)
        except sqlite3.OperationalError:
            # What a person types is not always a query: then it is words.
            quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words.split())
            if not quoted:
                raise OutputError('nothing to search for. Give a word, as in: search DIR "red car"') from None
            return _matches(db, quoted, limit, mark, unmark)


def _matches(db: sqlite3.Connection, words: str, limit: int, mark: str, unmark: str) -> list[Hit]:
    found = db.execute(
        "SELECT row_id, snippet(search, -1, ?, ?, '...', ?) FROM search WHERE search MATCH ? ORDER BY rank LIMIT ?",
        (mark, unmark, SNIPPET_TOKENS, words, limit),
    )
    return [Hit(row_id, " ".join(snippet.split())) for row_id, snippet in found]


def _make(finished: Finished, path: Path, *, every: bool) -> int:
    names = finished.schema.names
    texts = [field.name for field in finished.schema if str(field.type) in ("string", "large_string")]
    searched = [name for name in texts if name not in NOT_SEARCHED]
    with staged_file(path) as staged:
        staged.unlink(missing_ok=True)
        with closing(sqlite3.connect(staged)) as db, db:
            db.execute("CREATE TABLE made_of (parts TEXT)")
            db.execute("INSERT INTO made_of VALUES (?)", (_parts(finished),))
            db.execute(f"CREATE TABLE rows ({', '.join(map(_quoted, names))})")
            db.execute(
                f"CREATE VIRTUAL TABLE search USING fts5({', '.join(map(_quoted, searched))}, content='rows', "
                'tokenize="unicode61 remove_diacritics 2")'
            )
            marks = ", ".join("?" for _ in names)
            db.executemany(f"INSERT INTO rows VALUES ({marks})", _values(finished.rows(every=every)))
            db.execute("INSERT INTO search(search) VALUES ('rebuild')")
            (count,) = db.execute("SELECT count(*) FROM rows").fetchone()
    return int(count)


def _values(rows: Iterable[dict[str, Any]]) -> Iterable[Sequence[Any]]:
    for row in rows:
        yield [_value(value) for value in row.values()]


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value
    value = plain(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return json_line(value) if isinstance(value, list | dict) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parts(finished: Finished) -> str:
    """What the index was made of: every part by name, size and time."""
    found = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in finished.paths]
    return sha256(json.dumps(found).encode()).hexdigest()


def _is_of(path: Path, finished: Finished) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("SELECT parts FROM made_of").fetchone() == (_parts(finished),))
    except sqlite3.Error:
        return False
