"""A Hub of one's own on loopback: the endpoints that sources use, with faults on request.

GET  /api/datasets/<repo>[/revision/<rev>]     which commit a revision is
GET  /api/datasets/<repo>/tree/<rev>           its files, two a page
HEAD, GET /datasets/<repo>/resolve/<rev>/<path>  small files here, large ones by redirect to /lfs/<sha256>
Models are the same under /api/models/<repo> and /<repo>/resolve.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 2


@dataclass
class Fault:
    """What goes wrong with the contents of files: `cut_after` bytes the line drops (once, then it is as before or,
    with `then_refuse`, dead); with `refuse` every request for contents is answered 503; with `wrong` the
    contents are not those of the hash; with `no_ranges` they are always whole."""

    cut_after: int | None = None
    then_refuse: bool = False
    refuse: bool = False
    wrong: bool = False
    no_ranges: bool = False


@dataclass
class Hub:
    """Repositories as commits: revision -> commit, commit -> path -> contents. Remembers what was asked."""

    url: str = ""
    contents_url: str = ""  # another host, as the Hub's own large files are
    revisions: dict[tuple[str, str], str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    fault: Fault = field(default_factory=Fault)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)

    def push(self, repo: str, files: Mapping[str, bytes], revision: str = "main") -> str:
        """A new commit of these files under the revision."""
        listing = [repo, revision, len(self.commits), *((name, files[name].hex()[:64]) for name in sorted(files))]
        commit = hashlib.sha1(json.dumps(listing).encode()).hexdigest()
        self.commits[commit] = dict(files)
        self.revisions[repo, revision] = self.revisions[repo, commit] = commit
        return commit

    def asked(self, method: str, ending: str) -> list[str | None]:
        """The Range headers of requests whose path ends so."""
        return [ranges for verb, path, ranges in self.requests if verb == method and path.endswith(ending)]

    def lfs(self, sha256: str) -> bytes | None:
        every = (data for files in self.commits.values() for data in files.values())
        return next((data for data in every if hashlib.sha256(data).hexdigest() == sha256), None)


def is_lfs(path: str) -> bool:
    return path.endswith((".parquet", ".tar", ".safetensors"))


def git_oid(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        hub = self.server.hub
        address = urlsplit(self.path)
        path = unquote(address.path)
        hub.requests.append((self.command, path, self.headers.get("Range")))
        parts = path.strip("/").split("/")
        if parts[0] == "lfs":
            data = hub.lfs(parts[1])
            self._missing("Entry") if data is None else self._contents(data, {"ETag": f'"{parts[1]}"'})
        elif parts[:2] in (["api", "datasets"], ["api", "models"]):
            self._api(parts[1], "/".join(parts[2:4]), parts[4:], parse_qs(address.query))
        elif "resolve" in parts[2:4]:
            at = parts.index("resolve", 2)
            self._resolve("/".join(parts[at - 2 : at]), path.split("/resolve/", 1)[1])
        else:
            self._missing("Entry")

    def _api(self, kind: str, repo: str, rest: list[str], query: dict[str, list[str]]) -> None:
        hub = self.server.hub
        if (repo, "main") not in hub.revisions:
            self._missing("Repo")
            return
        asked = "/".join(rest[1:]) or "main"
        revision = next((name for _, name in hub.revisions if f"{asked}/".startswith(f"{name}/")), "")
        commit = hub.revisions.get((repo, revision))
        if commit is None:
            self._missing("Revision")
        elif rest[:1] == ["tree"]:
            recursive = query.get("recursive", ["false"])[0].lower() == "true"
            self._tree(kind, repo, commit, asked[len(revision) + 1 :], recursive, int(query.get("cursor", ["0"])[0]))
        else:
            self._json({"id": repo, "sha": commit, "private": False, "gated": False, "downloads": 0, "tags": [],
                        "siblings": [{"rfilename": name} for name in sorted(hub.commits[commit])]}, {})  # fmt: skip

    def _tree(self, kind: str, repo: str, commit: str, folder: str, recursive: bool, start: int) -> None:
        hub = self.server.hub
        prefix = f"{folder}/" if folder else ""
        entries = {}
        for path, data in sorted(hub.commits[commit].items()):
            if path.startswith(prefix):
                name, _, below = path.removeprefix(prefix).partition("/")
                is_folder = bool(below) and not recursive
                inner = {"type": "directory", "path": prefix + name, "size": 0, "oid": git_oid(b"")}
                entries[prefix + name if is_folder else path] = inner if is_folder else self._entry(path, data)
        if not entries:
            self._missing("Entry")
            return
        more = start + PAGE < len(entries)
        address = f"{hub.url}/api/{kind}/{repo}/tree/{commit}/{folder}".rstrip("/")
        link = f'<{address}?recursive={str(recursive).lower()}&cursor={start + PAGE}>; rel="next"'
        self._json(list(entries.values())[start : start + PAGE], {"Link": link} if more else {})

    def _entry(self, path: str, data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": git_oid(data)}
        if is_lfs(path):
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return entry

    def _resolve(self, repo: str, rest: str) -> None:
        hub = self.server.hub
        known = [revision for name, revision in hub.revisions if name == repo and rest.startswith(f"{revision}/")]
        if not known:
            self._missing("Revision" if (repo, "main") in hub.revisions else "Repo")
            return
        commit = hub.revisions[repo, max(known, key=len)]
        path = rest[len(max(known, key=len)) + 1 :]
        data = hub.commits[commit].get(path)
        if data is None:
            self._missing("Entry")
            return
        headers = {"X-Repo-Commit": commit}
        if not is_lfs(path):
            self._contents(data, headers | {"ETag": f'"{git_oid(data)}"'})
            return
        sha256 = hashlib.sha256(data).hexdigest()
        headers |= {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{sha256}"', "ETag": f'"{sha256}"'}
        self._send(302, b"", headers | {"Location": f"{hub.contents_url}/lfs/{sha256}"})

    def _contents(self, data: bytes, headers: dict[str, str]) -> None:
        fault = self.server.hub.fault
        if self.command == "GET" and fault.refuse:
            self._send(503, b"", {})
            return
        if fault.wrong:
            data = data[:-1] + bytes([data[-1] ^ 1])
        asked = self.headers.get("Range")
        if not asked or fault.no_ranges:
            self._send(200, data, headers | {"Accept-Ranges": "bytes"}, cut=fault.cut_after)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last) + 1 if last else len(data), len(data))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        self._send(206, data[start:stop], headers, cut=fault.cut_after)

    def _json(self, value: Any, headers: dict[str, str]) -> None:
        self._send(200, json.dumps(value).encode(), headers | {"Content-Type": "application/json"})

    def _missing(self, what: str) -> None:
        self._send(404, b"", {"X-Error-Code": f"{what}NotFound", "X-Error-Message": f"{what} not found"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None and cut < len(body):
            self.server.hub.fault.cut_after = None  # once
            self.server.hub.fault.refuse = self.server.hub.fault.then_refuse
            self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hub = hub
        hub.url = f"http://127.0.0.1:{self.server_port}"
        hub.contents_url = f"http://localhost:{self.server_port}"


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub without repositories that answers until the block ends."""
    hub = Hub()
    with Server(hub) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
