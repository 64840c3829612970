"""The database anybody can open, and searching it from the terminal."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from batch.errors import OutputError
from batch.export.exports import export
from batch.export.finished import open_finished
from batch.export.sqlite import Hit, search
from batch.export.wanted import Wanted
from tests.commands import run_command
from tests.finished_jobs import Failed, media_job

ANSWERS = {
    "a.jpg": "A red car stands before a wall.",
    "b.jpg": "Two cars, one of them red.",
    "c.jpg": "Ein Café am Meer.",
    "d.jpg": Failed("undecodable"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media_job(tmp_path / "out", tmp_path, ANSWERS)


def found(folder: Path, words: str) -> list[str]:
    return [hit.row_id for hit in search(open_finished(folder), words, 10)]


def test_the_database_has_every_column_and_finds_words(folder: Path) -> None:
    export(folder, "sqlite", Wanted())
    with closing(sqlite3.connect(folder / "export/rows.sqlite")) as db:
        assert db.execute("SELECT path, caption, attempts, flags FROM rows WHERE rowid = 1").fetchone() == (
            "a.jpg", "A red car stands before a wall.", 1, "[]",
        )  # fmt: skip
        matching = "SELECT rows.path FROM search JOIN rows ON rows.rowid = search.rowid WHERE search MATCH 'cafe'"
        assert db.execute(matching).fetchall() == [("c.jpg",)]
        assert db.execute("SELECT count(*) FROM rows").fetchone() == (3,)


def test_all_words_are_wanted_and_the_best_match_comes_first(folder: Path) -> None:
    assert found(folder, "red car") == ["a.jpg#0"]
    assert found(folder, "red car*") == ["b.jpg#0", "a.jpg#0"]
    assert found(folder, '"red car"') == ["a.jpg#0"]
    assert found(folder, "wall OR meer") == ["c.jpg#0", "a.jpg#0"]
    assert found(folder, "undecodable") == ["d.jpg#0"]
    assert found(folder, "zebra") == []


def test_what_is_no_query_is_taken_as_words(folder: Path) -> None:
    assert found(folder, "red, car's?") == []
    assert found(folder, 'before a "wall') == ["a.jpg#0"]
    with pytest.raises(OutputError, match="nothing to search for"):
        search(open_finished(folder), " ", 10)


def test_the_index_is_made_anew_where_the_parts_changed(folder: Path, tmp_path: Path) -> None:
    assert found(folder, "zebra") == []
    other = media_job(tmp_path / "other", tmp_path, {"z.jpg": "A zebra."})
    (other / "data/part-0000000.parquet").replace(folder / "data/part-0000001.parquet")
    assert search(open_finished(folder), "zebra", 10, "[", "]") == [Hit("z.jpg#0", "A [zebra].")]


def test_the_command_prints_rows_and_says_by_its_exit_code_whether_there_are_any(folder: Path) -> None:
    shown = run_command("search", folder, "red", "wall")
    assert (shown.returncode, shown.stdout) == (0, "a.jpg#0: A red car stands before a wall.\n")
    nothing = run_command("search", folder, "zebra", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)) == (1, {"schema_version": 1, "hits": []})
