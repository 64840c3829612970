"""Histogram, pace and their plots: the figures behind them, and the sentence for those who hear them."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from batch.report.charts import length_svg, pace_svg, scale
from batch.report.histogram import Histogram, histogram
from batch.report.job import ReportJob
from batch.report.pace import Bin, pace
from tests.report.folders import Said, make_job
from tests.report.pictures import photo


@pytest.mark.parametrize(
    ("value", "least", "axis"),
    [(0, 1, (1, 1)), (4, 1, (4, 1)), (5, 1, (6, 2)), (13, 1, (15, 5)), (97, 1, (100, 50)), (1200, 1, (1500, 500))],
)
def test_an_axis_ends_at_a_round_number_at_or_above_the_value(
    value: float, least: float, axis: tuple[float, float]
) -> None:
    assert scale(value, least) == axis


def test_lengths_are_counted_in_bins_of_a_round_width_without_rows_that_have_none() -> None:
    assert histogram([-1, 0, 3, 3, 9, -1]) == Histogram(1, (1, 0, 0, 2, 0, 0, 0, 0, 0, 1), 9, 3)
    assert histogram([-1, -1]) is None


def test_one_endless_answer_does_not_flatten_the_others() -> None:
    found = histogram([*range(1000), 1_000_000])
    assert found is not None
    assert (found.width, sum(found.counts), found.longest, found.open_end) == (50, 1001, 1_000_000, True)
    assert found.counts[0] == 50


def test_a_histogram_says_what_it_shows() -> None:
    drawn = ElementTree.fromstring(length_svg(Histogram(10, (5, 0, 2), 25, 4.0)))
    assert drawn.get("aria-label") == (
        "Answers by length: half of them are shorter than 4 characters, the longest has 25."
    )
    assert [title.text for title in drawn.iter("title")] == [
        "5 of 0 to 9 characters",
        "0 of 10 to 19 characters",
        "2 of 20 to 29 characters",
    ]


@pytest.fixture
def job(tmp_path: Path) -> ReportJob:
    """Six photos in three parts."""
    for number in range(6):
        photo(tmp_path / "photos" / f"{number}.png", size=(16, 12))
    folder = tmp_path / "job"
    make_job(
        folder,
        lambda row_id: Said("x"),
        task="caption",
        source={"path": str(tmp_path / "photos")},
        output={"path": str(folder), "shard_rows": 2},
    )
    return ReportJob(folder)


def log(job: ReportJob, *lines: str) -> None:
    (job.folder / "logs").mkdir()
    (job.folder / "logs" / "events.jsonl").write_text("\n".join(lines) + "\n")


def line(at: float, event: str, rows_done: int) -> str:
    return json.dumps({"at": at, "event": event, "rows_done": rows_done, "requests": 10 * rows_done})


def test_the_pace_is_the_event_logs_with_pauses_between_runs_cut_out(job: ReportJob) -> None:
    log(
        job,
        line(1000, "begun", 0),
        line(1060, "moved", 0),  # a minute of loading is not work
        line(1120, "moved", 2),
        line(1180, "moved", 3),
        '{"at": 1181, "event": "mov',
        line(9000, "begun", 3),
        line(9030, "moved", 3),
        line(9090, "moved", 6),
    )
    found = pace(job)
    assert found is not None
    assert (found.worked_s, found.what, found.source) == (180.0, "rows", "from the event log")
    assert found.bins == (
        Bin(0.0, 60.0, 2.0, False),
        Bin(60.0, 120.0, 1.0, False),
        Bin(120.0, 180.0, 3.0, True),
    )
    drawn = ElementTree.fromstring(pace_svg(found))
    assert drawn.get("aria-label") == "Rows a minute over 3:00 of work: between 1 and 3, 2 on average."
    assert [title.text for title in drawn.iter("title")] == ["a new run began"]


def test_without_a_log_the_pace_is_that_of_the_parts_and_says_so(job: ReportJob) -> None:
    [(began, _)] = job.view.runs
    for number, path in enumerate(sorted((job.folder / "data").glob("*.parquet"))):
        os.utime(path, (began + 60 * (number + 1),) * 2)
    found = pace(job)
    assert found is not None
    assert [round(part.a_minute, 6) for part in found.bins] == [2.0, 2.0, 2.0]
    assert "no event log" in found.source
