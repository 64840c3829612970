"""One URL of a row -> its bytes, from an allowed host, within limits. Rows are untrusted.

The host's name is resolved once and the connection goes to that very address, so that a second answer of the name
server cannot lead inside the network. Addresses that are not public are refused, unless the allowed host is that
address itself. Redirects are checked anew. No proxies, cookies or credentials.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from batch.errors import RowError

MAX_REDIRECTS = 5
CHUNK_BYTES = 256 * 1024
REDIRECTS = frozenset((301, 302, 303, 307, 308))
PORTS = {"http": 80, "https": 443}
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "gemma4-batch", "Connection": "close"}


def fetch(url: str, *, allow_hosts: Collection[str], max_bytes: int, timeout_s: float = 30.0) -> bytes:
    """The body of `url`, redirects followed, everything but the name's resolution within `timeout_s`.

    Raises RowError: url_refused (scheme, host or address), too_large, fetch_failed.
    """
    deadline = time.monotonic() + timeout_s
    for _ in range(MAX_REDIRECTS + 1):
        parts = _checked(url, allow_hosts)
        try:
            location, body = _get(parts, max_bytes, deadline)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise RowError("fetch_failed", f"{url!r}: {type(exc).__name__}: {exc}"[:500]) from exc
        if location is None:
            return body
        target = urljoin(url, location)
        if parts.scheme == "https" and not target.startswith("https:"):
            raise RowError("url_refused", f"{url!r} redirects from https to {target!r}")
        url = target
    raise RowError("fetch_failed", f"{url!r}: more than {MAX_REDIRECTS} redirects")


def _checked(url: str, allow_hosts: Collection[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise RowError("url_refused", f"{url!r} is not a URL: {exc}") from exc
    if parts.scheme not in PORTS or not host or port == 0:
        raise RowError("url_refused", f"{url!r}: only http and https URLs with a host are fetched")
    if parts.username is not None or parts.password is not None:
        raise RowError("url_refused", f"a URL for {host!r} carries a user name or password")
    if any(character < " " or character == "\x7f" for character in url):
        raise RowError("url_refused", f"{url!r} has control characters")
    if host not in {allowed.lower() for allowed in allow_hosts}:
        raise RowError(
            "url_refused", f"host {host!r} of {url!r} is not in source.allow_hosts; add it there to allow it"
        )
    return parts


def _get(parts: SplitResult, max_bytes: int, deadline: float) -> tuple[str | None, bytes]:
    """(location, b"") of a redirect, or (None, body)."""
    host = str(parts.hostname)
    port = parts.port or PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port)
    timer: threading.Timer | None = None
    sock = socket.create_connection((_address(host, port), port), timeout=_left(deadline))
    try:
        if parts.scheme == "https":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        # A timeout of the socket starts anew with every byte; this one does not.
        timer = threading.Timer(_left(deadline), _hang_up, (sock,))
        timer.start()
        connection.sock = sock
        connection.request("GET", _target(parts), headers=HEADERS)
        with connection.getresponse() as response:
            if response.status in REDIRECTS:
                return response.headers.get("Location") or "", b""
            if response.status != http.client.OK:
                raise http.client.HTTPException(f"status {response.status} {response.reason}")
            return None, _body(response, max_bytes, deadline)
    finally:
        if timer is not None:
            timer.cancel()
        connection.close()
        sock.close()


def _target(parts: SplitResult) -> str:
    """Path and query as a request line may hold them; what is encoded already stays."""
    text = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    return quote(text, safe="/?%:@!$&'()*+,;=[]~")


def _body(response: http.client.HTTPResponse, max_bytes: int, deadline: float) -> bytes:
    declared = response.length
    if declared is not None and declared > max_bytes:
        raise RowError("too_large", f"the server announces {declared:,} bytes, over media.max_bytes {max_bytes:,}")
    chunks: list[bytes] = []
    length = 0
    while True:
        chunk = response.read1(CHUNK_BYTES)
        _left(deadline)  # hung up at the deadline looks like the end of a body without a length
        if not chunk:
            break
        chunks.append(chunk)
        length += len(chunk)
        if length > max_bytes:
            raise RowError("too_large", f"more than media.max_bytes {max_bytes:,} were sent")
    if declared is not None and length < declared:
        raise http.client.HTTPException(f"the connection broke after {length:,} of {declared:,} bytes")
    return b"".join(chunks)


def _address(host: str, port: int) -> str:
    """The one address to connect to. Every address of the name must be public, not only the first."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not _is_address(host):
        for address in found:
            if not _is_public(address):
                raise RowError("url_refused", f"host {host!r} resolves to {address}, which is not a public address")
    return found[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return address.is_global and not address.is_multicast


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("out of time")
    return left
