"""Camera files: the embedded preview where it is large enough, the developed sensor data where it is not.

The files are DNGs made here. Needs the extra `raw`, but for the first test.
"""

import importlib.util
import io
import struct
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from batch.errors import RowError
from batch.gemma.features import image_size
from batch.media.image import ImageLimits, load

HAS_RAWPY = importlib.util.find_spec("rawpy") is not None
needs_rawpy = pytest.mark.skipif(not HAS_RAWPY, reason="needs the extra raw")
LIMITS = ImageLimits()
HEIGHT, WIDTH = 240, 320
Tag = tuple[int, int, Sequence[int]]
SIZES = {1: "B", 3: "H", 4: "I", 5: "II", 10: "ii"}


def directory(tags: Sequence[Tag], place: int) -> tuple[bytes, bytes]:
    """A TIFF directory at `place` and what stands behind it. A tag: number, type, values (ratios flat)."""
    body, behind = b"", b""
    after = place + 2 + 12 * len(tags) + 4
    for number, kind, values in sorted(tags):
        code = SIZES[kind]
        packed = struct.pack(f"<{len(values)}{code[0]}", *values)
        count = len(values) // len(code)
        if len(packed) > 4:
            packed, behind = struct.pack("<I", after + len(behind)), behind + packed + b"\0" * (len(packed) % 2)
        body += struct.pack("<HHI", number, kind, count) + packed.ljust(4, b"\0")
    return struct.pack("<H", len(tags)) + body + struct.pack("<I", 0), behind


def dng(preview: bytes = b"", preview_size: tuple[int, int] = (0, 0), orientation: int = 1) -> bytes:
    """A Bayer picture, dark left and bright right, on its own or behind a JPEG preview of (height, width)."""
    ramp = np.repeat(np.linspace(2000, 50_000, WIDTH)[None], HEIGHT, axis=0).astype("<u2").tobytes()
    pixels_at, preview_at = 8, 8 + len(ramp)
    first_at = preview_at + len(preview) + len(preview) % 2
    one = (1, 1)
    sensor: list[Tag] = [
        (254, 4, (0,)), (256, 4, (WIDTH,)), (257, 4, (HEIGHT,)), (258, 3, (16,)), (259, 3, (1,)), (262, 3, (32803,)),
        (273, 4, (pixels_at,)), (277, 3, (1,)), (278, 4, (HEIGHT,)), (279, 4, (len(ramp),)),
        (33421, 3, (2, 2)), (33422, 1, (0, 1, 1, 2)), (50714, 4, (0,)), (50717, 4, (65535,)),
    ]  # fmt: skip
    camera: list[Tag] = [
        (50706, 1, (1, 4, 0, 0)), (50708, 1, tuple(b"Made Here\0")), (271, 1, tuple(b"Made\0")),
        (272, 1, tuple(b"Here\0")), (274, 3, (orientation,)),
        (50721, 10, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
        (50728, 5, one * 3), (50778, 3, (21,)),
    ]  # fmt: skip
    header = b"II*\0" + struct.pack("<I", first_at)
    if not preview:
        return header + ramp + b"".join(directory([*sensor, *camera], first_at))
    shown: list[Tag] = [
        (254, 4, (1,)), (256, 4, (preview_size[1],)), (257, 4, (preview_size[0],)), (258, 3, (8, 8, 8)),
        (259, 3, (7,)), (262, 3, (6,)), (273, 4, (preview_at,)), (277, 3, (3,)), (278, 4, (preview_size[0],)),
        (279, 4, (len(preview),)), (330, 4, (0,)),
    ]  # fmt: skip
    length = sum(map(len, directory([*shown, *camera], first_at)))
    shown[-1] = (330, 4, (first_at + length,))
    body = b"".join(directory([*shown, *camera], first_at)) + b"".join(directory(sensor, first_at + length))
    return header + ramp + preview.ljust(len(preview) + len(preview) % 2, b"\0") + body


def jpeg(height: int, width: int) -> bytes:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste((255, 0, 0), (0, 0, width, height // 2))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def tiny(height: int, width: int) -> tuple[int, int]:
    return height // 4, width // 4


@pytest.mark.skipif(HAS_RAWPY, reason="the extra raw is here")
def test_without_the_extra_a_camera_file_says_what_to_install() -> None:
    with pytest.raises(RowError, match=r"gemma4-batch\[raw\]") as caught:
        load(dng(), LIMITS)
    assert caught.value.kind == "unsupported_format"


@needs_rawpy
def test_sensor_data_is_developed_where_there_is_no_preview() -> None:
    loaded = load(dng(), LIMITS)
    assert (loaded.pixels.shape, loaded.height, loaded.width) == ((HEIGHT, WIDTH, 3), HEIGHT, WIDTH)
    columns = loaded.pixels.mean(axis=(0, 2))
    assert columns[300] > columns[160] > columns[20]


@needs_rawpy
@pytest.mark.parametrize(("orientation", "shape"), [(1, (240, 320, 3)), (6, (320, 240, 3)), (3, (240, 320, 3))])
def test_a_preview_as_large_as_the_photo_is_the_photo(orientation: int, shape: tuple[int, int, int]) -> None:
    pixels = load(dng(jpeg(HEIGHT, WIDTH), (HEIGHT, WIDTH), orientation), LIMITS).pixels
    assert pixels.shape == shape
    red = {1: pixels[20, 160], 3: pixels[220, 160], 6: pixels[160, 220]}[orientation]
    assert (red[0] > 230, red[2] < 30) == (True, True)


@needs_rawpy
def test_a_small_preview_is_used_only_where_less_is_shown() -> None:
    file = dng(jpeg(120, 160), (120, 160))
    reddest = load(file, LIMITS, tiny).pixels[5, 20]
    assert (reddest[0] > 230, reddest[2] < 30) == (True, True)
    developed = load(file, LIMITS, lambda height, width: image_size(height, width, 280)).pixels
    assert np.ptp(developed.mean(axis=(0, 2))) > 60  # the ramp of the sensor, not the colours of the preview


@needs_rawpy
def test_camera_files_are_held_to_the_limits_and_fail_by_name() -> None:
    for data, limits, kind in (
        (dng(), ImageLimits(max_pixels=1000), "too_large"),
        (dng()[: HEIGHT * WIDTH], LIMITS, "undecodable"),
        (b"FUJIFILMCCD-RAW 0201FF" + bytes(100), LIMITS, "unsupported_format"),
    ):
        with pytest.raises(RowError) as caught:
            load(data, limits)
        assert caught.value.kind in (kind, "undecodable")
