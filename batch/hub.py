"""One file of a Hub dataset or model at a commit: ranges of it over HTTP, or the whole of it in the Hugging Face cache.

A download that was interrupted goes on where it stopped, also in another process (huggingface_hub 2 begins
anew), and what arrives is checked against the hash the Hub keeps. With HF_HUB_OFFLINE no socket is opened.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from batch.errors import SourceError
from batch.ranged_file import RangedFile

COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
SHA1 = re.compile(r"[0-9a-f]{40}")
CHUNK_BYTES = 1024**2
TIMEOUT_S = 30.0
TRIES = 4
RETRY_S = 0.5
Kind = Literal["dataset", "model"]
# What to check where the Hub has no such repository, or no such revision of it.
CHECK: dict[Kind, tuple[str, str]] = {
    "dataset": ("source.dataset", "source.revision"),
    "model": ("the model's name", "its revision"),
}
# httpx or httpx2, whichever this huggingface_hub stands on: the root of all its transport errors.
TransportError: type[Exception] = next(kind for kind in HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError")


def endpoint() -> str:
    """HF_ENDPOINT as it is now, else the Hub."""
    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


@contextmanager
def translated(what: str, kind: Kind = "dataset") -> Iterator[None]:
    """The Hub's and the network's errors as SourceError, in words."""
    name, revision = CHECK[kind]
    try:
        yield
    except OfflineModeIsEnabled as error:
        raise SourceError(f"{what} is not in the cache, and HF_HUB_OFFLINE forbids asking. Run once online.") from error
    except GatedRepoError as error:
        raise SourceError(f"{what} is gated: accept its terms on {endpoint()} and set HF_TOKEN.") from error
    except RevisionNotFoundError as error:
        raise SourceError(f"{what}: no such revision. Check {revision}.") from error
    except RepositoryNotFoundError as error:
        raise SourceError(f"{what}: no such {kind}, or a private one. Check {name}; set HF_TOKEN.") from error
    except (TransportError, OSError) as error:
        if isinstance(error, SourceError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SourceError(
            f"{what} cannot be fetched from {endpoint()} ({reason}). The same command resumes."
        ) from error


def cached(repo: str, commit: str, path: str, kind: Kind = "dataset") -> Path:
    """Where the Hugging Face cache keeps the file (which may not be there)."""
    return storage(repo, kind) / "snapshots" / commit / path


def storage(repo: str, kind: Kind = "dataset") -> Path:
    """Where the Hugging Face cache keeps the repository."""
    return Path(constants.HF_HUB_CACHE) / f"{kind}s--{repo.replace('/', '--')}"


def file_url(repo: str, commit: str, path: str, kind: Kind = "dataset") -> str:
    url: str = hf_hub_url(repo, path, repo_type=kind, revision=commit, endpoint=endpoint())
    return url


def whole_file(
    repo: str, commit: str, path: str, kind: Kind = "dataset", arrived: Callable[[int], None] = lambda count: None
) -> Path:
    """The file in the cache, downloaded if need be, its hash checked either way. Raises SourceError.

    `arrived` is told the bytes of each piece that came over the line.
    """
    what = f"{repo}@{commit[:12]}: {path!r}"
    if ".." in path.split("/") or path.startswith("/"):
        raise SourceError(f"{what} would lead outside the cache; this repository is not to be trusted.")
    target = cached(repo, commit, path, kind)
    if target.exists():
        blob = target.resolve()
        if is_whole(blob, blob.name):
            return target
        target.unlink()  # damaged on this disk: fetched again
        blob.unlink(missing_ok=True)
    url = file_url(repo, commit, path, kind)
    with translated(what, kind):
        found = get_hf_file_metadata(url, endpoint=endpoint(), retry_on_errors=True)
        if found.commit_hash != commit:
            raise SourceError(
                f"{what}: {endpoint()} answered with commit {found.commit_hash} instead. Try again later."
            )
        if found.etag is None or found.size is None or "/" in found.etag:
            raise SourceError(f"{what}: {endpoint()} tells no hash or no size; it is no Hub. Check HF_ENDPOINT.")
        blob = storage(repo, kind) / "blobs" / found.etag
        blob.parent.mkdir(parents=True, exist_ok=True)
        if not (blob.exists() and is_whole(blob, found.etag)):
            _download(url, blob, found.etag, found.size, what, arrived)
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(target, blob)
    return target


def partial_file(blob: Path) -> Path:
    """Where a download that was interrupted waits to be gone on with."""
    return blob.with_name(f"{blob.name}.gemma4-batch.incomplete")


def _download(url: str, blob: Path, etag: str, size: int, what: str, arrived: Callable[[int], None]) -> None:
    partial = partial_file(blob)
    with open(os.open(partial, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:  # noqa: PTH123 - kept, not truncated
        fcntl.flock(file, fcntl.LOCK_EX)  # another job may want the same file: it waits, then finds it whole
        if blob.exists() and is_whole(blob, etag):
            return
        have = file.seek(0, io.SEEK_END)
        if have > size:
            have = file.seek(0)
            file.truncate()
        free = shutil.disk_usage(blob.parent).free
        if free < size - have:
            raise SourceError(f"{what} needs {size - have} bytes in {blob.parent}, which has {free} left. Make space.")
        _receive(url, file, size, what, arrived)
        file.flush()
        os.fsync(file.fileno())
        if not is_whole(partial, etag):
            partial.unlink()
            raise SourceError(f"{what} arrived damaged: its checksum is not {etag}. The same command fetches it again.")
        partial.replace(blob)


def _receive(url: str, file: BinaryIO, size: int, what: str, arrived: Callable[[int], None]) -> None:
    """Appends what is missing of `size` bytes, each piece as it arrives (huggingface_hub keeps 10 MB back).

    A line that drops is taken up again, until TRIES in a row bring nothing. Raises the transport's error.
    """
    failures = 0
    while (have := file.tell()) < size:
        if failures:
            time.sleep(RETRY_S * failures)
        try:
            _receive_once(url, file, size, have, arrived)
        except TransportError:
            if failures == TRIES - 1:
                raise
        failures = 0 if file.tell() > have else failures + 1
        if failures == TRIES:
            raise SourceError(f"{what}: {endpoint()} sends nothing after byte {have} of {size}. Try again later.")
    file.truncate(size)


def _receive_once(url: str, file: BinaryIO, size: int, have: int, arrived: Callable[[int], None]) -> None:
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S) as answer:
        hf_raise_for_status(answer)
        if answer.status_code != 206:  # the range was ignored: this is the file from its start
            file.seek(0)
            file.truncate()
        for piece in answer.iter_bytes():
            file.write(piece)
            arrived(len(piece))
            if file.tell() > size:
                return


def _link(target: Path, blob: Path) -> None:
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    staged.unlink(missing_ok=True)
    staged.symlink_to(os.path.relpath(blob, target.parent))
    staged.replace(target)


def is_whole(path: Path, etag: str) -> bool:
    """Whether the file has the hash its etag is: SHA-256 for large files, git's own for small ones."""
    if SHA256.fullmatch(etag):
        digest = hashlib.sha256()
    elif SHA1.fullmatch(etag):
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        return True
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == etag


class RangeFile(RangedFile):
    """A file of the Hub."""

    def __init__(self, repo: str, commit: str, path: str, size: int, kind: Kind = "dataset") -> None:
        super().__init__(size)
        self._kind: Kind = kind
        self._url = file_url(repo, commit, path, kind)
        self._what = f"{repo}@{commit[:12]}: {path!r}"

    def fetch(self, start: int, stop: int) -> bytes:
        headers = {**build_hf_headers(), "Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        with translated(self._what, self._kind):
            response: Any = get_session().get(self._url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S)
            hf_raise_for_status(response)
        data: bytes = response.content
        if response.status_code != 206 or len(data) != stop - start:
            raise SourceError(f"{self._what}: {endpoint()} does not answer ranges; the file cannot be planned.")
        return data
