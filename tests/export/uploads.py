"""The local Hub of tests/source/hub, which also takes uploads: repositories, LFS objects, commits."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.source.hub.server import Handler, Hub, Server, is_lfs


@dataclass
class Uploads(Hub):
    """`objects`: LFS contents by sha256. `fail_after`: how many objects are taken before the line drops (once)."""

    objects: dict[str, bytes] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    tokens: set[str | None] = field(default_factory=set)
    fail_after: int | None = None


class UploadHandler(Handler):
    @property
    def hub(self) -> Uploads:
        assert isinstance(self.server.hub, Uploads)
        return self.server.hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.hub.tokens.add(self.headers.get("Authorization"))
        path = urlsplit(self.path).path
        parts = path.strip("/").split("/")
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []}, {})
        elif parts[-2] == "preupload":
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if is_lfs(file["path"]) else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            self._json({"files": files}, {})
        elif path.endswith("/info/lfs/objects/batch"):
            self._json({"transfer": "basic", "objects": [*map(self._lfs_object, json.loads(body)["objects"])]}, {})
        elif parts[-2] == "commit":
            self._commit("/".join(parts[2:4]), [json.loads(line) for line in body.splitlines()])
        else:
            self._missing("Entry")

    def do_PUT(self) -> None:
        hub = self.hub
        if hub.fail_after is not None and len(hub.objects) >= hub.fail_after:
            hub.fail_after = None
            self._send(403, b"", {})
            return
        data = self.rfile.read(int(self.headers["Content-Length"]))
        hub.objects[self.path.rpartition("/")[2]] = data
        hub.requests.append(("PUT", self.path, None))
        self._send(200, b"", {})

    def _create(self, asked: dict[str, Any]) -> None:
        repo = "/".join(part for part in (asked.get("organization"), asked["name"]) if part)
        if (repo, "main") in self.hub.revisions:
            there = json.dumps({"error": "exists", "url": f"{self.hub.url}/datasets/{repo}"}).encode()
            self._send(409, there, {"Content-Type": "application/json"})
            return
        self.hub.push(repo, {})
        self.hub.private[repo] = bool(asked.get("private")) or asked.get("visibility") == "private"
        self._json({"url": f"{self.hub.url}/datasets/{repo}"}, {})

    def _lfs_object(self, wanted: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"]}
        if wanted["oid"] not in self.hub.objects:
            found["actions"] = {"upload": {"href": f"{self.hub.url}/upload/{wanted['oid']}", "header": {}}}
        return found

    def _commit(self, repo: str, lines: list[dict[str, Any]]) -> None:
        files = dict(self.hub.commits[self.hub.revisions[repo, "main"]])
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.objects[value["oid"]]
        commit = self.hub.push(repo, files)
        address = f"{self.hub.url}/datasets/{repo}/commit/{commit}"
        self._json({"success": True, "commitOid": commit, "commitUrl": address, "hookOutput": ""}, {})


@contextmanager
def taking_uploads() -> Iterator[Uploads]:
    """A Hub without repositories that takes uploads until the block ends."""
    hub = Uploads()
    with Server(hub) as server:
        server.RequestHandlerClass = UploadHandler
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
