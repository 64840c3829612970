"""A machine that has other files than the plan, or none, is told so by the first that it misses."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.config.sections import SourceConfig
from batch.errors import SourceError
from batch.records import SourceFile
from batch.source.same import check_same, some_of
from batch.source.source import open_source


def test_a_few_files_are_looked_at_spread_over_all() -> None:
    files = [SourceFile(str(index), 0, "f", 1) for index in range(100)]
    assert [file.path for file in some_of(files)] == ["0", "12", "25", "37", "50", "62", "75", "87"]
    assert some_of(files[:2]) == tuple(files[:2])
    assert some_of(()) == ()


def test_a_copy_is_the_same_and_another_file_or_none_is_refused(tmp_path: Path) -> None:
    for machine in ("runner", "node"):
        (tmp_path / machine / "photos").mkdir(parents=True)
        for index in range(3):
            (tmp_path / machine / "photos" / f"{index}.jpg").write_bytes(bytes([index]) * 20_000)
        pq.write_table(pa.table({"n": range(1000)}), tmp_path / machine / "t.parquet")
    for name in ("photos", "t.parquet"):
        files = open_source(SourceConfig(path=str(tmp_path / "runner" / name))).files()
        here = SourceConfig(path=str(tmp_path / "node" / name))
        check_same(here, files)
        changed = tmp_path / "node" / (f"{name}/1.jpg" if name == "photos" else name)
        changed.write_bytes(changed.read_bytes()[:-1] + b"!")
        with pytest.raises(SourceError, match=rf"{re.escape(str(changed))}' on this machine is another file"):
            check_same(here, files)
        changed.unlink()
        with pytest.raises(SourceError, match=rf"{re.escape(str(changed))}' cannot be read on this machine \(No such"):
            check_same(here, files)


def test_datasets_and_addresses_are_the_same_everywhere() -> None:
    files = [SourceFile("a.jpg", 1, "f@0", 1)]
    check_same(SourceConfig(dataset="org/name"), files)
    check_same(SourceConfig(path="s3://bucket/x"), files)
