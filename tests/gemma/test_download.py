"""Models from a local Hub: what is fetched, how a broken download goes on, and what a wrong answer does."""

import os
import shutil
import subprocess
import sys
import uuid
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from batch.config.sections import ModelConfig
from batch.errors import ModelError
from batch.gemma.download import damaged_files, is_wanted, pull
from batch.gemma.registry import resolve
from tests.gemma.tiny import DEMO
from tests.source.hub.server import Hub, serving

pytestmark = pytest.mark.network

NEEDED = sorted(path.name for path in DEMO.iterdir() if path.suffix in (".json", ".jinja", ".safetensors"))
CLOSED = "http://127.0.0.1:9"
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub, and an empty cache of one's own. huggingface_hub reads the cache's place once, at import."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def repo() -> str:
    return f"org/model-{uuid.uuid4().hex[:8]}"


def demo_files() -> dict[str, bytes]:
    """The demo model, with a pickle, a subfolder and a second copy of the weights beside it."""
    files = {path.name: path.read_bytes() for path in DEMO.iterdir()}
    return files | {"pytorch_model.bin": b"pickle", "onnx/config.json": b"{}", "consolidated.safetensors": b"twice"}


def fetched(hub: Hub) -> list[str]:
    """Files whose contents were asked for."""
    gets = [path for verb, path, _ in hub.requests if verb == "GET" and "/resolve/" in path]
    return sorted({path.rpartition("/")[2] for path in gets})


def in_child(home: Path, code: str, *arguments: str, endpoint: str = CLOSED, **more: str) -> str:
    """What a program prints in a process of its own, where huggingface_hub reads the environment anew."""
    environment = {**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": endpoint, **more}
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FIND = (
    "import sys; from batch.config.sections import ModelConfig; from batch.errors import ModelError\n"
    "from batch.gemma.registry import resolve\n"
    "try: found = resolve(ModelConfig(path=sys.argv[1]), pull=sys.argv[2] == 'pull')\n"
    "except ModelError as exc: print(exc)\n"
    "else: print(found.name, found.path.name, found.revision)\n"
)


def test_only_what_a_model_needs_is_fetched_of_one_commit_and_found_again_offline(
    hub: Hub, repo: str, tmp_path: Path
) -> None:
    commit = hub.push(repo, demo_files())
    told: list[tuple[int, int]] = []
    folder = pull(repo, None, lambda arrived, missing: told.append((arrived, missing)))
    assert fetched(hub) == NEEDED
    assert sorted(path.name for path in folder.iterdir()) == NEEDED
    assert folder.name == commit
    assert told[-1] == (sum(len(demo_files()[name]) for name in NEEDED),) * 2
    assert damaged_files(folder) == []
    for asked in ("stay", "pull"):
        for offline in ({}, {"HF_HUB_OFFLINE": "1"}):
            assert in_child(tmp_path / "home", FIND, repo, asked, **offline) == f"{repo} {commit} {commit}"


def test_a_download_that_was_broken_off_goes_on_within_the_file(hub: Hub, repo: str) -> None:
    weights = demo_files()["model.safetensors"]
    hub.push(repo, demo_files())
    hub.fault.cut_after, hub.fault.then_refuse = 2_000_000, True
    with pytest.raises(ModelError, match="The same command resumes"):
        pull(repo, None)
    hub.fault.refuse = False
    hub.requests.clear()
    told: list[tuple[int, int]] = []
    folder = pull(repo, None, lambda arrived, missing: told.append((arrived, missing)))
    assert (folder / "model.safetensors").read_bytes() == weights
    assert "bytes=2000000-" in [asked for verb, path, asked in hub.requests if verb == "GET" and "/lfs/" in path]
    assert told[-1][0] == told[-1][1] < len(weights)


def test_a_part_of_a_model_is_not_taken_for_a_whole_one(hub: Hub, repo: str) -> None:
    files = demo_files()
    weights = files.pop("model.safetensors")
    files.pop("consolidated.safetensors")
    hub.push(repo, files)
    with pytest.raises(ModelError, match=r"the Hub has no model.safetensors; it is no Gemma 4 checkpoint"):
        resolve(ModelConfig(path=repo), pull=True)
    commit = hub.push(repo, {**files, "model.safetensors": weights})
    hub.requests.clear()
    assert resolve(ModelConfig(path=repo), pull=True).revision == commit
    assert fetched(hub) == ["model.safetensors"]


def test_a_wrong_checksum_is_refused_and_nothing_of_it_kept(hub: Hub, repo: str) -> None:
    hub.push(repo, demo_files())
    hub.fault.wrong = True
    with pytest.raises(ModelError, match=r"arrived damaged: its checksum is not [0-9a-f]{40}"):
        pull(repo, None)
    hub.fault.wrong = False
    assert damaged_files(pull(repo, None)) == []


def test_a_file_that_was_damaged_on_the_disk_is_noticed_and_fetched_again(hub: Hub, repo: str) -> None:
    hub.push(repo, demo_files())
    folder = pull(repo, None)
    (folder / "model.safetensors").resolve().write_bytes(b"rot")
    assert damaged_files(folder) == ["model.safetensors"]
    hub.requests.clear()
    pull(repo, None)
    assert fetched(hub) == ["model.safetensors"]
    assert damaged_files(folder) == []


def test_a_full_disk_is_said_before_the_first_byte(
    hub: Hub, repo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.push(repo, demo_files())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(ModelError) as caught:
        pull(repo, None)
    total = sum(len(demo_files()[name]) for name in NEEDED)
    assert str(caught.value) == (
        f"model {repo}: {total / 1e6:.3g} MB are still to download, and {tmp_path / 'home' / 'hub'} has 1 kB free; "
        "make space, or set HF_HOME to a folder on another disk"
    )
    assert fetched(hub) == []


def test_what_the_hub_does_not_have_is_said(hub: Hub, repo: str) -> None:
    with pytest.raises(ModelError, match=f"model '{repo}': no such model, or a private one"):
        pull(repo, None)
    hub.push(repo, demo_files())
    with pytest.raises(ModelError, match=f"model '{repo}' at 'v9': no such revision"):
        pull(repo, "v9")


def test_offline_a_model_that_is_not_here_is_refused_with_the_reason(tmp_path: Path, repo: str) -> None:
    said = in_child(tmp_path / "home", FIND, repo, "pull", HF_HUB_OFFLINE="1")
    assert said == f"model '{repo}' is not in the cache, and HF_HUB_OFFLINE forbids asking. Run once online."


def test_pickles_subfolders_and_second_copies_are_not_wanted() -> None:
    names = ["model.safetensors", "config.json", "chat_template.jinja", "tokenizer.model", *demo_files()]
    assert sorted({name for name in names if is_wanted(name)}) == sorted({*NEEDED, "tokenizer.model"})
