"""Column values as media, and the walls around paths and URLs in rows."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from batch.errors import RowError
from batch.source.medium import Media, media_of


def failure(value: Any, roots: tuple[Path, ...] = (), hosts: tuple[str, ...] = ()) -> str:
    with pytest.raises(RowError) as caught:
        media_of(value, roots=roots, allow_hosts=hosts)
    return caught.value.kind


def test_null_is_no_medium_and_a_list_is_its_items() -> None:
    assert media_of(None, roots=()) == ()
    assert media_of({"bytes": None, "path": None}, roots=()) == ()
    assert media_of([b"a", None, [{"bytes": b"b", "path": "b.png"}]], roots=()) == (
        Media("", data=b"a"),
        Media("b.png", data=b"b"),
    )


def test_bytes_win_over_the_path_beside_them() -> None:
    assert media_of({"bytes": b"x", "path": "/etc/passwd"}, roots=()) == (Media("/etc/passwd", data=b"x"),)


def test_a_relative_path_is_looked_for_in_the_roots_in_order(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/a.png", "two/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    roots = (tmp_path / "one", tmp_path / "two")
    assert media_of("a.png", roots=roots) == (Media("a.png", path=str(tmp_path / "one/a.png")),)
    assert media_of("b.png", roots=roots) == (Media("b.png", path=str(tmp_path / "two/b.png")),)
    assert media_of({"bytes": None, "path": str(tmp_path / "two/b.png")}, roots=roots) == (
        Media("b.png", path=str(tmp_path / "two/b.png")),
    )
    assert media_of(f"file://{tmp_path}/two/b.png", roots=roots)[0].path == str(tmp_path / "two/b.png")


@pytest.mark.parametrize("value", ["missing.png", "", "a\0b.png", "x" * 5000, "."])
def test_what_is_no_file_is_a_missing_file(tmp_path: Path, value: str) -> None:
    assert failure(value, (tmp_path,)) == "missing_file"


def test_no_path_leads_outside_the_roots(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.png").write_bytes(b"")
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    for value in ("../secret.png", str(tmp_path / "secret.png"), "link.png", "/etc/passwd", "file:///etc/passwd"):
        assert failure(value, (root,)) == "outside_root"
    assert media_of("link.png", roots=(root, tmp_path)) == (Media("link.png", path=str(tmp_path / "secret.png")),)


def test_a_root_that_is_itself_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.png").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert media_of("a.png", roots=(tmp_path / "link",))[0].path == str(tmp_path / "real/a.png")


def test_either_spelling_of_an_accent_finds_the_file(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "é.png")
    (tmp_path / name).write_bytes(b"")
    assert media_of("é.png", roots=(tmp_path,))[0].path == str(tmp_path / name)


def test_urls_are_refused_unless_their_host_is_allowed() -> None:
    url = "https://Images.Example.org/a/b.jpg?size=1"
    assert failure(url) == "url_refused"
    assert failure(url, hosts=("example.org",)) == "url_refused"
    assert media_of(url, roots=(), allow_hosts=("images.example.org",)) == (Media("b.jpg", url=url),)
    for other in (
        "s3://images.example.org/a",
        "hf://datasets/x",
        "http://[bad/",
        "http://images.example.org@evil.org/",
    ):
        assert failure(other, hosts=("images.example.org",)) == "url_refused"


def test_a_data_url_is_its_bytes() -> None:
    assert media_of("data:image/png;base64,aGk=", roots=()) == (Media("", data=b"hi"),)
    assert failure("data:image/png;base64,***") == "undecodable"
    assert failure("data:image/png,hi") == "unsupported_format"


@pytest.mark.parametrize("value", [3, 1.5, {"array": [0.0], "sampling_rate": 16000}])
def test_anything_else_is_no_medium(value: Any) -> None:
    assert failure(value) == "unsupported_format"


def test_a_long_value_is_shortened_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(RowError) as caught:
        media_of("x" * 5000, roots=(tmp_path,))
    assert len(caught.value.message) < 500
