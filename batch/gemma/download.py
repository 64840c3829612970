"""A model from the Hub into the Hugging Face cache: one commit, what is needed of it, every file's checksum checked.

A download that was broken off goes on within the file. What is here and whole is found without a socket.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile

from batch.durable import free_bytes, size
from batch.errors import ModelError, SourceError
from batch.hub import COMMIT, cached, endpoint, is_whole, partial_file, storage, translated, whole_file

# Top level only, and never a pickle.
WANTED = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model")
UNWANTED = ("*/*", "consolidated.safetensors")

Progress = Callable[[int, int], None]  # bytes that arrived, bytes that were missing


class HubFile(NamedTuple):
    """A file at a commit; `oid` is its hash (SHA-256 where large, git's own where small)."""

    path: str
    oid: str
    size: int


def pull(repo: str, revision: str | None, progress: Progress = lambda arrived, missing: None) -> Path:
    """Download a model, or go on with it; returns its folder. A branch is resolved once, to a commit.

    Raises ModelError: no such model, no room for it (asked before the first byte), a broken line, a wrong checksum.
    """
    try:
        commit, listed = listing(repo, revision)
        wanted = [file for file in listed if is_wanted(file.path)]
        missing = sum(_missing_bytes(repo, commit, file) for file in wanted)
        _refuse_a_full_disk(repo, missing)
        if revision != commit:
            _remember(repo, revision or "main", commit)
        arrived = 0

        def count(more: int) -> None:
            nonlocal arrived
            arrived += more
            progress(arrived, missing)

        for file in wanted:
            whole_file(repo, commit, file.path, "model", count)
    except SourceError as exc:
        raise ModelError(str(exc)) from exc
    return cached(repo, commit, "", "model")


def listing(repo: str, revision: str | None) -> tuple[str, list[HubFile]]:
    """The commit of a revision, and all its files. Raises SourceError."""
    api = HfApi(endpoint=endpoint())
    what = f"model {repo!r}" + (f" at {revision!r}" if revision else "")
    with translated(what, "model"):
        commit = api.model_info(repo, revision=revision).sha
        if commit is None or not COMMIT.fullmatch(commit):
            raise SourceError(f"{what}: {endpoint()} tells no commit; it is no Hub. Check HF_ENDPOINT.")
        items = list(api.list_repo_tree(repo, recursive=True, revision=commit))
    files = [item for item in items if isinstance(item, RepoFile)]
    return commit, [HubFile(file.path, file.lfs.sha256 if file.lfs else file.blob_id, file.size) for file in files]


def is_wanted(path: str) -> bool:
    """Whether a model needs this file of its repository."""
    return any(fnmatchcase(path, kind) for kind in WANTED) and not any(fnmatchcase(path, kind) for kind in UNWANTED)


def damaged_files(folder: Path) -> list[str]:
    """Files of a snapshot whose content is not what their hash says. Reads all of them, and opens no socket."""
    return [file.name for file in sorted(folder.iterdir()) if file.is_symlink() and not _is_whole(file)]


def _is_whole(link: Path) -> bool:
    blob = link.resolve()
    return blob.is_file() and is_whole(blob, blob.name)


def _missing_bytes(repo: str, commit: str, file: HubFile) -> int:
    blob = storage(repo, "model") / "blobs" / file.oid
    if blob.exists() or cached(repo, commit, file.path, "model").exists():
        return 0
    partial = partial_file(blob)
    return max(0, file.size - (partial.stat().st_size if partial.exists() else 0))


def _refuse_a_full_disk(repo: str, missing: int) -> None:
    place = storage(repo, "model")
    free = free_bytes(place)
    if free < missing:
        raise ModelError(
            f"model {repo}: {size(missing)} are still to download, and {place.parent} has {size(free)} free; make "
            "space, or set HF_HOME to a folder on another disk"
        )


def _remember(repo: str, revision: str, commit: str) -> None:
    """Which commit a branch was, so that it is found again without the Hub."""
    root = storage(repo, "model") / "refs"
    reference = root / revision
    if not reference.resolve().is_relative_to(root.resolve()):
        raise ModelError(f"model {repo}: {revision!r} is no name of a revision")
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit, encoding="utf-8")
