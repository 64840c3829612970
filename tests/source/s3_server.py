"""As much of S3 as reading a source takes, on loopback: buckets are folders. Lists, heads, whole objects and ranges."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path
    fetched: list[str]

    def do_HEAD(self) -> None:
        self._object(send=False)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if "list-type" in parse_qs(url.query):
            self._list(unquote(url.path).strip("/"), parse_qs(url.query))
        else:
            self._object(send=True)

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix = query.get("prefix", [""])[0]
        delimiter = query.get("delimiter", [""])[0]
        folder = self.root / bucket
        keys = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        entries, folders = [], []
        for key in (key for key in keys if key.startswith(prefix)):
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            if found:
                folders.append(f"{prefix}{head}/")
            else:
                entries.append(key)
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{_etag(folder / key)}&quot;</ETag><Size>{(folder / key).stat().st_size}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in entries
        )
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in dict.fromkeys(folders)
        )
        count = len(entries) + len(set(folders))
        self._send(
            200,
            f'<?xml version="1.0"?><ListBucketResult xmlns="{SPACE}"><Name>{bucket}</Name><Prefix>{escape(prefix)}'
            f"</Prefix><KeyCount>{count}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
            f"{contents}{common}</ListBucketResult>".encode(),
            {"Content-Type": "application/xml"},
        )

    def _object(self, *, send: bool) -> None:
        path = self.root / unquote(urlsplit(self.path).path).strip("/")
        if not path.is_file():
            body = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>'
            self._send(404, body if send else b"", {"Content-Type": "application/xml"})
            return
        data = path.read_bytes()
        headers = {"ETag": f'"{_etag(path)}"', "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True)}
        wanted = self.headers.get("Range")
        if not send:
            self._send(200, b"", headers, length=len(data))
            return
        self.fetched.append(f"{path.name} {wanted or 'whole'}")
        if wanted is None:
            self._send(200, data, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        begin, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
        headers["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
        self._send(206, data[begin : end + 1], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _etag(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@contextlib.contextmanager
def s3_server(root: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The environment that leads a client there; and every object that was sent, with its range."""
    fetched: list[str] = []
    handler = type("Bound", (Handler,), {"root": root, "fetched": fetched})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield (
            {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
                "AWS_ACCESS_KEY_ID": "reader",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            fetched,
        )
    finally:
        server.shutdown()
        server.server_close()
