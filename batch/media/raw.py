"""A camera RAW file -> the preview its camera put in, or its sensor data developed. Needs the extra `raw` (rawpy).

The preview comes first: it is what the photographer saw, and takes a tenth of the time. Only where it is smaller
than what the model is shown, or missing, is the file developed.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batch.errors import RowError
from batch.media.view import Sizing

# LibRaw's `flip` as an EXIF orientation.
ORIENTATION = {0: 1, 3: 3, 5: 8, 6: 6}


@dataclass(frozen=True, slots=True)
class RawPicture:
    """`jpeg`: an embedded preview, to be turned by its own orientation, else by `orientation`; or `pixels`, uint8
    [h, w, 3], upright sRGB."""

    jpeg: bytes | None
    pixels: NDArray[np.uint8] | None
    orientation: int = 1


def read_raw(source: bytes | Path, name: str, max_pixels: int, sizing: Sizing | None) -> RawPicture:
    """Raises RowError: unsupported_format (without the extra, and for cameras it does not know), too_large,
    undecodable."""
    try:
        import rawpy
    except ImportError as exc:
        raise RowError(
            "unsupported_format",
            f"{name} is a camera RAW file, which needs the extra: pip install 'gemma4-batch[raw]'; or export it as "
            "JPEG",
        ) from exc
    try:
        with rawpy.imread(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as raw:
            return _picture(rawpy, raw, name, max_pixels, sizing)
    except RowError:
        raise
    except rawpy.LibRawFileUnsupportedError as exc:
        raise RowError("unsupported_format", f"{name} is of a camera that rawpy does not know; export it") from exc
    except Exception as exc:  # LibRaw's errors, and whatever else a damaged file brings about
        raise RowError("undecodable", f"{name} cannot be developed: {type(exc).__name__}: {exc}"[:500]) from exc


def _picture(rawpy: Any, raw: Any, name: str, max_pixels: int, sizing: Sizing | None) -> RawPicture:
    height, width = raw.sizes.height, raw.sizes.width
    if height * width > max_pixels:
        raise RowError("too_large", f"{name} is {width} x {height} px, over media.max_pixels {max_pixels:,}")
    shown = sizing(height, width) if sizing else (height, width)
    try:
        preview = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        preview = None
    if preview is not None and preview.format == rawpy.ThumbFormat.JPEG:
        tall, wide = _jpeg_size(preview.data)
        if min(tall, wide) >= min(shown) and max(tall, wide) >= max(shown):
            sideways = (tall > wide) != (height > width)  # the camera turned it already
            return RawPicture(preview.data, None, 1 if sideways else ORIENTATION.get(raw.sizes.flip, 1))
    half = height >= 4 * shown[0] and width >= 4 * shown[1]  # half the size leaves twice what is shown
    return RawPicture(None, np.asarray(raw.postprocess(use_camera_wb=True, half_size=half, output_bps=8), np.uint8))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """(height, width) from the frame header; (0, 0) where there is none."""
    position = 2
    while position + 9 < len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return (
                int.from_bytes(data[position + 5 : position + 7], "big"),
                int.from_bytes(data[position + 7 : position + 9], "big"),
            )
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return 0, 0
