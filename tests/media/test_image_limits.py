"""Which files image.load refuses, under which name, and what it flags. No pixel of a bomb is ever decoded."""

import io
import struct
import tracemalloc
import zlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch.errors import RowError
from batch.media.image import ImageLimits, load

DATA = Path(__file__).parent.parent / "data"
LIMITS = ImageLimits()
TOLERANT = ImageLimits(accept_truncated=True)


def encoded(width: int, height: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(file, kind)
    return file.getvalue()


def refusal(source: bytes | Path, limits: ImageLimits = LIMITS) -> str:
    with pytest.raises(RowError) as caught:
        load(source, limits)
    assert caught.value.message
    return caught.value.kind


def outcome(source: bytes, limits: ImageLimits) -> str:
    try:
        return "flagged" if "truncated_media" in load(source, limits).flags else "whole"
    except RowError as error:
        return error.kind


def png_bomb(side: int) -> bytes:
    """A PNG that announces side x side pixels, with the first rows of zeros."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(10 * (1 + 3 * side)))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("corrupted.heic", "undecodable"),
        ("truncated.jpg", "truncated_media"),
        ("zero_bytes.m4a", "undecodable"),
        ("empty_header_only.wav", "unsupported_format"),
        ("not_there.jpg", "missing_file"),
    ],
)
def test_the_bad_files_fail_by_name(name: str, kind: str) -> None:
    assert refusal(DATA / name) == kind
    if (DATA / name).exists():
        assert refusal((DATA / name).read_bytes()) == kind


def test_a_bomb_is_refused_by_its_header() -> None:
    bomb = png_bomb(60_000)
    tracemalloc.start()
    try:
        assert refusal(bomb) == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 4 * len(bomb) + 10_000_000
    finally:
        tracemalloc.stop()


def test_more_bytes_than_allowed_are_refused_unread() -> None:
    image = encoded(64, 64)
    assert refusal(image, ImageLimits(max_bytes=len(image) - 1)) == "too_large"
    assert load(image, ImageLimits(max_bytes=len(image))).pixels.shape == (64, 64, 3)


def test_more_pixels_than_allowed_are_refused() -> None:
    assert refusal(encoded(65, 64), ImageLimits(max_pixels=64 * 64)) == "too_large"
    assert load(encoded(64, 64), ImageLimits(max_pixels=64 * 64)).pixels.shape == (64, 64, 3)


def test_a_photo_over_pillows_own_limit_is_read_without_a_warning() -> None:
    file = io.BytesIO()
    Image.new("L", (10_000, 9_500)).save(file, "PNG")
    assert load(file.getvalue(), LIMITS).pixels.shape == (9_500, 10_000, 3)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 20_000), (7, 500), (500, 7)])
def test_a_picture_under_eight_pixels_a_side_is_nothing_to_see(width: int, height: int) -> None:
    assert refusal(encoded(width, height)) == "undecodable"


@pytest.mark.parametrize(
    ("width", "height", "flags"),
    [(8, 8, ("resized_extreme",)), (31, 40, ("resized_extreme",)), (32, 320, ()), (32, 321, ("resized_extreme",)),
     (2000, 100, ("resized_extreme",)), (100, 100, ())],
)  # fmt: skip
def test_tiny_and_very_long_pictures_are_flagged(width: int, height: int, flags: tuple[str, ...]) -> None:
    assert load(encoded(width, height), LIMITS).flags == flags


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        *((kind, range(1, 21)) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")),
        ("HEIF", range(1, 21, 5)),  # libheif takes a third of a second for each attempt at the 8 MP photo
        pytest.param("HEIF", range(1, 21), marks=pytest.mark.slow),
    ],
)
def test_a_file_cut_anywhere_is_never_a_whole_picture(kind: str, places: range) -> None:
    """At twenty places: an error by name, and where `accept_truncated` saves something, a flagged picture."""
    whole = (DATA / "iphone_IMG_5195.HEIC").read_bytes() if kind == "HEIF" else encoded(120, 90, kind)
    for place in places:
        cut = whole[: len(whole) * place // 21]
        assert refusal(cut) in {"truncated_media", "undecodable"}
        assert outcome(cut, TOLERANT) in {"flagged", "truncated_media", "undecodable"}


def test_half_a_jpeg_is_accepted_on_request_and_flagged() -> None:
    whole = encoded(160, 120, "JPEG")
    half = load(whole[: len(whole) // 2], TOLERANT)
    assert (half.pixels.shape, half.flags) == ((120, 160, 3), ("truncated_media",))
    assert np.array_equal(half.pixels[:32], load(whole, TOLERANT).pixels[:32])
    assert load(whole, TOLERANT).flags == ()


def test_the_suffix_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(64, 48, "JPEG"))
    assert load(path, LIMITS).pixels.shape == (48, 64, 3)


def test_text_and_other_formats_named_jpg_are_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    for content in (b"Dear diary, today", b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe"):
        path.write_bytes(content)
        assert refusal(path) == "unsupported_format"


def test_a_format_off_the_list_is_unsupported_though_pillow_could_read_it() -> None:
    assert refusal(encoded(64, 64, "PPM")) == "unsupported_format"
    assert refusal(encoded(64, 64, "ICO")) == "unsupported_format"


@pytest.mark.skipif(find_spec("rawpy") is not None, reason="the extra raw is installed: test_raw.py has more")
def test_raw_files_are_refused_with_the_name_of_the_extra(tmp_path: Path) -> None:
    dng = io.BytesIO()
    Image.new("RGB", (64, 64)).save(dng, "TIFF", tiffinfo={50706: b"\x01\x04\x00\x00"})
    named = tmp_path / "DSC_0001.NEF"
    named.write_bytes(encoded(64, 64, "TIFF"))
    for source in (dng.getvalue(), named, b"\0\0\0\x18ftypcrx \0\0\0\1", b"FUJIFILMCCD-RAW 0201FF"):
        with pytest.raises(RowError, match=r"gemma4-batch\[raw\]") as caught:
            load(source, LIMITS)
        assert caught.value.kind == "unsupported_format"


def test_a_folder_is_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "missing_file"
