"""Portions put together: all of them, once each, of one job, and equal to the whole; or a message that names what is
wrong. The portions here are made by the ledger and the parts themselves, without a worker."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from batch.errors import OutputError, PlanMismatch
from batch.output import manifest
from batch.output.merge import merge
from batch.plan import Plan
from batch.portion import Portion, cut
from tests import jobs
from tests.commands import output_of

ROWS = 23


def portion_of(plan: Plan, index: int, of: int) -> Plan:
    portion = Portion(index, of)
    identity = {**plan.identity, "portion": str(portion), "portion.cut": cut(plan.files, plan.shards)}
    return replace(plan, shards=portion.shards(plan.shards), identity=identity, portion=portion)


def finish(folder: Path, plan: Plan) -> Path:
    jobs.run(folder, plan)
    manifest.write_job(folder, "task: caption\n")
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job done in one folder, and its four portions beside it."""
    folder = tmp_path_factory.mktemp("job")
    plan = jobs.plan(ROWS)
    for index in range(1, 5):
        finish(folder / f"{index}", portion_of(plan, index, 4))
    return finish(folder / "whole", plan)


def portions(whole: Path, *indexes: int) -> list[Path]:
    return [whole.parent / str(index) for index in indexes]


def test_four_portions_make_the_whole_row_for_row_and_part_for_part(whole: Path, tmp_path: Path) -> None:
    merge(portions(whole, 3, 1, 4, 2), tmp_path / "out")
    assert output_of(tmp_path / "out").equals(output_of(whole))
    names = [[path.name for path in sorted((folder / "data").iterdir())] for folder in (tmp_path / "out", whole)]
    assert names[0] == names[1]
    found, expected = (json.loads((folder / "manifest.json").read_text()) for folder in (tmp_path / "out", whole))
    for key in ("rows", "counts", "fingerprint", "model", "prompt", "sampling", "task"):
        assert found[key] == expected[key], key
    assert found["files"] == [
        {"path": entry["path"], "rows": entry["rows"], "bytes": entry["bytes"], "sha256": entry["sha256"]}
        for entry in found["files"]
    ]
    assert sum(entry["rows"] for entry in found["files"]) == ROWS
    assert [portion["portion"] for portion in found["portions"]] == ["1/4", "2/4", "3/4", "4/4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"], "nothing is left of the building"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "data",
        "job.yaml",
        "manifest.json",
    ]


def test_three_of_four_names_the_missing_one(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="3/4 is missing"):
        merge(portions(whole, 1, 2, 4), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_portion_that_is_there_twice_is_refused_with_both_folders(whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(portions(whole, 2)[0], tmp_path / "copy")
    with pytest.raises(OutputError, match="2/4 is there 2 times") as refused:
        merge([*portions(whole, 1, 2, 3, 4), copy], tmp_path / "out")
    assert repr(str(copy)) in str(refused.value)
    assert repr(str(portions(whole, 2)[0])) in str(refused.value)


def test_overlapping_portions_of_another_cut_are_refused(whole: Path, tmp_path: Path) -> None:
    half = finish(tmp_path / "half", portion_of(jobs.plan(ROWS), 2, 2))
    with pytest.raises(PlanMismatch, match=r"portions: 4 in .*, 2 in "):
        merge([*portions(whole, 1, 3), half], tmp_path / "out")
    coarser = finish(tmp_path / "coarser", portion_of(jobs.plan(ROWS, 6), 2, 4))
    with pytest.raises(PlanMismatch, match=r"portion\.cut: .*23 rows of 1 files in 8 shards.* in 4 shards"):
        merge([*portions(whole, 1, 3, 4), coarser], tmp_path / "out")


def test_a_portion_of_another_job_is_refused_with_both_values(whole: Path, tmp_path: Path) -> None:
    plan = portion_of(jobs.plan(ROWS), 2, 4)
    warmer = replace(plan, identity={**plan.identity, "sampling.temperature": "0.5"}, fingerprint="other")
    other = finish(tmp_path / "other", warmer)
    with pytest.raises(PlanMismatch, match=r"sampling\.temperature: 0\.0 in .*, 0\.5 in "):
        merge([*portions(whole, 1, 3, 4), other], tmp_path / "out")


def test_a_folder_that_is_no_complete_portion_is_refused(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a whole job"):
        merge([whole], tmp_path / "out")
    unfinished = shutil.copytree(portions(whole, 2)[0], tmp_path / "unfinished")
    (unfinished / "manifest.json").unlink()
    with pytest.raises(OutputError, match="not complete"):
        merge([*portions(whole, 1, 3, 4), unfinished], tmp_path / "out")


def test_a_part_that_was_damaged_or_lost_on_the_way_is_named(whole: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(portions(whole, 2)[0], tmp_path / "damaged")
    part = sorted((damaged / "data").iterdir())[0]
    pq.write_table(pq.read_table(part).slice(1), part)
    with pytest.raises(OutputError, match=r"part-0000000\.parquet' is not what its manifest says"):
        merge([*portions(whole, 1, 3, 4), damaged], tmp_path / "out")
    part.unlink()
    with pytest.raises(OutputError, match=r"part-0000000\.parquet' is missing"):
        merge([*portions(whole, 1, 3, 4), damaged], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_anything_in_it_is_left_alone(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        merge(portions(whole, 1, 2, 3, 4), tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
