"""Pushing to a Hub of our own on loopback: rows and a card in one commit, gone on with after a broken line."""

import io
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow.parquet as pq
import pytest

from tests.commands import run_command
from tests.export.uploads import Uploads, taking_uploads
from tests.finished_jobs import Failed, media_job

pytestmark = pytest.mark.network


@pytest.fixture
def hub() -> Iterator[Uploads]:
    with taking_uploads() as serving:
        yield serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return media_job(tmp_path / "out", tmp_path / "secret", {"a.jpg": "A dog.", "b.jpg": Failed("too_large")})


def push(folder: Path, hub: Uploads, *more: str, token: str = "hf_test") -> CompletedProcess[str]:
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": token, "HF_HUB_OFFLINE": "0", "HF_HOME": str(folder.parent / "hf"),
                "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}  # fmt: skip
    return run_command("export", folder, "--to", "hub", "--out", "me/photos", *more, **settings)


def pushed(hub: Uploads) -> dict[str, bytes]:
    return hub.commits[hub.revisions["me/photos", "main"]]


def test_rows_and_card_are_there_and_nothing_of_this_machine(folder: Path, hub: Uploads) -> None:
    done = push(folder, hub, "--private")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"1 rows in 2 files: {hub.url}/datasets/me/photos\n"
    files = pushed(hub)
    assert sorted(files) == ["README.md", "data/part-0000000.parquet"]
    assert pq.read_table(io.BytesIO(files["data/part-0000000.parquet"]))["caption"].to_pylist() == ["A dog."]
    assert b"path: data/*.parquet" in files["README.md"]
    assert [name for name, data in files.items() if b"secret" in data] == []
    assert (hub.private, hub.tokens) == ({"me/photos": True}, {"Bearer hf_test"})


def test_the_same_command_goes_on_with_what_is_missing(folder: Path, hub: Uploads) -> None:
    hub.fail_after = 0
    broken = push(folder, hub)
    assert broken.returncode == 1
    assert "The same command goes on where it stopped" in broken.stderr
    assert pushed(hub) == {}
    assert push(folder, hub).returncode == 0
    assert push(folder, hub).returncode == 0
    assert len([path for verb, path, _ in hub.requests if verb == "PUT"]) == 1


def test_a_name_and_a_token_are_needed(folder: Path, hub: Uploads) -> None:
    nameless = run_command("export", folder, "--to", "hub")
    assert (nameless.returncode, "--out your-name/photos" in nameless.stderr) == (1, True)
    assert "no token of the Hub. Set HF_TOKEN" in push(folder, hub, token="").stderr
    assert hub.commits == {}
