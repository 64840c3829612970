"""Portions of a job on machines without a network: what each has, and that it goes on only with the same cut."""

from pathlib import Path

import pytest

from batch.errors import ConfigError, PlanMismatch
from batch.ledger.ledger import Ledger
from batch.output.verify import verify
from batch.portion import Portion, parse_portion
from batch.records import Shard, Slice
from tests.commands import output_of, run_command, text_table, write_config
from tests.source_files import job, planned, write_parquet


def test_a_portion_is_written_as_which_of_how_many() -> None:
    assert parse_portion("2/4") == Portion(2, 4)
    assert str(Portion(2, 4)) == "2/4"
    assert Portion(2, 4).folder(Path("out/photos")) == Path("out/photos-2-of-4")


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", "-1/4"])
def test_a_portion_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        parse_portion(text)


@pytest.mark.parametrize("shards", [0, 1, 3, 4, 10])
def test_portions_have_every_shard_once_and_know_its_place(shards: int) -> None:
    whole = [Shard(index, (Slice("a", index, index + 1),)) for index in range(shards)]
    placed = {}
    for index in range(1, 5):
        portion = Portion(index, 4)
        placed |= {portion.place(shard.index): shard.slices for shard in portion.shards(whole)}
    assert placed == {shard.index: shard.slices for shard in whole}


def test_a_portion_has_the_whole_jobs_fingerprint_and_goes_on_only_with_the_same_cut(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"prompt": ["x"] * 50})
    whole = planned(job(tmp_path, shard_rows=20))
    first = planned(job(tmp_path, shard_rows=20), portion=Portion(1, 2))
    assert first.fingerprint == whole.fingerprint
    assert [shard.slices for shard in first.shards] == [whole.shards[0].slices, whole.shards[2].slices]
    write_parquet(tmp_path / "b.parquet", {"prompt": ["y"] * 5})
    later = planned(job(tmp_path, shard_rows=20), portion=Portion(1, 2), known_files=first.files)
    with Ledger.open(tmp_path / "out") as ledger:
        ledger.begin(first.identity, first.fingerprint, first.files, first.shards)
        with pytest.raises(PlanMismatch) as refused:
            ledger.begin(later.identity, later.fingerprint, later.files, later.shards)
    assert "portion.cut was" in str(refused.value)
    assert "50 rows of 1 files in 3 shards" in str(refused.value)
    assert "55 rows of 2 files in 4 shards" in str(refused.value)


@pytest.mark.timeout(300)
def test_two_portions_and_a_merge_are_the_whole_also_where_one_has_no_rows(tmp_path: Path) -> None:
    config = write_config(
        tmp_path / "job.yaml",
        task="answer",
        model="fake",
        source={"path": str(text_table(tmp_path / "in.parquet", 5))},
        output={"path": str(tmp_path / "out")},
    )
    for index in (1, 2):
        found = run_command("run", config, "--shard", f"{index}/2")
        assert found.returncode == 0, found.stderr
    portions = (tmp_path / "out-1-of-2", tmp_path / "out-2-of-2")
    missing = run_command("merge", portions[0], "--out", tmp_path / "whole")
    assert missing.returncode == 1
    assert "2/2 is missing" in missing.stderr
    found = run_command("merge", *portions, "--out", tmp_path / "whole")
    assert found.returncode == 0, found.stderr
    assert output_of(tmp_path / "whole")["id"].to_pylist() == [0, 1, 2, 3, 4]
    for folder in (*portions, tmp_path / "whole"):
        assert verify(folder).differences == []
