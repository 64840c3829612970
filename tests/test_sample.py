"""`run --sample`: a few rows, the same each time, through the whole way of a job; only the previews stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from batch.records import Shard, Slice
from batch.sample import sampled
from tests import jobs
from tests.commands import ROOT, run_command, write_config


def rows_of(shards: tuple[Shard, ...]) -> list[tuple[str, int]]:
    return [
        (part.path, position) for shard in shards for part in shard.slices for position in range(part.start, part.stop)
    ]


def test_rows_are_the_same_each_time_and_in_order() -> None:
    plan = jobs.plan(100, 7)
    found = rows_of(sampled(plan, 8).shards)
    assert found == rows_of(sampled(plan, 8).shards) == sorted(set(found))
    assert len(found) == 8
    assert set(found) <= set(rows_of(plan.shards))
    assert found != rows_of(sampled(plan, 8, seed=1).shards)


@pytest.mark.parametrize("rows", [0, 3])
def test_of_few_rows_all_are_taken(rows: int) -> None:
    plan = jobs.plan(rows, 2)
    assert rows_of(sampled(plan, 8).shards) == rows_of(plan.shards)


def test_a_folder_is_sampled_over_its_slices() -> None:
    plan = replace(jobs.plan(0), shards=(Shard(0, (Slice("a", 0, 1), Slice("b", 0, 1))), Shard(1, (Slice("c", 5, 9),))))
    assert rows_of(sampled(plan, 6).shards) == [("a", 0), ("b", 0), ("c", 5), ("c", 6), ("c", 7), ("c", 8)]


def test_answers_and_thumbnails_are_shown_and_nothing_is_kept(tmp_path: Path) -> None:
    job = write_config(
        tmp_path / "job.yaml", task="caption", model="fake", source={"path": str(ROOT / "examples/photos")}
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    shown = run_command("run", job, "--sample", "3", TMPDIR=str(temporary))
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    (previews,) = temporary.iterdir()
    assert lines[-1] == f"nothing was kept but the previews: {previews}"
    assert sorted(path.name for path in previews.iterdir()) == ["row-000-0.jpg", "row-001-0.jpg", "row-002-0.jpg"]
    assert [line.strip() for line in lines if line.startswith("  /")] == sorted(map(str, previews.iterdir()))
    assert sum(line.endswith("#0") for line in lines) == 3
    assert not (tmp_path / "job.out").exists()


def test_pictures_and_sound_of_one_table_are_both_to_be_seen(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    settings = ("--set", "model=fake", "--set", f"output.path={tmp_path / 'out'}")
    shown = run_command("run", "configs/demo.yaml", *settings, "--sample", "6", TMPDIR=str(temporary))
    assert shown.returncode == 0, shown.stderr
    suffixes = [path.suffix for path in next(temporary.iterdir()).iterdir()]
    assert sorted(suffixes) == [".jpg", ".jpg", ".mp3", ".mp3"]
