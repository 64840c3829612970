"""What image.load makes of every format, mode, orientation and profile: the same upright sRGB picture.

"The same" is a peak signal-to-noise ratio: 35 dB where a format loses nothing but rounding, 28 dB for lossy ones.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from batch.media.image import ImageLimits, load, resize

DATA = Path(__file__).parent.parent / "data"
LIMITS = ImageLimits()
EXACT_DB, LOSSY_DB = 35.0, 28.0
UPRIGHT_TO_STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
SAVE = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {},
    "WEBP": {"quality": 95},
    "TIFF": {},
    "AVIF": {"quality": 90},
    "GIF": {},
    "BMP": {},
}


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    """Real pixels, 160 x 96, no symmetry."""
    with Image.open(DATA / "flower.jpg") as photo:
        return photo.crop((120, 60, 440, 252)).resize((160, 96))


def psnr(left: np.ndarray, right: np.ndarray) -> float:
    assert left.shape == right.shape
    error = np.mean((left.astype(np.float64) - right.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **{**SAVE[kind], **options})
    return file.getvalue()


def png(values: np.ndarray, colour: int) -> bytes:
    """A 16-bit PNG of uint16 [h, w] or [h, w, channels]: Pillow reads them, and writes only grey ones."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_is_turned_upright_once(kind: str, orientation: int, scene: Image.Image) -> None:
    turn = UPRIGHT_TO_STORED[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    stored = scene if turn is None else scene.transpose(turn)
    loaded = load(encoded(stored, kind, exif=exif.tobytes()), LIMITS)
    assert (loaded.height, loaded.width, loaded.flags) == (96, 160, ())
    assert psnr(loaded.pixels, np.asarray(scene)) > LOSSY_DB


def test_a_photo_stored_on_its_side_looks_like_the_one_stored_upright() -> None:
    upright = load(DATA / "exif_orientation_landscape_1.jpg", LIMITS)
    turned = load(DATA / "exif_orientation_landscape_6.jpg", LIMITS)
    assert upright.pixels.shape == turned.pixels.shape == (400, 600, 3)
    assert psnr(upright.pixels, turned.pixels) > 20  # they were two shots of one scene, drawn with another number


@pytest.mark.parametrize(
    ("kind", "mode", "decibels"),
    [
        ("JPEG", "L", LOSSY_DB), ("JPEG", "RGB", LOSSY_DB), ("JPEG", "CMYK", LOSSY_DB),
        ("PNG", "1", EXACT_DB), ("PNG", "L", EXACT_DB), ("PNG", "LA", EXACT_DB), ("PNG", "P", EXACT_DB),
        ("PNG", "RGB", EXACT_DB), ("PNG", "RGBA", EXACT_DB), ("PNG", "I;16", EXACT_DB),
        ("WEBP", "RGB", LOSSY_DB), ("WEBP", "RGBA", LOSSY_DB), ("WEBP", "L", LOSSY_DB),
        ("GIF", "L", EXACT_DB), ("GIF", "P", EXACT_DB), ("GIF", "1", EXACT_DB),
        ("TIFF", "1", EXACT_DB), ("TIFF", "L", EXACT_DB), ("TIFF", "LA", EXACT_DB), ("TIFF", "P", EXACT_DB),
        ("TIFF", "RGB", EXACT_DB), ("TIFF", "RGBA", EXACT_DB), ("TIFF", "CMYK", EXACT_DB), ("TIFF", "I;16", EXACT_DB),
        ("TIFF", "I;16B", EXACT_DB), ("TIFF", "I", EXACT_DB), ("TIFF", "F", EXACT_DB), ("TIFF", "YCbCr", LOSSY_DB),
        ("TIFF", "LAB", LOSSY_DB),
        ("BMP", "1", EXACT_DB), ("BMP", "L", EXACT_DB), ("BMP", "P", EXACT_DB), ("BMP", "RGB", EXACT_DB),
        ("AVIF", "RGB", LOSSY_DB), ("AVIF", "RGBA", LOSSY_DB), ("AVIF", "L", LOSSY_DB),
    ],
)  # fmt: skip
def test_every_mode_of_every_format_is_the_same_picture(
    kind: str, mode: str, decibels: float, scene: Image.Image
) -> None:
    expected = np.asarray(scene)
    if mode in ("1", "P"):
        image = scene.convert(mode)
        expected = np.asarray(image.convert("RGB"))
    elif mode in ("L", "LA"):
        image = scene.convert(mode)
        expected = np.asarray(scene.convert("L").convert("RGB"))
    elif mode in ("I;16", "I;16B", "I", "F"):
        grey = np.asarray(scene.convert("L"))
        dtype = {"I;16": "<u2", "I;16B": ">u2", "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray((grey.astype(np.float64) * (1 / 255 if mode == "F" else 257)).astype(dtype))
        expected = np.repeat(grey[:, :, None], 3, axis=2)
    elif mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        image = ImageCms.applyTransform(scene, transform)
    else:
        image = scene.convert(mode)
    assert psnr(load(encoded(image, kind), LIMITS).pixels, expected) > decibels


@pytest.mark.parametrize("mode", ["grey", "grey+alpha", "rgb", "rgba"])
def test_sixteen_bit_pngs_are_scaled_and_not_clipped(mode: str, scene: Image.Image) -> None:
    colour = {"grey": 0, "rgb": 2, "grey+alpha": 4, "rgba": 6}[mode]
    base = scene.convert("L" if mode.startswith("grey") else "RGB")
    values = np.asarray(base).astype(np.uint16) * 257
    if mode in ("grey+alpha", "rgba"):
        values = np.dstack((values, np.full(values.shape[:2], 65535, np.uint16)))
    assert psnr(load(png(values, colour), LIMITS).pixels, np.asarray(base.convert("RGB"))) > EXACT_DB


@pytest.mark.parametrize("factor", [1.0, 255.0, 65535.0])
def test_float_tiffs_are_scaled_by_the_range_their_values_suggest(factor: float, scene: Image.Image) -> None:
    grey = np.asarray(scene.convert("L"))
    tiff = encoded(Image.fromarray((grey / 255 * factor).astype(np.float32)), "TIFF")
    assert psnr(load(tiff, LIMITS).pixels, np.repeat(grey[:, :, None], 3, axis=2)) > EXACT_DB


def test_a_float_tiff_with_negative_and_undefined_values_spans_black_to_white() -> None:
    values = np.linspace(-5, 5, 400, dtype=np.float32).reshape(20, 20)
    values[0, 1] = np.nan
    pixels = load(encoded(Image.fromarray(values), "TIFF"), LIMITS).pixels
    assert (pixels[0, 0].tolist(), pixels[-1, -1].tolist()) == ([0, 0, 0], [255, 255, 255])


def transparent(mode: str) -> Image.Image:
    image = Image.new("RGBA", (16, 8), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 8, 8))
    return image.quantize(8) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode", "opaque"),
    [("PNG", "RGBA", [200, 0, 0]), ("PNG", "LA", [60, 60, 60]), ("PNG", "P", [200, 0, 0]), ("GIF", "RGBA", [200, 0, 0]),
     ("TIFF", "RGBA", [200, 0, 0])],
)  # fmt: skip
def test_transparent_pixels_show_white_and_opaque_ones_their_colour(kind: str, mode: str, opaque: list[int]) -> None:
    pixels = load(encoded(transparent(mode), kind), LIMITS).pixels
    assert (pixels[4, 2].tolist(), pixels[4, 12].tolist()) == ([255, 255, 255], opaque)


def test_half_transparency_is_halfway_to_white() -> None:
    pixels = load(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG"), LIMITS).pixels
    assert pixels[0, 0].tolist() == [127, 127, 127]


def test_a_transparent_colour_of_an_rgb_png_shows_white() -> None:
    image = Image.new("RGB", (16, 8), (10, 20, 30))
    image.paste((1, 2, 3), (0, 0, 8, 8))
    pixels = load(encoded(image, "PNG", transparency=(1, 2, 3)), LIMITS).pixels
    assert (pixels[0, 0].tolist(), pixels[0, 12].tolist()) == ([255, 255, 255], [10, 20, 30])


def test_the_first_frame_of_an_animation_is_the_picture() -> None:
    red, blue = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))
    for kind in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        animated = encoded(red, kind, save_all=True, append_images=[blue], duration=100, **options)
        assert load(animated, LIMITS).pixels[8, 8].tolist() == [255, 0, 0]


P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])  # linear light


def test_display_p3_is_converted_to_srgb_as_its_matrix_says() -> None:
    with Image.open(DATA / "iphone_IMG_5195.HEIC") as photo:
        profile = photo.info["icc_profile"]
    colours = np.array([[200, 100, 90], [90, 160, 80], [70, 90, 180], [128, 128, 128]], np.uint8)
    image = Image.fromarray(np.repeat(colours[None], 8, axis=0).repeat(4, axis=1))
    value = colours / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) @ P3_TO_SRGB.T
    expected = 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light.clip(0) ** (1 / 2.4) - 0.055)
    pixels = load(encoded(image, "PNG", icc_profile=profile), LIMITS).pixels
    assert np.abs(pixels[0, ::4].astype(float) - expected).max() <= 2
    assert np.abs(pixels[0, 0].astype(int) - colours[0]).max() > 5  # and it was not left alone


def test_a_damaged_profile_is_ignored(scene: Image.Image) -> None:
    for profile in (b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:200]):
        pixels = load(encoded(scene, "PNG", icc_profile=profile), LIMITS).pixels
        assert np.array_equal(pixels, np.asarray(scene))


@pytest.mark.parametrize("packed", [False, True])
def test_a_png_is_not_lost_for_the_megabytes_written_beside_its_picture(packed: bool, scene: Image.Image) -> None:
    """The workflow of an image generator, and the profile of a scanner (here a damaged one)."""
    workflow = PngImagePlugin.PngInfo()
    workflow.add_text("workflow", "node " * 600_000, zip=packed)
    pixels = load(encoded(scene, "PNG", pnginfo=workflow, icc_profile=bytes(3_000_000)), LIMITS).pixels
    assert np.array_equal(pixels, np.asarray(scene))


def test_an_iphone_photo_is_upright_and_has_the_colours_of_its_profile() -> None:
    loaded = load(DATA / "iphone_IMG_5195.HEIC", LIMITS)
    assert loaded.pixels.shape == (loaded.height, loaded.width, 3) == (3313, 2566, 3)
    assert 40 < loaded.pixels.mean() < 215


def test_bytes_and_path_give_the_same_picture() -> None:
    path = DATA / "flower.jpg"
    assert np.array_equal(load(path, LIMITS).pixels, load(path.read_bytes(), LIMITS).pixels)


def test_resize_is_pillows_bicubic_and_leaves_equal_sizes_alone(scene: Image.Image) -> None:
    pixels = np.asarray(scene)
    assert resize(pixels, 96, 160) is pixels
    assert np.array_equal(resize(pixels, 48, 96), np.asarray(scene.resize((96, 48), Image.Resampling.BICUBIC)))
