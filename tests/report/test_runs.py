"""Data in files of a bounded size."""

from pathlib import Path

from batch.report.data import LEAST_SEARCHED_CHARS, SEARCHED_CHARS, searched_chars
from batch.report.runs import CHARS_A_RUN, Runs
from tests.report.test_report import data_of


def test_a_run_ends_after_so_many_rows_or_so_many_characters(tmp_path: Path) -> None:
    files = tmp_path / "report_files"
    files.mkdir()
    runs = Runs(files, "rows", 3)
    rows = ["a", "b", "c", "d", "x" * CHARS_A_RUN, "e"]
    for row in rows:
        runs.add(row)
    assert runs.end() == [3, 5, 6]
    assert runs.names == ["rows-00000.js", "rows-00001.js", "rows-00002.js"]
    assert [data_of(tmp_path, "rows", number) for number in range(3)] == [rows[:3], rows[3:5], rows[5:]]


def test_the_search_shares_its_characters_among_all_answers() -> None:
    assert searched_chars([10, 500, -1, 3]) == 500  # there is room for all
    assert searched_chars([100] * 10 + [20_000_000] * 2) == (SEARCHED_CHARS - 1000) // 2
    assert searched_chars([1000] * 400_000) == LEAST_SEARCHED_CHARS
    assert searched_chars([]) == LEAST_SEARCHED_CHARS
