"""What Pillow does not know of TIFFs: 16-bit scans in their several forms, and which of a file's pictures are pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, TiffImagePlugin

from batch.media.signature import BITS_TAG, PHOTOMETRIC_TAG, PLANES_TAG, SUBFILE_TAG

WHITE_IS_ZERO, COLOURS_APART = 0, 2
REDUCED_OR_MASK = 0b101  # bits of the tag NewSubfileType: no page of the document

# 16-bit grey whose zero is white is known to Pillow in little-endian files only; it turns neither over.
TiffImagePlugin.OPEN_INFO[(TiffImagePlugin.MM, WHITE_IS_ZERO, (1,), 1, (16,), ())] = ("I;16B", "I;16B")


@contextmanager
def opened(file: BinaryIO, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """The picture in `file`, as Image.open has it; read with libtiff where its colours lie apart in 16 bits: Pillow's
    own reader (of what is not compressed) mixes their pixels up. Elsewhere it stays: it saves half of a cut file."""
    image = Image.open(file, formats=formats)
    before = TiffImagePlugin.READ_LIBTIFF
    try:
        if image.format == "TIFF" and _lies_apart_wide(image):
            TiffImagePlugin.READ_LIBTIFF = True
            file.seek(0)
            image = Image.open(file, formats=formats)
        with image:
            yield image
    finally:
        TiffImagePlugin.READ_LIBTIFF = before


def _lies_apart_wide(image: Image.Image) -> bool:
    bits = getattr(image, "tag_v2", {}).get(BITS_TAG, (1,))
    return _tags(image).get(PLANES_TAG) == COLOURS_APART and max(bits) > 8


def counted_from_black(image: Image.Image) -> Image.Image:
    """A loaded picture, turned over where its file's zero is white (scans of film and paper): Pillow does it only up to
    8 bits."""
    if _tags(image).get(PHOTOMETRIC_TAG) != WHITE_IS_ZERO or not image.mode.startswith("I;16"):
        return image
    turned = Image.fromarray(np.iinfo(np.uint16).max - np.asarray(image).astype(np.uint16))
    turned.info = image.info
    return turned


def pages(image: Image.Image, wanted: int) -> list[int]:
    """Positions of the first `wanted` pages of a TIFF; thumbnails and masks are none. Leaves it at the last it saw."""
    found = [0]
    for position in range(1, int(getattr(image, "n_frames", 1))):
        if len(found) == wanted:
            break
        image.seek(position)
        if not _tags(image).get(SUBFILE_TAG, 0) & REDUCED_OR_MASK:
            found.append(position)
    return found


def _tags(image: Image.Image) -> dict[int, int]:
    return cast(dict[int, int], getattr(image, "tag_v2", {}))
