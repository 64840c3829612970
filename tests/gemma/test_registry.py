"""From a name to a folder: what is found without a socket, what is refused, and a download from a small Hub."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from batch.config.job import JobConfig, ModelConfig
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
    f"add --pull to `gemma4-batch run`, or run: hf download {REPO}"
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
    assert _refusal("e4b-4bit", "v2").endswith(f"hf download {REPO} --revision v2")
    assert not cache.exists()


def test_an_unknown_hub_model_that_is_not_here_names_the_command(cache: Path) -> None:
    assert _refusal("org/name") == (
        "model org/name (its Hub page says the size) is not on this disk; to download it, "
        "add --pull to `gemma4-batch run`, or run: hf download org/name"
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


# ---------------------------------------------------------------- a download
class _Hub(BaseHTTPRequestHandler):
    """One model at one commit: revision, tree, and files with ranges."""

    files: dict[str, bytes]
    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        api, resolve_at = f"/api/models/{REPO}/", f"/{REPO}/resolve/{COMMIT}/"
        if path == f"{api}revision/main":
            self._send(json.dumps({"id": REPO, "sha": COMMIT, "siblings": []}).encode(), {})
        elif path == f"{api}tree/{COMMIT}":
            listing = [
                {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for name, data in self.files.items()
            ]
            self._send(json.dumps(listing).encode(), {"Content-Type": "application/json"})
        elif path.startswith(resolve_at) and path.removeprefix(resolve_at) in self.files:
            name = path.removeprefix(resolve_at)
            if self.command == "GET":
                self.asked.append(name)
            data = self.files[name]
            self._send(data, {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": COMMIT})
        else:
            self._send(b"{}", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}, 404)

    def _send(self, body: bytes, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[tuple[str, type[_Hub]]]:
    """The address of a Hub that serves the demo model, with a pickle and a subfolder beside it."""
    files = {path.name: path.read_bytes() for path in DEMO.iterdir()}
    files |= {"pytorch_model.bin": b"pickle", "onnx/config.json": b"{}", "README.md": b"# hi"}
    handler = type("Hub", (_Hub,), {"files": files, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    thread.join()
    server.server_close()


def _resolve_in_child(home: Path, endpoint: str, *, pull: bool, name: str = "e4b-4bit", **more: str) -> str:
    """What `resolve` answers in a process of its own, where the environment is read anew."""
    code = (
        "import sys; from batch.config.job import ModelConfig; from batch.gemma.registry import resolve\n"
        "from batch.errors import ModelError\n"
        "try: found = resolve(ModelConfig(path=sys.argv[1]), pull=sys.argv[2] == 'True')\n"
        "except ModelError as exc: print(exc)\n"
        "else: print(found.name, found.path.name, found.revision)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name, str(pull)],
        env={**os.environ, "HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_PROGRESS_BARS": "1", **more},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.network
def test_a_pull_fetches_only_what_is_needed_of_one_commit(tmp_path: Path, hub: tuple[str, type[_Hub]]) -> None:
    endpoint, handler = hub
    assert _resolve_in_child(tmp_path, endpoint, pull=False) == NOT_HERE
    assert handler.asked == []
    assert _resolve_in_child(tmp_path, endpoint, pull=True) == f"{REPO} {COMMIT} {COMMIT}"
    needed = [path.name for path in DEMO.iterdir() if path.suffix in (".json", ".jinja", ".safetensors")]
    assert sorted(handler.asked) == sorted(needed)
    nowhere = "http://127.0.0.1:9"
    assert _resolve_in_child(tmp_path, nowhere, pull=False, HF_HUB_OFFLINE="1") == f"{REPO} {COMMIT} {COMMIT}"
    assert _resolve_in_child(tmp_path, nowhere, pull=True) == f"{REPO} {COMMIT} {COMMIT}"


@pytest.mark.network
def test_a_pull_goes_on_where_an_earlier_one_ended(tmp_path: Path, hub: tuple[str, type[_Hub]]) -> None:
    endpoint, handler = hub
    weights = handler.files.pop("model.safetensors")
    assert _resolve_in_child(tmp_path, endpoint, pull=True) == (
        f"{REPO}: the Hub has no model.safetensors; it is no Gemma 4 checkpoint in MLX form"
    )
    handler.files["model.safetensors"] = weights
    shutil.rmtree(tmp_path / "hub" / f"models--{REPO.replace('/', '--')}" / "trees")
    handler.asked.clear()
    assert _resolve_in_child(tmp_path, endpoint, pull=True) == f"{REPO} {COMMIT} {COMMIT}"
    assert handler.asked == ["model.safetensors"]


@pytest.mark.network
def test_a_pull_that_cannot_work_says_why(tmp_path: Path, hub: tuple[str, type[_Hub]]) -> None:
    endpoint, _ = hub
    assert _resolve_in_child(tmp_path, endpoint, pull=True, name="org/other") == (
        "org/other: the Hub has no such model, or it is private; check the name"
    )
    refused = _resolve_in_child(tmp_path, "http://127.0.0.1:9", pull=True)
    assert refused.startswith(f"{REPO}: the download failed; run the same command to go on with it: ")
    offline = _resolve_in_child(tmp_path, endpoint, pull=True, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE=0" in offline
