"""Previewer processes that crash or hang cost the row they were at, and the report is made."""

from pathlib import Path

import pytest

from batch.faults import VARIABLE
from batch.report.report import make_report
from tests.report.folders import Said, make_job
from tests.report.pictures import photo
from tests.report.test_report import PLENTY, data_of


@pytest.mark.parametrize("fault", ["segv", "hang"])
def test_a_photo_that_crashes_or_hangs_the_decoder_costs_its_own_thumbnail(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        photo(tmp_path / "photos" / name)
    source = {"path": str(tmp_path / "photos")}
    # A hang is waited for; the photos beside it must be done in that time on a busy machine, too.
    patience = {"timeout_s": 10.0 if fault == "hang" else 60.0}
    make_job(tmp_path / "job", lambda row_id: Said(row_id), task="caption", source=source, prepare=patience)
    monkeypatch.setenv(VARIABLE, f"{fault}:b.png")
    made = make_report(tmp_path / "job", PLENTY)
    assert [row[3] != 0 for row in data_of(tmp_path / "job", "rows")] == [True, False, True]
    assert made.previews.missing == {"decode_crash": 1}
    assert made.notes == ("Not shown, because they cannot be decoded or are not local: 1 decode_crash.",)
