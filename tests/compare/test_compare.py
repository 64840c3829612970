"""Two jobs over the same rows: sums, who is right, and a page on which answers are text and nothing else."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from batch.compare.comparison import compare
from batch.compare.page import write_page
from batch.compare.words import Piece, pieces, rates
from batch.errors import OutputError
from batch.terminal.compare import comparison_text
from tests.commands import run_command
from tests.finished_jobs import Failed, media_job, table_job

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'
KEPT = pa.table({"right": ["Paris", "4", "blue", None]})


@pytest.fixture
def answered(tmp_path: Path) -> tuple[Path, Path]:
    source = tmp_path / "q.parquet"
    keys = {"path": str(source), "reference_column": "right"}
    one = table_job(tmp_path / "a", source, KEPT, ["Paris", "4", "a red ball", HOSTILE], source=keys)
    other = table_job(
        tmp_path / "b", source, KEPT, ["paris.", "5", "a blue ball", "harmless"], source=keys, prompt="Answer: {{ q }}"
    )
    return one, other


def test_sums_and_who_is_right(answered: tuple[Path, Path]) -> None:
    found = compare(*answered)
    assert comparison_text(found).splitlines() == [
        "prompt.text: None | Answer: {{ q }}",
        "4 rows in both: 0 equal (0.0%)",
        f"words of B that differ from A's: {found.word_difference:.1%}",
        f"A {answered[0]}: 4 ok; 18 characters and 3.0 tokens an answer, 2 of 3 right",
        f"B {answered[1]}: 4 ok; 6 characters and 3.0 tokens an answer, 1 of 3 right",
        "of 3 rows with a reference: 1 right in both, 1 only in A, 0 only in B",
    ]
    assert found.differences[-1].pieces == (
        Piece("both", "a"),
        Piece("a", "red"),
        Piece("b", "blue"),
        Piece("both", "ball"),
    )


def test_equal_runs_are_equal_and_rows_of_one_only_are_counted(tmp_path: Path) -> None:
    answers = {"a.jpg": "A dog.", "b.jpg": Failed("undecodable"), "c.jpg": "A cat."}
    one = media_job(tmp_path / "one", tmp_path, answers)
    other = media_job(
        tmp_path / "other", tmp_path, {**{name: answers[name] for name in ("a.jpg", "b.jpg")}, "z.jpg": "x"}
    )
    found = compare(one, other)
    assert (found.rows, found.equal, found.only_a, found.only_b, found.differences) == (2, 2, 1, 1, [])
    assert found.word_difference == 0.0


def test_transcripts_are_compared_by_their_words(tmp_path: Path) -> None:
    one = media_job(tmp_path / "one", tmp_path, {"a.wav": [(0.0, 2.0, "One two three four.")]}, task="transcribe")
    other = media_job(tmp_path / "other", tmp_path, {"a.wav": [(0.0, 2.0, "one two tree four")]}, task="transcribe")
    assert compare(one, other).word_difference == 0.25


def test_jobs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    one = media_job(tmp_path / "one", tmp_path, {"a.jpg": "x"})
    heard = media_job(tmp_path / "heard", tmp_path, {"a.wav": []}, task="transcribe")
    strange = media_job(tmp_path / "strange", tmp_path, {"b.jpg": "x"})
    with pytest.raises(OutputError, match="compare two of one task"):
        compare(one, heard)
    with pytest.raises(OutputError, match="have no row in common"):
        compare(one, strange)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_nothing_and_answers_are_text(answered: tuple[Path, Path], tmp_path: Path) -> None:
    write_page(compare(*answered), tmp_path / "page.html")
    page = Tags()
    page.feed((tmp_path / "page.html").read_text())
    names = [tag for tag, _ in page.seen]
    assert "img" not in names
    assert not any(name.startswith("on") or name in ("src", "href") for _, found in page.seen for name in found)
    assert "<script>alert(1)</script><img" in " ".join(page.text.split())
    assert names.count("section") == 4


def test_word_shares_and_rates_do_not_mind_case_and_punctuation() -> None:
    assert pieces("", "") == ((), 1.0)
    assert pieces("same words", "same words") == ((Piece("both", "same words"),), 0.0)
    assert rates([("The cat sat.", "the cat sat")]) == 0.0
    assert rates([(None, "x"), ("", "y")]) is None


def test_the_command_writes_the_page_and_prints_the_sums(answered: tuple[Path, Path]) -> None:
    shown = run_command("compare", *answered)
    assert shown.returncode == 0, shown.stderr
    page = answered[0] / "export/compare-with-b.html"
    assert shown.stdout.splitlines()[-1] == f"4 differences: {page}"
    assert page.exists()
    found = json.loads(run_command("compare", *answered, "--json").stdout)
    assert found["reference"] == {"rows": 3, "right_in_both": 1, "right_only_a": 1, "right_only_b": 0}
