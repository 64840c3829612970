"""TIFFs as scanners and image programs write them, and Pillow does not: 16 bits a colour, stored in every way."""

import io
import struct
import zlib
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from batch.errors import RowError
from batch.media.image import ImageLimits, load
from tests.media.test_image import DATA, EXACT_DB, psnr

SHORT, LONG, FIRST_STRIP = 3, 4, 8
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, SEPARATED = 0, 1, 2, 5


def tiff(
    values: np.ndarray,
    photometric: int,
    *,
    order: Literal["<", ">"] = "<",
    deflate: bool = False,
    apart: bool = False,
    alpha: bool = False,
) -> bytes:
    """uint16 [h, w, channels] as a TIFF of one strip, or of one for each channel (`apart`)."""
    height, width, channels = values.shape
    parts = [values[:, :, [channel]] for channel in range(channels)] if apart else [values]
    strips = [part.astype(order + "u2").tobytes() for part in parts]
    if deflate:
        strips = [zlib.compress(strip) for strip in strips]
    strips = [strip + b"\0" * (len(strip) % 2) for strip in strips]
    places = [FIRST_STRIP + sum(map(len, strips[:number])) for number in range(len(strips))]
    tags = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [16] * channels), 259: (SHORT, [8 if deflate else 1]),
        262: (SHORT, [photometric]), 273: (LONG, places), 277: (SHORT, [channels]), 278: (LONG, [height]),
        279: (LONG, [len(strip) for strip in strips]), 284: (SHORT, [2 if apart else 1]),
    } | ({338: (SHORT, [2])} if alpha else {})  # fmt: skip
    directory = FIRST_STRIP + sum(map(len, strips))
    after = directory + 2 + 12 * len(tags) + 4
    entries = elsewhere = b""
    for tag in sorted(tags):
        kind, numbers = tags[tag]
        body = struct.pack(f"{order}{len(numbers)}{'H' if kind == SHORT else 'I'}", *numbers)
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers))
        if len(body) > 4:
            entries += struct.pack(f"{order}I", after + len(elsewhere))
            elsewhere += body
        else:
            entries += body.ljust(4, b"\0")
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", directory)
    return head + b"".join(strips) + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + elsewhere


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with Image.open(DATA / "flower.jpg") as whole:
        return whole.crop((120, 60, 440, 252)).resize((160, 96)).convert("RGB")


def sixteen(image: Image.Image) -> np.ndarray:
    values = np.asarray(image).astype(np.uint16) * 257
    return values if values.ndim == 3 else values[:, :, None]


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_colour_scan_of_sixteen_bits_is_scaled_however_it_is_stored(
    order: Literal["<", ">"], apart: bool, deflate: bool, photo: Image.Image
) -> None:
    content = tiff(sixteen(photo), RGB, order=order, apart=apart, deflate=deflate)
    assert psnr(load(content, ImageLimits()).pixels, np.asarray(photo)) > EXACT_DB


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_a_grey_scan_is_no_negative_whichever_end_it_counts_from(
    photometric: int, order: Literal["<", ">"], deflate: bool, photo: Image.Image
) -> None:
    grey = photo.convert("L")
    values = sixteen(grey) if photometric == BLACK_IS_ZERO else 65535 - sixteen(grey)
    content = tiff(values, photometric, order=order, deflate=deflate)
    assert psnr(load(content, ImageLimits()).pixels, np.asarray(grey.convert("RGB"))) > EXACT_DB


def test_sixteen_bits_with_transparency_and_of_inks_are_read(photo: Image.Image) -> None:
    opaque = np.full((96, 160, 1), 65535, np.uint16)
    with_alpha = tiff(np.dstack((sixteen(photo), opaque)), RGB, alpha=True)
    inks = tiff(np.dstack((65535 - sixteen(photo), 65535 - opaque)), SEPARATED)
    for content in (with_alpha, inks):
        assert psnr(load(content, ImageLimits()).pixels, np.asarray(photo)) > EXACT_DB


def test_a_kind_that_no_decoder_knows_is_a_named_failure(photo: Image.Image) -> None:
    grey = sixteen(photo.convert("L"))
    with pytest.raises(RowError, match="of a kind that no decoder here knows") as caught:
        load(tiff(np.dstack((grey, grey)), BLACK_IS_ZERO, alpha=True), ImageLimits())
    assert caught.value.kind == "undecodable"


def test_half_a_scan_that_is_not_compressed_is_accepted_on_request_and_flagged(photo: Image.Image) -> None:
    """Also after one that only libtiff reads."""
    load(tiff(sixteen(photo), RGB, apart=True), ImageLimits())
    file = io.BytesIO()
    photo.save(file, "TIFF")
    half = file.getvalue()[: len(file.getvalue()) // 2]
    with pytest.raises(RowError) as caught:
        load(half, ImageLimits())
    assert caught.value.kind == "truncated_media"
    loaded = load(half, ImageLimits(accept_truncated=True))
    assert loaded.flags == ("truncated_media",)
    assert np.array_equal(loaded.pixels[:40], np.asarray(photo)[:40])
