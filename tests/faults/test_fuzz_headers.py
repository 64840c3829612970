"""A plan over a damaged or hostile table: planned, or refused by a sentence; see fuzz_headers.py for the many cases."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults.fuzz_headers import case, fuzz, planned, run_cases


@pytest.mark.anywhere
def test_three_hundred_damaged_headers_are_planned_or_refused_by_a_sentence() -> None:
    assert fuzz(first=1_000_000_000, cases=300, processes=1, seconds=60.0, kept=None)


def test_a_finding_is_noticed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(path: Path) -> str:
        raise UnicodeError("no sentence")

    monkeypatch.setattr("tests.faults.fuzz_headers.planned", breaks)
    run_cases(7, 1, tmp_path)
    assert capfd.readouterr().out.startswith("7 UnicodeError:'no_sentence' ")


NESTED = '{"info": {"features": {"prompt": ' + '{"feature": ' * 5000 + "1" + "}" * 5003


@pytest.mark.parametrize(
    "said",
    ["[" * 200_000, NESTED, b"\xff\xfe", "9" * 10_000],
    ids=["nested", "features nested", "no UTF-8", "a number"],
)
def test_what_a_file_says_of_its_features_is_believed_only_where_it_can_be_read(
    tmp_path: Path, said: str | bytes
) -> None:
    write(tmp_path / "in.parquet", ["prompt"], {"huggingface": said})
    assert planned(tmp_path / "in.parquet") == "planned"


def test_a_column_whose_name_is_no_utf_8_is_refused_by_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    write(path, ["prompt", "naaame"], {})
    path.write_bytes(path.read_bytes().replace(b"naaame", b"n\xff\xfeame"))
    assert planned(path) == "refused"


@pytest.mark.parametrize("seed", [2000122181, 2000180353])
def test_lists_of_an_impossible_length_are_refused_by_a_sentence(tmp_path: Path, seed: int) -> None:
    """Cases that the fuzzer found."""
    suffix, data = case(seed)
    (tmp_path / f"in{suffix}").write_bytes(data)
    assert planned(tmp_path / f"in{suffix}") == "refused"


def write(path: Path, names: list[str], said: Mapping[str, str | bytes]) -> None:
    table = pa.table([pa.array(["x", "y"])] * len(names), names=names)
    pq.write_table(table.replace_schema_metadata(said), path, store_schema=False)
