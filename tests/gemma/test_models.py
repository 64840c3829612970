"""`gemma4-batch models`: what fits which machine, what is recommended, and `models pull` from a local Hub."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch.gemma.catalogue import GIB, OTHERS, PREFERRED, Choice, choices, models_text, recommended
from batch.gemma.published import parameters_of
from batch.gemma.registry import PUBLISHED
from batch.tasks import TASKS
from tests.commands import run_command
from tests.gemma.tiny import DEMO
from tests.source.hub.server import Hub, serving

SMALL = ("e2b-4bit", "e2b-8bit", "e2b-bf16", "e4b-4bit", "e4b-8bit", "e4b-bf16")


def fitting(gib: int) -> list[str]:
    return [choice.name for choice in choices(gib * GIB, slots=1) if choice.fitting]


def best(gib: int, task: str, slots: int = 4) -> str | None:
    return recommended(choices(gib * GIB, slots, task), task, slots)


def test_all_twelve_are_there_with_their_parameters_and_what_they_take() -> None:
    found = {choice.name: choice for choice in choices(64 * GIB, slots=1)}
    assert list(found) == list(PUBLISHED)
    assert {name: f"{choice.parameters / 1e9:.1f}" for name, choice in found.items() if name.endswith("4bit")} == {
        "e2b-4bit": "5.1", "e4b-4bit": "7.9", "26b-a4b-4bit": "25.8", "31b-4bit": "31.3",
    }  # fmt: skip
    assert {name for name, choice in found.items() if "audio" in choice.media} == set(SMALL)
    assert {choice.media[0] for choice in found.values()} == {"image"}
    assert found["e4b-8bit"] == Choice(
        "e4b-8bit", "FakeRockert543/gemma-4-e4b-it-MLX-8bit", parameters_of("e4b"), "8bit", 12_300_000_000,
        ("image", "audio", "video"), found["e4b-8bit"].memory_bytes, 239,
    )  # fmt: skip


def test_nothing_published_fits_eight_gigabytes() -> None:
    assert fitting(8) == []
    assert best(8, "caption") is None
    assert "none fits; the smallest is e2b-4bit" in models_text(choices(8 * GIB, 4), 8 * GIB, 4, ["caption"])


def test_what_fits_sixteen_and_twenty_four_gigabytes() -> None:
    assert fitting(16) == ["e2b-4bit", "e2b-8bit", "e2b-bf16", "e4b-4bit"]
    assert fitting(24) == [*SMALL, "26b-a4b-4bit"]
    assert len(fitting(128)) == len(PUBLISHED)


def test_memory_grows_with_the_requests_at_once() -> None:
    one, eight = ({choice.name: choice.memory_bytes for choice in choices(GIB, slots)} for slots in (1, 8))
    assert all(eight[name] > one[name] > PUBLISHED[name] * 0.98e9 for name in PUBLISHED)


def test_the_recommendation_hears_where_the_task_needs_ears_and_fits() -> None:
    assert set(PREFERRED) == set(TASKS)
    assert {choice.name for choice in choices(64 * GIB, 1, "transcribe")} == set(SMALL)
    assert [best(gib, "transcribe") for gib in (8, 16, 24, 64)] == [None, "e2b-8bit", "e4b-8bit", "e4b-8bit"]
    assert [best(gib, "answer") for gib in (16, 32, 64)] == ["e2b-8bit", "26b-a4b-4bit", "26b-a4b-8bit"]
    # So many at once fit nowhere on this machine: then fewer.
    assert best(16, "transcribe", slots=999) == "e4b-4bit"


def test_the_command_prints_a_table_and_one_object() -> None:
    shown = run_command("models", "--memory", "16GiB", "--task", "transcribe", "--slots", "2")
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0].split("  ")[0] == "model"
    assert [line.split()[0] for line in lines[1:7]] == list(SMALL)
    assert "memory: 16.0 GiB, of which a model may use 12.9 GB" in shown.stdout
    assert all(other.repository in shown.stdout for other in OTHERS)
    found = json.loads(run_command("models", "--memory", "8GiB", "--json").stdout)
    assert (found["schema_version"], found["memory_bytes"], found["slots"]) == (1, 8 * GIB, 4)
    assert {model["fits"] for model in found["models"]} == {False}
    assert found["recommended"] == {"caption": None, "transcribe": None, "answer": None}


def test_this_machines_memory_is_measured() -> None:
    found = json.loads(run_command("models", "--json").stdout)
    assert found["memory_bytes"] > GIB // 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--memory", "much"], 2, "--memory is 'much': must be a size such as 16GiB"),
        (["pull", "llama"], 1, "'llama' is no short name and no Hub id (org/name)"),
        (["pull", "demo"], 1, "'demo' is no short name and no Hub id (org/name)"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], code: int, said: str) -> None:
    shown = run_command("models", *arguments)
    assert (shown.returncode, said in shown.stderr) == (code, True)


# ---------------------------------------------------------------- pull
@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


def pulled(home: Path, endpoint: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": endpoint, **more}
    command = [sys.executable, "-m", "batch", "models", "pull", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.network
def test_a_model_is_pulled_once_and_then_found_without_a_socket(tmp_path: Path, hub: Hub) -> None:
    commit = hub.push("org/model", {path.name: path.read_bytes() for path in DEMO.iterdir()})
    done = pulled(tmp_path, hub.url, "org/model")
    assert (done.returncode, f"org/model at {commit}: " in done.stdout) == (0, True), done.stderr
    hub.requests.clear()
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        again = pulled(tmp_path, hub.url, "org/model", **more)
        assert "org/model is here, and every checksum is right" in again.stdout
    assert hub.requests == []
    (weights,) = tmp_path.rglob("model.safetensors")
    weights.resolve().write_bytes(b"rot")
    offline = pulled(tmp_path, hub.url, "org/model", HF_HUB_OFFLINE="1")
    assert (offline.returncode, "HF_HUB_OFFLINE forbids asking" in offline.stderr) == (1, True)
    assert pulled(tmp_path, hub.url, "org/model", "--revision", commit).returncode == 0
    assert weights.read_bytes() == (DEMO / "model.safetensors").read_bytes()


@pytest.mark.network
def test_a_pull_of_what_is_no_checkpoint_says_what_it_lacks(tmp_path: Path, hub: Hub) -> None:
    hub.push("org/data", {"config.json": b"{}"})
    done = pulled(tmp_path, hub.url, "org/data")
    assert done.returncode == 1
    assert "org/data: the Hub has no tokenizer.json, processor_config.json" in done.stderr
