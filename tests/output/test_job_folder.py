"""Only an empty folder or one of ours becomes a job's; `--fresh` moves our files and nobody else's."""

from pathlib import Path

import pytest

from batch.errors import LedgerLocked, OutputError
from batch.ledger.ledger import Ledger
from batch.output import job_folder
from tests import jobs


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_folders_that_may_become_a_job(tmp_path: Path) -> None:
    job_folder.check(tmp_path / "new")
    job_folder.check(tmp_path)
    (tmp_path / ".DS_Store").write_text("")
    (tmp_path / ".ledger.sqlite.new-wal").write_text("")
    job_folder.check(tmp_path)
    jobs.run(tmp_path, jobs.plan(2))
    (tmp_path / "my notes.txt").write_text("")
    job_folder.check(tmp_path)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    for name in ("d.jpg", "c.jpg", "a.jpg", "b.jpg"):
        (tmp_path / name).write_text("")
    with pytest.raises(OutputError, match=r"is not empty \('a.jpg', 'b.jpg', 'c.jpg', ...\) and has no ledger: choose"):
        job_folder.check(tmp_path)
    with pytest.raises(OutputError, match=r"a.jpg' is a file. Choose a folder"):
        job_folder.check(tmp_path / "a.jpg")


def test_fresh_moves_our_files_and_leaves_others(tmp_path: Path) -> None:
    jobs.run(tmp_path, jobs.plan(4))
    (tmp_path / "report.html").write_text("")
    (tmp_path / "job.yaml").write_text("task: caption")
    (tmp_path / "my notes.txt").write_text("")
    (tmp_path / "data/mine.parquet").write_text("")
    old = job_folder.set_aside(tmp_path)
    assert old is not None
    assert tree(old) == [
        "README.md", "data/part-0000000.parquet", "data/part-0000001.parquet", "job.yaml", "ledger.sqlite",
        "manifest.json", "report.html",
    ]  # fmt: skip
    (tmp_path / "ledger.lock").unlink()
    assert [name for name in tree(tmp_path) if not name.startswith(old.name)] == ["data/mine.parquet", "my notes.txt"]


def test_a_job_starts_anew_where_one_was_set_aside(tmp_path: Path) -> None:
    first = None
    for _ in range(2):
        jobs.run(tmp_path, jobs.plan(4))
        old = job_folder.set_aside(tmp_path)
        assert old is not None
        assert old != first
        first = old
        job_folder.check(tmp_path)
        assert [path for path in tree(tmp_path) if not path.startswith(".old-")] == ["ledger.lock"]
    assert job_folder.set_aside(tmp_path) is None


def test_a_fresh_start_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    """The ledger goes last, so the folder stays a job's until all is moved."""
    jobs.run(tmp_path, jobs.plan(4))
    (tmp_path / ".old-cut-short/data").mkdir(parents=True)
    (tmp_path / "data/part-0000000.parquet").rename(tmp_path / ".old-cut-short/data/part-0000000.parquet")
    with pytest.raises(OutputError, match="1 finished parts are gone"):
        jobs.begin(tmp_path, jobs.plan(4))
    assert job_folder.set_aside(tmp_path) is not None
    jobs.run(tmp_path, jobs.plan(4))


def test_a_folder_at_work_is_not_cleared(tmp_path: Path) -> None:
    with Ledger.open(tmp_path), pytest.raises(LedgerLocked):
        job_folder.set_aside(tmp_path)
    assert tree(tmp_path) == ["ledger.lock", "ledger.sqlite"]
