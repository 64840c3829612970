"""A Hub dataset as a source, pinned at a commit: its Parquet files listed, planned from their footers over
HTTP ranges, and downloaded one by one when their first row is read.

A dataset without Parquet, its own or the Hub's conversion, is loaded whole by `datasets`. What was learnt of
a commit is kept in the cache, so that a job resumes, and plans again, without the network.
"""

import json
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile

from batch.errors import SourceError
from batch.hub import COMMIT, RangeFile, cached, endpoint, translated, whole_file
from batch.records import SourceFile
from batch.source.conversion import cache_folder, converted
from batch.source.headers import table_header
from batch.source.hub_layout import DEFAULT, converted_files, repository_files
from batch.source.table import Header, Table, open_table, read_header, unified_schema

CONVERTED = "refs/convert/parquet"
LOADED = "loaded/"  # row paths of a dataset that `datasets` loaded whole: `loaded/<config>/<split>`
HEADER_READERS = 8


class Entry(NamedTuple):
    """A file of the repository; `oid` is its hash (SHA-256 where large, git's own where small)."""

    path: str
    oid: str
    size: int


class HubFiles:
    """Files of a dataset at a commit, downloaded when they are opened."""

    def __init__(self, repo: str, commit: str | None) -> None:
        self.repo = repo
        self.commit = commit

    def open(self, path: str) -> Table:
        """Raises SourceError where the file cannot be had."""
        return open_table(self.local(path))

    def local(self, path: str) -> Path:
        if self.commit is None or not COMMIT.fullmatch(self.commit):
            raise SourceError(f"source.revision {self.commit!r} is no commit: plan the job first")
        if not path.startswith(LOADED):
            return whole_file(self.repo, self.commit, path)
        _, config, split = path.split("/")
        repo, commit = self.repo, self.commit

        def load(datasets: Any, cache: str) -> Any:
            name = None if config == DEFAULT else config
            return datasets.load_dataset(repo, name, split=split, revision=commit, cache_dir=cache)

        # Files that rows point to lie in that temporary cache, so they move into the rows.
        return converted(f"{endpoint()}|{repo}|{commit}|{path}", f"dataset {repo}", load, embed=True)


class HubSource:
    """Rows of a dataset's Parquet files. `commit` is known once `files` was called."""

    kind = "hub"

    def __init__(self, repo: str, config: str | None, split: str | None, revision: str | None) -> None:
        self.inputs = HubFiles(repo, revision if revision and COMMIT.fullmatch(revision) else None)
        self._repo = repo
        self._config = config
        self._split = split
        self._revision = revision
        self._headers: dict[str, Header] = {}
        self._notes: list[str] = []
        self.skipped: Counter[str] = Counter()

    @property
    def commit(self) -> str | None:
        return self.inputs.commit

    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def files(self, known: Sequence[SourceFile] = (), rows: int | None = None) -> tuple[SourceFile, ...]:
        """The split's files. A job that has begun stays with its commit: known files cannot have changed."""
        if known:
            self.inputs.commit = known[0].fingerprint.partition(":")[0]
        listed = self._listing(known)
        before = {file.path: file for file in known}
        self._read_headers([entry for entry in listed if entry.path in before])
        have = sum(file.rows for file in known)
        fresh = [entry for entry in listed if entry.path not in before]
        planned = 0
        while planned < len(fresh) and (rows is None or have < rows or not self._headers):
            batch = fresh[planned : planned + HEADER_READERS]
            self._read_headers(batch)
            have += sum(self._headers[entry.path].rows for entry in batch)
            planned += len(batch)
        new = [self._pin(entry) for entry in fresh[:planned]]
        return tuple(sorted((*known, *new), key=lambda file: file.path))

    def _pin(self, entry: Entry) -> SourceFile:
        return SourceFile(entry.path, entry.size, f"{self.commit}:{entry.oid}", self._headers[entry.path].rows)

    def groups(self, file: SourceFile) -> tuple[int, ...]:
        return self._headers[file.path].groups

    @property
    def schema(self) -> pa.Schema:
        if not self._headers:
            self.files()
        return unified_schema([(name, header.schema) for name, header in sorted(self._headers.items())])

    # ------------------------------------------------------------ what files there are
    def _listing(self, known: Sequence[SourceFile]) -> list[Entry]:
        """The split's files at the commit: as remembered, else as the Hub tells, else as the cache has them."""
        asked = "|".join(map(str, (endpoint(), self._config, self._split, self.commit or self._revision)))
        offline = constants.is_offline_mode()
        if self.commit is not None or offline:
            remembered = self._recall(f"listing {asked}")
            if remembered is not None:
                content = json.loads(remembered)
                self.inputs.commit = content["commit"]
                return [Entry(*entry) for entry in content["files"]]
        if known:  # listed by another machine, or before the cache was emptied: the ledger knows enough
            return [Entry(file.path, file.fingerprint.partition(":")[2], file.size) for file in known]
        entries = self._from_cache() if offline else self._from_hub()
        content = {"commit": self.commit, "files": entries}
        pinned = "|".join(map(str, (endpoint(), self._config, self._split, self.commit)))
        if not offline:
            for key in {asked, pinned}:
                self._remember(f"listing {key}", json.dumps(content).encode())
        return entries

    def _from_hub(self) -> list[Entry]:
        api = HfApi(endpoint=endpoint())
        where = f"dataset {self._repo!r}"
        with translated(where + (f" at {self._revision!r}" if self._revision else "")):
            commit, entries = _tree(api, self._repo, self._revision)
        self.inputs.commit = commit
        readme = ""
        if "README.md" in entries:
            readme = self.inputs.local("README.md").read_text(encoding="utf-8", errors="replace")
        names = repository_files(entries, readme, self._config, self._split, where)
        if names is None and self._revision in (None, "main"):
            names = self._from_conversion(api, where, entries)
        if names is None:
            self._notes.append(f"{where} has no Parquet files of this split: `datasets` loads it whole")
            return [Entry(f"{LOADED}{self._config or DEFAULT}/{self._split or 'train'}", commit, 0)]
        return [entries[name] for name in names]

    def _from_conversion(self, api: HfApi, where: str, entries: dict[str, Entry]) -> list[str] | None:
        """The Hub's own Parquet conversion, at a commit of its own."""
        try:
            with translated(where):
                commit, found = _tree(api, self._repo, CONVERTED)
        except SourceError as error:
            if isinstance(error.__cause__, RevisionNotFoundError):
                return None
            raise
        names = converted_files(found, self._config, self._split, where)
        if names is not None:
            self.inputs.commit = commit
            entries |= found
            self._notes.append(f"{where}: read from the Hub's Parquet conversion ({CONVERTED})")
        return names

    def _from_cache(self) -> list[Entry]:
        """Offline and never planned here: what the Hugging Face cache has of the revision, if it is all of it."""
        storage = cached(self._repo, "", "").parent
        reference = storage / "refs" / (self._revision or "main")
        if self.commit is None and reference.is_file():
            self.inputs.commit = reference.read_text(encoding="utf-8").strip()
        root = cached(self._repo, self.commit or "-", "")
        entries = {}
        for path in sorted(root.rglob("*")) if root.is_dir() else ():
            if path.is_file():
                name = path.relative_to(root).as_posix()
                entries[name] = Entry(name, path.resolve().name, path.stat().st_size)
        where = f"dataset {self._repo!r} (offline, from the cache)"
        readme = (root / "README.md").read_text(encoding="utf-8", errors="replace") if "README.md" in entries else ""
        names = repository_files(entries, readme, self._config, self._split, where)
        if not names or not _is_complete(names):
            raise SourceError(
                f"dataset {self._repo!r} is not in the cache {'' if not names else 'as a whole '}"
                "and HF_HUB_OFFLINE forbids asking. Run once online."
            )
        self._notes.append(f"{where}: {len(names)} files")
        return [entries[name] for name in names]

    # ------------------------------------------------------------ footers
    def _read_headers(self, entries: Sequence[Entry]) -> None:
        missing = [entry for entry in entries if entry.path not in self._headers]
        with ThreadPoolExecutor(HEADER_READERS) as pool:
            for entry, header in zip(missing, pool.map(self._header, missing), strict=True):
                self._headers[entry.path] = header

    def _header(self, entry: Entry) -> Header:
        key = f"header {self.commit} {entry.path}"
        remembered = self._recall(key)
        if remembered is not None:
            schema = pa.ipc.read_schema(pa.py_buffer(remembered))
            said = json.loads(schema.metadata.pop(b"gemma4-batch"))
            metadata = {key: value for key, value in schema.metadata.items() if key != b"gemma4-batch"}
            return Header(said["rows"], tuple(said["groups"]), schema.with_metadata(metadata or None))
        name = f"{self._repo}: {entry.path}"
        commit = self.commit or ""
        local = cached(self._repo, commit, entry.path)
        if entry.path.startswith(LOADED):
            header = read_header(self.inputs.local(entry.path), name)  # what a conversion wrote is ours
        elif local.exists():
            header = table_header(self.inputs.local(entry.path), name)
        else:
            header = table_header(RangeFile(self._repo, commit, entry.path, entry.size), name)
        said = {b"gemma4-batch": json.dumps({"rows": header.rows, "groups": header.groups}).encode()}
        schema = header.schema.with_metadata({**(header.schema.metadata or {}), **said})
        self._remember(key, bytes(schema.serialize()))
        return header

    # ------------------------------------------------------------ what is remembered of a commit
    def _memory(self, key: str) -> Path:
        name = blake2b(key.encode(), digest_size=16).hexdigest()
        return cache_folder() / "hub" / self._repo.replace("/", "--") / name

    def _recall(self, key: str) -> bytes | None:
        try:
            return self._memory(key).read_bytes()
        except FileNotFoundError:
            return None

    def _remember(self, key: str, content: bytes) -> None:
        path = self._memory(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        staged.write_bytes(content)
        staged.replace(path)


def _tree(api: HfApi, repo: str, revision: str | None) -> tuple[str, dict[str, Entry]]:
    """The commit of a revision, and its files by path."""
    commit = api.dataset_info(repo, revision=revision).sha
    if commit is None:
        raise SourceError(f"dataset {repo!r}: {endpoint()} tells no commit; it is no Hub. Check HF_ENDPOINT.")
    items = api.list_repo_tree(repo, recursive=True, revision=commit, repo_type="dataset")
    files = [item for item in items if isinstance(item, RepoFile)]
    return commit, {f.path: Entry(f.path, f.lfs.sha256 if f.lfs else f.blob_id, f.size) for f in files}


def _is_complete(names: Sequence[str]) -> bool:
    """Whether every `-of-N` numbering among the names is all there."""
    numbered: Counter[Any] = Counter()
    for name in names:
        stem, _, rest = name.rpartition("-of-")
        if stem:
            numbered[stem.rpartition("-")[0], rest] += 1
    return all(count == int(rest[:5]) for (_, rest), count in numbered.items() if rest[:5].isdigit())
