"""Media that travel with their assignment: the wanted rows' files under the names of the source, and nothing else."""

from pathlib import Path

import pytest

from batch.errors import ConfigError
from batch.executors.dask import shipping
from batch.records import Assignment, Shard, Slice


def test_the_wanted_rows_files_and_their_sidecars_travel(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "a").mkdir(parents=True)
    there.mkdir()
    for name in ("a/one.jpg", "a/one.jpg.xmp", "two.jpg", "two.xmp", "three.jpg"):
        (here / name).write_bytes(name.encode())
    slices = tuple(Slice(name, 0, 1) for name in ("a/one.jpg", "two.jpg", "three.jpg", "gone.jpg"))
    files = shipping.packed(here, Assignment(Shard(0, slices), (0, 1, 3)))
    assert files == {name: name.encode() for name in ("a/one.jpg", "a/one.jpg.xmp", "two.jpg", "two.xmp")}
    shipping.unpack(there, files)
    assert {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()} == files.keys()
    shipping.remove(there, files)
    assert [path for path in there.rglob("*") if path.is_file()] == []


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        shipping.unpack(tmp_path, {"../x.jpg": b""})


@pytest.mark.parametrize("source", [None, "table.parquet"])
def test_only_media_in_a_folder_can_be_sent(source: str | None) -> None:
    with pytest.raises(ConfigError, match="only media files in a folder"):
        shipping.check(source)
