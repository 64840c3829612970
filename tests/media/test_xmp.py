"""Sidecars: found by both names, merged with what the picture says itself, and never a way out of the folder."""

import os
from pathlib import Path

import pytest

from batch.media.exif import read_metadata
from batch.media.xmp import MAX_BYTES, read_sidecar
from tests.media.test_exif import SAID, XMP, photo

WORDS = XMP.replace("A day at sea", "By the pier").replace("<rdf:li>boat</rdf:li>", "<rdf:li>gulls</rdf:li>")


def beside(folder: Path, name: str, content: str | bytes = WORDS) -> Path:
    """A picture that says the words of SAID itself, and a sidecar of this name."""
    picture = folder / "pier.jpg"
    picture.write_bytes(photo(xmp=XMP.encode()))
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return picture


@pytest.mark.parametrize("name", ["pier.jpg.xmp", "pier.xmp", "pier.jpg.XMP"])
def test_a_sidecar_comes_before_what_the_picture_says_and_adds_to_it(tmp_path: Path, name: str) -> None:
    meta = read_metadata(beside(tmp_path, name))["meta"]
    assert (meta["title"], meta["keywords"], meta["people"]) == ("By the pier", "sea, gulls, boat", "Ada, Grace")


def test_the_sidecar_of_this_very_file_is_taken_before_that_of_its_raw_twin(tmp_path: Path) -> None:
    picture = beside(tmp_path, "pier.xmp", WORDS.replace("By the pier", "The RAW file"))
    (tmp_path / "pier.jpg.xmp").write_text(WORDS)
    assert read_metadata(picture)["meta"]["title"] == "By the pier"


@pytest.mark.parametrize(
    "content",
    [b"", b"no XML", b"<a>", WORDS.encode() + b" " * MAX_BYTES, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + WORDS.encode()],
)
def test_a_sidecar_that_cannot_be_read_leaves_what_the_picture_says(tmp_path: Path, content: bytes) -> None:
    meta = read_metadata(beside(tmp_path, "pier.jpg.xmp", content), "pier.jpg")["meta"]
    assert meta == SAID


def test_a_link_a_pipe_and_a_folder_are_no_sidecars(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(WORDS)
    (tmp_path / "in").mkdir()
    picture = tmp_path / "in" / "pier.jpg"
    (tmp_path / "in" / "pier.jpg.xmp").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "in" / "pier.xmp")
    (tmp_path / "in" / "pier.XMP").mkdir()
    assert read_sidecar(picture) == b""


def test_bytes_without_a_file_have_no_sidecar() -> None:
    assert read_metadata(photo(xmp=XMP.encode()))["meta"] == SAID
