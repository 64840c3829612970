"""Fetching against a real server on a loopback socket: limits, redirects, and what is refused before any socket."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from batch.errors import RowError
from batch.media.fetch import MAX_REDIRECTS, _is_public, fetch

HERE = ("127.0.0.1",)
BODY = bytes(range(256)) * 400


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        pages = {
            "/photo": self.photo, "/chunks": self.chunks, "/short": self.short, "/slow": self.slow,
            "/slow_header": self.slow_header,
        }  # fmt: skip
        name, _, target = self.path.partition("?to=")
        if name == "/redirect":
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
        elif name == "/sch%C3%B6n%20rot.jpg":
            self.photo()
        elif name in pages:
            pages[name]()
        else:
            self.send_error(404)

    def photo(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def chunks(self) -> None:
        """No length announced: ends with the connection."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(BODY)

    def short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY) + 1))
        self.end_headers()
        self.wfile.write(BODY)

    def slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.trickle()

    def slow_header(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
        self.trickle()

    def trickle(self) -> None:
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are the point here
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(url: str, *, allow_hosts: tuple[str, ...] = HERE, max_bytes: int = 10**6, timeout_s: float = 10) -> str:
    with pytest.raises(RowError) as caught:
        fetch(url, allow_hosts=allow_hosts, max_bytes=max_bytes, timeout_s=timeout_s)
    return caught.value.kind


@pytest.mark.network
@pytest.mark.parametrize("page", ["/photo", "/chunks", "/redirect?to=/photo", "/redirect?to=/redirect?to=/chunks"])
def test_the_body_comes_whole(site: str, page: str) -> None:
    assert fetch(site + page, allow_hosts=HERE, max_bytes=len(BODY)) == BODY


@pytest.mark.network
@pytest.mark.parametrize("page", ["/schön rot.jpg", "/sch%C3%B6n%20rot.jpg"])
def test_spaces_and_letters_of_any_language_are_encoded_once(site: str, page: str) -> None:
    assert fetch(site + page, allow_hosts=HERE, max_bytes=len(BODY)) == BODY


@pytest.mark.network
@pytest.mark.parametrize("page", ["/photo", "/chunks"])
def test_a_byte_too_many_is_refused(site: str, page: str) -> None:
    assert refusal(site + page, max_bytes=len(BODY) - 1) == "too_large"


@pytest.mark.network
def test_what_the_server_cannot_give_is_a_failed_fetch(site: str) -> None:
    assert refusal(site + "/nothing") == "fetch_failed"
    assert refusal(site + "/short") == "fetch_failed"
    assert refusal("http://127.0.0.1:1/photo") == "fetch_failed"


@pytest.mark.network
@pytest.mark.parametrize("page", ["/slow", "/slow_header"])
def test_a_trickling_server_is_left_when_the_time_is_over(site: str, page: str) -> None:
    began = time.monotonic()
    assert refusal(site + page, timeout_s=0.5) == "fetch_failed"
    assert time.monotonic() - began < 2


@pytest.mark.network
def test_redirects_are_checked_and_counted(site: str) -> None:
    assert refusal(site + "/redirect?to=http://localhost/photo") == "url_refused"
    assert refusal(site + "/redirect?to=file:///etc/hostname") == "url_refused"
    loop = "/photo"
    for _ in range(MAX_REDIRECTS + 1):
        loop = f"/redirect?to={loop}"
    assert refusal(site + loop) == "fetch_failed"


@pytest.mark.network
def test_an_allowed_name_that_leads_inside_the_network_is_refused() -> None:
    assert refusal("http://localhost:9/photo", allow_hosts=("localhost",)) == "url_refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.jpg", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/a", "file:///etc/hostname",
        "//127.0.0.1/a", "http:///a", "http://user:word@127.0.0.1/a", "http://127.0.0.1:99999/", "http://[::1/",
        "http://127.0.0.1/a\r\nX: y", "http://127.0.0.1/a\tb", "http://127.0.0.1/\x7f", "photo.jpg", "",
    ],
)  # fmt: skip
def test_urls_off_the_list_or_out_of_shape_open_no_socket(url: str) -> None:
    assert refusal(url) == "url_refused"


def test_no_host_is_allowed_by_default() -> None:
    assert refusal("http://127.0.0.1/a", allow_hosts=()) == "url_refused"


@pytest.mark.parametrize(
    ("address", "public"),
    [("93.184.215.14", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False),
     ("192.168.1.1", False), ("172.16.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
     ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False),
     ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False)],
)  # fmt: skip
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert _is_public(address) is public
