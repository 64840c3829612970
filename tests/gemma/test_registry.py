"""From a name to a folder: what is found without a socket, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest

from batch.config.job import JobConfig
from batch.config.sections import ModelConfig
from batch.errors import ModelError
from batch.gemma.fingerprint import fingerprint
from batch.gemma.registry import PUBLISHED, ResolvedModel, checked_model, identity_of, repository, resolve
from batch.gemma.weights import PLEGrade
from tests.gemma.tiny import DEMO

ROOT = Path(__file__).parent.parent.parent
REPO = "FakeRockert543/gemma-4-e4b-it-MLX-4bit"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOT_HERE = (
    f"model e4b-4bit ({REPO}, 10.3 GB) is not on this disk; to download it, "
    "add --pull to `gemma4-batch run`, or run: gemma4-batch models pull e4b-4bit"
)


def _refusal(path: str, revision: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        resolve(ModelConfig(path=path, revision=revision))
    return str(caught.value)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hub cache. huggingface_hub reads its place once, at import."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def _snapshot(cache: Path, repo: str, *, branch: str | None = "main") -> Path:
    """A whole checkpoint as huggingface_hub keeps it."""
    home = cache / f"models--{repo.replace('/', '--')}"
    folder = home / "snapshots" / COMMIT
    shutil.copytree(DEMO, folder)
    if branch:
        (home / "refs").mkdir()
        (home / "refs" / branch).write_text(COMMIT)
    return folder


# ---------------------------------------------------------------- what is here
def test_the_demo_model_comes_with_the_package() -> None:
    assert resolve(ModelConfig()) == ResolvedModel("demo", DEMO, None)


def test_the_fake_engine_has_no_folder() -> None:
    assert resolve(ModelConfig(path="fake")) == ResolvedModel("fake", None, None)


def test_a_folder_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name in ("models/mine", "./models/mine", str(tmp_path / "models/mine")):
        assert resolve(ModelConfig(path=name)) == ResolvedModel(name, tmp_path / "models/mine", None)


def test_a_short_name_is_found_in_the_cache_without_a_socket(cache: Path) -> None:
    folder = _snapshot(cache, REPO)
    found = ResolvedModel(REPO, folder, COMMIT)
    assert resolve(ModelConfig(path="e4b-4bit")) == found
    assert resolve(ModelConfig(path="E4B-4bit")) == found
    assert resolve(ModelConfig(path=REPO)) == found
    assert resolve(ModelConfig(path="e4b-4bit", revision=COMMIT)) == found


def test_a_commit_is_found_where_no_branch_was_recorded(cache: Path) -> None:
    folder = _snapshot(cache, "org/name", branch=None)
    assert resolve(ModelConfig(path="org/name", revision=COMMIT)) == ResolvedModel("org/name", folder, COMMIT)
    assert "is not on this disk" in _refusal("org/name")


def test_a_folder_wins_over_a_hub_id_of_the_same_name(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _snapshot(cache, "org/name")
    (tmp_path / "org" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve(ModelConfig(path="org/name")).path == tmp_path / "org" / "name"


# ---------------------------------------------------------------- what is not
def test_a_published_model_that_is_not_here_names_its_size_and_the_command(cache: Path) -> None:
    assert _refusal("e4b-4bit") == NOT_HERE
    assert _refusal("e4b-4bit", "v2").endswith("gemma4-batch models pull e4b-4bit --revision v2")
    assert not cache.exists()


def test_an_unknown_hub_model_that_is_not_here_names_the_command(cache: Path) -> None:
    assert _refusal("org/name") == (
        "model org/name (its Hub page says the size) is not on this disk; to download it, "
        "add --pull to `gemma4-batch run`, or run: gemma4-batch models pull org/name"
    )


def test_a_download_that_was_broken_off_is_not_taken_for_a_model(cache: Path) -> None:
    folder = _snapshot(cache, REPO)
    (folder / "model.safetensors").unlink()
    (folder / "tokenizer.json").unlink()
    state = "is only partly on this disk (missing: tokenizer.json, model.safetensors)"
    assert _refusal("e4b-4bit") == NOT_HERE.replace("is not on this disk", state)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("e4b-5bit", "no short name, no folder here, no Hub id (org/name); did you mean 'e4b-8bit'?"),
        ("llama", "no short name, no folder here, no Hub id (org/name); short names: demo, e2b-4bit, e2b-8bit, "
         "e2b-bf16, e4b-4bit, e4b-8bit, e4b-bf16, 26b-a4b-4bit, 26b-a4b-8bit, 26b-a4b-bf16, 31b-4bit, 31b-8bit, "
         "31b-bf16"),
        ("./nowhere", f"there is no such folder (looked in {Path.cwd()})"),
        ("/no/such/model", f"there is no such folder (looked in {Path.cwd()})"),
    ],
)  # fmt: skip
def test_a_name_that_means_nothing_is_refused(name: str, message: str) -> None:
    assert _refusal(name) == f"model is {name!r}: {message}"


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.touch()
    assert _refusal(str(path)) == (
        f"model is {str(path)!r}, which is a file; name the folder of a checkpoint in MLX form"
    )


@pytest.mark.parametrize("name", ["demo", "fake", str(DEMO)])
def test_a_revision_belongs_to_the_hub(name: str) -> None:
    assert _refusal(name, "main") == (
        f"model.revision is 'main', but model {name!r} comes from this disk, not from the Hub; remove the revision"
    )


def test_the_documented_models_are_those_of_the_registry() -> None:
    page = (ROOT / "docs/configuration.md").read_text()
    for size in ("e2b", "e4b", "26b-a4b", "31b"):
        names = [f"{size}-{precision}" for precision in ("4bit", "8bit", "bf16")]
        row = f"| {' '.join(f'`{name}`' for name in names)} | {', '.join(str(PUBLISHED[name]) for name in names)} |"
        assert row in page
    assert len(PUBLISHED) == 12
    assert repository("26b-a4b-bf16") == "FakeRockert543/gemma-4-26b-a4b-it-MLX-bf16"


# ---------------------------------------------------------------- a job's model
def _job(task: str, model: str, **source: str) -> JobConfig:
    return JobConfig.model_validate(
        {"task": task, "model": model, "source": {"path": "x", **source}, "output": {"path": "out/x"}}
    )


def test_a_jobs_model_comes_with_its_grade() -> None:
    expected = ResolvedModel("demo", DEMO, None, PLEGrade("safe", "nothing is quantised"))
    assert [checked_model(_job(task, "demo")) for task in ("caption", "transcribe", "answer")] == [expected] * 3
    assert checked_model(_job("answer", "fake")) == ResolvedModel("fake", None, None)


def test_a_model_that_cannot_hear_is_refused_where_the_job_has_audio(tmp_path: Path) -> None:
    folder = tmp_path / "deaf"
    shutil.copytree(DEMO, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "audio_config": None}))
    for job in (_job("transcribe", str(folder)), _job("answer", str(folder), audio_column="clip")):
        with pytest.raises(ModelError, match=r"this job needs audio input, .* config.json has no audio_config"):
            checked_model(job)
    for job in (
        _job("caption", str(folder)),
        _job("answer", str(folder)),
        _job("caption", str(folder), audio_column="c"),
    ):
        assert checked_model(job).path == folder


def test_a_model_is_known_by_its_commit_or_by_what_the_folder_holds() -> None:
    assert identity_of(resolve(ModelConfig())) == {"model.commit": None, "model.checkpoint": fingerprint(DEMO)}
    assert identity_of(ResolvedModel(REPO, DEMO, COMMIT)) == {"model.commit": COMMIT, "model.checkpoint": None}
    assert identity_of(resolve(ModelConfig(path="fake"))) == {"model.commit": None, "model.checkpoint": None}
