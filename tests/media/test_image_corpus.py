"""Real pixels through all formats x modes x EXIF orientations: the same upright picture each time.

"The same" is a peak signal-to-noise ratio at the size the model sees: 35 dB where a format loses nothing but
rounding, 30 dB for lossy ones, against the picture that was put in.
"""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from batch.gemma.features import image_size
from batch.media.image import ImageLimits, LoadedImage, load
from tests.media.test_image import DATA, UPRIGHT_TO_STORED, encoded, psnr

LIMITS = ImageLimits()
EXACT_DB, LOSSY_DB = 35.0, 30.0
MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("L", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"),
    "AVIF": ("L", "RGB", "RGBA"),
}
LOSSY = ("JPEG", "WEBP", "AVIF")
CASES = [(kind, mode, turn) for kind, modes in MODES.items() for mode, turn in itertools.product(modes, range(1, 9))]


def sized(height: int, width: int) -> tuple[int, int]:
    return image_size(height, width, 70)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """640 x 400: larger than what 70 soft tokens show."""
    with Image.open(DATA / "flower.jpg") as whole:
        return whole.crop((0, 20, 640, 420)).convert("RGB")


def in_mode(photo: Image.Image, mode: str) -> tuple[Image.Image, Image.Image]:
    """The picture in a mode, and what it looks like there, as RGB."""
    if mode in ("1", "P"):
        image = photo.convert(mode)
        return image, image.convert("L" if mode == "1" else "RGB").convert("RGB")
    grey = photo.convert("L")
    if mode in ("I;16", "F"):
        values = np.asarray(grey).astype(np.uint16 if mode == "I;16" else np.float32)
        return Image.fromarray(values * np.asarray(257 if mode == "I;16" else 1 / 255, values.dtype)), grey.convert(
            "RGB"
        )
    return (grey.convert(mode), grey.convert("RGB")) if mode in ("L", "LA") else (photo.convert(mode), photo)


@pytest.mark.parametrize(("kind", "mode", "orientation"), CASES)
def test_every_format_mode_and_orientation_is_the_same_picture(
    kind: str, mode: str, orientation: int, photo: Image.Image
) -> None:
    image, looks = in_mode(photo, mode)
    turn = UPRIGHT_TO_STORED[orientation]
    if turn is not None:
        image = image.transpose(turn)
    exif = Image.Exif()
    exif[274] = orientation
    loaded = load(encoded(image, kind, exif=exif.tobytes()), LIMITS, sized)
    height, width = sized(400, 640)
    assert (loaded.pixels.shape, loaded.height, loaded.width) == ((height, width, 3), 400, 640)
    expected = np.asarray(looks.resize((width, height), Image.Resampling.BICUBIC))
    assert psnr(loaded.pixels, expected) > (LOSSY_DB if kind in LOSSY else EXACT_DB)


@pytest.mark.parametrize("quarter_turns", range(4))
def test_a_heic_is_turned_as_its_own_box_says(quarter_turns: int) -> None:
    whole = (DATA / "iphone_IMG_5195.HEIC").read_bytes()
    place = whole.index(b"irot") + 4
    as_stored = load_turned(whole, place, 0)
    turned = load_turned(whole, place, quarter_turns)
    expected = np.rot90(as_stored.pixels, quarter_turns)  # the box counts anticlockwise, as NumPy does
    assert turned.pixels.shape == expected.shape
    assert psnr(turned.pixels, expected) > LOSSY_DB


def load_turned(whole: bytes, place: int, quarter_turns: int) -> LoadedImage:
    return load(whole[:place] + bytes([quarter_turns]) + whole[place + 1 :], LIMITS, sized)


@pytest.fixture(scope="module")
def large() -> dict[str, bytes]:
    """A 12 MP photo: from a phone (with its Display P3 profile), and as a PNG."""
    with Image.open(DATA / "iphone_IMG_5195.HEIC") as heic:
        profile = heic.info["icc_profile"]
    with Image.open(DATA / "flower.jpg") as photo:
        image = photo.resize((4032, 3024), Image.Resampling.LANCZOS)
    return {
        "JPEG": encoded(image, "JPEG", quality=90, subsampling=2),
        "P3 JPEG": encoded(image, "JPEG", quality=90, subsampling=2, icc_profile=profile),
        "PNG": encoded(image, "PNG", compress_level=1),
    }


@pytest.mark.parametrize("kind", ["JPEG", "P3 JPEG", "PNG"])
@pytest.mark.parametrize("soft_tokens", [70, 280, 1120])
def test_the_short_way_to_the_models_size_ends_at_the_picture_of_the_long_way(
    kind: str, soft_tokens: int, large: dict[str, bytes]
) -> None:
    """Reduced decode, resize and then colours, against full decode, colours and then resize: over 40 dB."""
    full = load(large[kind], LIMITS)
    short = load(large[kind], LIMITS, lambda height, width: image_size(height, width, soft_tokens))
    assert (short.height, short.width) == (full.height, full.width) == (3024, 4032)
    height, width = image_size(3024, 4032, soft_tokens)
    long_way = np.asarray(Image.fromarray(full.pixels).resize((width, height), Image.Resampling.BICUBIC))
    assert psnr(short.pixels, long_way) > 40.0


def test_a_photo_of_48_megapixels_is_read(tmp_path: Path) -> None:
    with Image.open(DATA / "flower.jpg") as photo:
        photo.resize((8064, 6048), Image.Resampling.NEAREST).save(tmp_path / "a.jpg", quality=80)
    loaded = load(tmp_path / "a.jpg", LIMITS, sized)
    assert (loaded.height, loaded.width, loaded.pixels.shape) == (6048, 8064, (*sized(6048, 8064), 3))
