"""The summary in the terminal, and the command itself."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.report.markdown import bars
from tests.commands import run_command
from tests.report.folders import Said, make_job


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sums, one of them failed, one wrong."""
    root = tmp_path_factory.mktemp("sums")
    table = pa.table({"question": ["1 + 1", "2 + 2", "3 + 3", "4 | 4"], "right": ["2", "4", "6", "8"]})
    pq.write_table(table, root / "sums.parquet")
    answers = [Said("2"), Said("5"), Said("6"), Said(error="prompt_too_long")]
    make_job(
        root / "sums",
        lambda row_id: answers[int(row_id.rpartition("#")[2])],
        task="answer",
        prompt="What is\n{{ question }}?",
        source={"path": str(root / "sums.parquet"), "reference_column": "right"},
    )
    return root / "sums"


def test_markdown_says_what_the_page_says_and_writes_nothing(folder: Path) -> None:
    shown = run_command("report", folder, "--markdown")
    assert shown.returncode == 0, shown.stderr
    text = re.sub(r"\d+:\d\d", "0:00", shown.stdout)
    text = re.sub(r"(pace +\| )[\d.e+]+", r"\g<1>60", text)
    assert text.partition("| source")[0].splitlines()[:-2] == [
        f"# sums: answer, {folder.parent.name}/sums.parquet",
        "",
        "|               |  |",
        "|---------------|---|",
        "| rows          | 4 (all of them) |",
        "| failed        | 1 (25.0 %) |",
        "| right answers | 50.0 % (2 of 4) |",
        "| time          | 0:00 (in 1 run) |",
        "| pace          | 60 (rows a minute) |",
        "| tokens        | 9 (generated; 30 read) |",
        "",
        "| Status | rows |",
        "|--------|---|",
        "| ok     | 3 (75.0 %) |",
        "| failed | 1 (25.0 %) |",
        "",
        "| Errors          | rows |",
        "|-----------------|---|",
        "| prompt_too_long | 1 |",
        "",
        "Length of answers: median 1, longest 1 characters",
        "` █` 0 to 2",
        "",
    ]
    assert text.endswith("Prompt:\n\n    What is\n    {{ question }}?\n")
    assert not (folder / "report.html").exists()


def test_the_command_writes_the_page_and_says_where(folder: Path) -> None:
    shown = run_command("report", folder)
    assert (shown.returncode, shown.stdout) == (0, f"4 rows: {folder / 'report.html'}\n")
    assert sorted(path.name for path in (folder / "report_files").iterdir()) == [
        "details-00000.js", "index-00000.js", "previews.jsonl", "rows-00000.js",
    ]  # fmt: skip


def test_a_size_that_is_none_is_refused_by_its_option(folder: Path) -> None:
    refused = run_command("report", folder, "--media", "much")
    assert refused.returncode == 2
    assert "--media is 'much': must be a size such as 16GiB" in refused.stderr


@pytest.mark.parametrize(("values", "drawn"), [([0, 1, 4, 8], " ▁▄█"), ([], ""), ([0, 0], "  "), ([1] * 96, "█" * 48)])
def test_bars_are_one_character_each_and_48_at_most(values: list[float], drawn: str) -> None:
    assert bars(values) == drawn
