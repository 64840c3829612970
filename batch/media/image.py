"""Image bytes -> one upright sRGB picture, within limits. The only importer of Pillow (and its HEIF plugin).

What is done, in this order: the format is taken from the bytes and must be on the list; size limits are checked
on the header, before any pixel is decoded; the first frame is decoded (a large JPEG at reduced scale); 16-bit and
float are scaled, not clipped; an ICC profile is converted to sRGB; alpha is composited over white; the EXIF
orientation is applied once. RAW needs the extra `raw` and is refused here by name.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

from batch.errors import RowError
from batch.media.signature import RAW_SUFFIXES, image_kind, is_cut
from batch.records import Flag

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")
MIN_SIDE_PX = 8  # less is a tracking pixel or a spacer, nothing to see
TINY_SIDE_PX = 32  # below this the resize invents most of what the model sees: flagged
EXTREME_ASPECT = 10.0  # beyond this the short side falls under the vision grid of 48 px at small budgets: flagged
DRAFT_MARGIN = 2.0  # a JPEG is decoded to at least this many times the target, per side
BACKGROUND = (255, 255, 255)  # what transparent pixels show
DNG_VERSION_TAG = 50706
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {TURNS[5], TURNS[6], TURNS[7], TURNS[8]}
UINT16_STEP = 257  # 65535 / 255

pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Our own limit is checked on the header, with a named error; Pillow's would be a warning at half of its limit.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a row's image may cost. Equal to the `media` section of the config."""

    max_pixels: int = 200_000_000
    max_bytes: int = 512 * 1024**2
    accept_truncated: bool = False


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """`pixels` is uint8 [h, w, 3], read-only, upright sRGB, and may be a reduced decode of the original `height` x
    `width` (upright too): plan the resize from these, so that reduction never changes the target."""

    pixels: NDArray[np.uint8]
    height: int
    width: int
    flags: tuple[Flag, ...] = ()


def load(source: bytes | Path, limits: ImageLimits, target_pixels: int | None = None) -> LoadedImage:
    """The picture in `source`. `target_pixels`: what it will be resized to, so that a JPEG need not be decoded whole.

    Raises RowError: missing_file, too_large, unsupported_format, undecodable, truncated_media, decode_memory.
    """
    with _opened(source) as (file, size, name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; there is nobody to read it
        if size > limits.max_bytes:
            raise RowError("too_large", f"{name} has {size:,} bytes, over media.max_bytes {limits.max_bytes:,}")
        kind = _kind(file, name)
        cut = is_cut(file, kind, size)
        if cut and not limits.accept_truncated:
            raise _truncated(name)
        try:
            loaded = _decode(file, name, limits, target_pixels, tolerant=cut)
        except RowError as error:
            if error.kind != "truncated_media" or not limits.accept_truncated or cut:
                raise
            cut = True
            loaded = _decode(file, name, limits, target_pixels, tolerant=True)
    if not cut:
        return loaded
    return LoadedImage(loaded.pixels, loaded.height, loaded.width, ("truncated_media", *loaded.flags))


def resize(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """`pixels` (uint8 [h, w, 3]) as [height, width, 3]: Pillow's bicubic, without reducing gap, as the Gemma 4 image
    processors of transformers (PIL backend) and mlx-vlm do it; equal sizes are returned as they are."""
    if pixels.shape[:2] == (height, width):
        return pixels
    resized = Image.fromarray(pixels).resize((width, height), resample=Image.Resampling.BICUBIC)
    return np.asarray(resized, dtype=np.uint8)


# ---------------------------------------------------------------- open
@contextmanager
def _opened(source: bytes | Path) -> Iterator[tuple[BinaryIO, int, str]]:
    """An open file, its bytes, and its name for messages."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), len(source), "the image"
        return
    try:
        file = source.open("rb")
    except OSError as exc:
        raise RowError("missing_file", f"{source.name!r} cannot be opened: {exc.strerror or exc}") from exc
    with file:
        size = file.seek(0, io.SEEK_END)
        yield file, size, repr(source.name)


def _kind(file: BinaryIO, name: str) -> str:
    file.seek(0)
    head = file.read(32)
    if not head:
        raise RowError("undecodable", f"{name} is empty")
    kind = image_kind(head)
    if kind == "RAW" or (kind == "TIFF" and Path(name.strip("'\"")).suffix.lower() in RAW_SUFFIXES):
        raise _raw(name)
    if kind not in FORMATS:
        raise RowError(
            "unsupported_format",
            f"{name} is none of {', '.join(FORMATS)}: it begins with {head[:12]!r}; convert it, or leave it out",
        )
    return kind


def _raw(name: str) -> RowError:
    return RowError(
        "unsupported_format",
        f"{name} is a camera RAW file, which needs the extra: pip install 'gemma4-batch[raw]'; or export it as JPEG",
    )


def _truncated(name: str) -> RowError:
    return RowError(
        "truncated_media", f"{name} ends before its picture does; copy it again, or set media.accept_truncated: true"
    )


# ---------------------------------------------------------------- decode
def _decode(
    file: BinaryIO, name: str, limits: ImageLimits, target_pixels: int | None, *, tolerant: bool
) -> LoadedImage:
    file.seek(0)
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
    try:
        with Image.open(file, formats=FORMATS) as image:
            return _picture(image, name, limits, target_pixels)
    except RowError:
        raise
    except MemoryError as exc:
        raise RowError("decode_memory", f"{name} does not fit in memory; lower media.max_pixels") from exc
    except UnidentifiedImageError as exc:
        raise RowError("undecodable", f"{name} cannot be decoded: its header is damaged") from exc
    except Exception as exc:  # damaged files make Pillow raise nearly everything: struct.error, KeyError, ...
        if _says_truncated(exc):
            raise _truncated(name) from exc
        raise RowError("undecodable", f"{name} cannot be decoded: {type(exc).__name__}: {exc}"[:500]) from exc
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _says_truncated(exc: Exception) -> bool:
    text = str(exc).lower()
    return isinstance(exc, EOFError) or any(
        word in text for word in ("truncated", "unexpected end", "end of file", "too little data", "not enough")
    )


def _picture(image: Image.Image, name: str, limits: ImageLimits, target_pixels: int | None) -> LoadedImage:
    width, height = image.size
    if width * height > limits.max_pixels:
        message = f"{name} is {width} x {height} px, over media.max_pixels {limits.max_pixels:,}"
        raise RowError("too_large", message)
    if min(width, height) < MIN_SIDE_PX:
        raise RowError("undecodable", f"{name} is {width} x {height} px, under {MIN_SIDE_PX} px a side: nothing to see")
    if image.format == "TIFF" and DNG_VERSION_TAG in cast(dict[int, object], getattr(image, "tag_v2", {})):
        raise _raw(name)
    if target_pixels is not None and image.format in ("JPEG", "MPO"):
        _draft(image, target_pixels)
        image.load()
    else:
        image.load()
        width, height = image.size  # the TIFF reader turns the picture while loading it
    turn = _turn(image)
    upright = _composited(_to_srgb(image))
    if turn is not None:
        upright = upright.transpose(turn)
    if turn in SIDEWAYS:
        width, height = height, width
    return LoadedImage(np.asarray(upright, dtype=np.uint8), height, width, _flags(height, width))


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What the EXIF (or XMP) orientation asks for. Read after load(): the HEIF, AVIF and TIFF readers turn the
    picture themselves, and then say 1."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # metadata from any device and editor; nobody loses a photo for it
        return None


def _draft(image: Image.Image, target_pixels: int) -> None:
    """Ask libjpeg for 1/2, 1/4 or 1/8 of the scale, where that leaves DRAFT_MARGIN times the target side."""
    factor = DRAFT_MARGIN * (target_pixels / (image.width * image.height)) ** 0.5
    if factor < 1:
        image.draft(None, (int(np.ceil(image.width * factor)), int(np.ceil(image.height * factor))))


def _flags(height: int, width: int) -> tuple[Flag, ...]:
    short, long = sorted((height, width))
    return ("resized_extreme",) if short < TINY_SIDE_PX or long > EXTREME_ASPECT * short else ()


# ---------------------------------------------------------------- colour
def _to_srgb(image: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_uint8(np.asarray(image)))
    elif image.mode == "1":
        image = image.convert("L")
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("L" if image.mode == "LA" else "RGB")
    image = _converted(image, profile) if profile or image.mode == "LAB" else image
    image = image.convert("RGB")
    if alpha is not None:
        image.putalpha(alpha)
    return image


def _to_uint8(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Samples of more than 8 bits, scaled to 0..255: 16-bit by its full range; 32-bit and float, whose range no
    header tells, by the range that their values suggest (0..1, 0..255, 0..65535, else their own minimum to maximum)."""
    if values.dtype.itemsize == 2:
        return ((values.astype(np.uint32) + UINT16_STEP // 2) // UINT16_STEP).astype(np.uint8)
    wide = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(wide.min()), float(wide.max())
    if low < 0 or high > 65535:
        wide, low, high = wide - low, 0.0, high - low
        scale = 255.0 / high
    elif values.dtype.kind == "f" and high <= 1:
        scale = 255.0
    else:
        scale = 1.0 if high <= 255 else 1.0 / UINT16_STEP
    scaled: NDArray[np.uint8] = np.rint(wide * scale).astype(np.uint8)
    return scaled


def _converted(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Through the profile to sRGB RGB. A profile that is damaged, or made for other channels, is ignored: the
    picture in slightly wrong colours is worth more than none."""
    try:
        transform = _transform(profile, image.mode)
        return image if transform is None else transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


@lru_cache(maxsize=16)  # a library has a handful of profiles, and building a transform costs more than a thumbnail
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    srgb = ImageCms.createProfile("sRGB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
    if profile and mode == "RGB" and "srgb" in (ImageCms.getProfileDescription(source) or "").lower():
        return None
    return ImageCms.buildTransform(source, srgb, mode, "RGB")


def _composited(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    flat = Image.new("RGB", image.size, BACKGROUND)
    flat.paste(image, mask=image.getchannel("A"))
    return flat
