"""Image bytes -> upright sRGB pictures at the size the model sees, within limits. Opens files with Pillow.

What is done, in this order: the format is taken from the bytes and must be on the list; size limits are checked
on the header, before any pixel is decoded; the first frame, or those asked for, is decoded (a large JPEG at reduced
scale); 16-bit and float are scaled, not clipped; alpha is composited over white; the picture is resized; an ICC
profile is converted to sRGB; the EXIF orientation is applied once. From the resize on, show.py does it; camera RAW is
raw.py's.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from batch.errors import RowError
from batch.media.raw import read_raw
from batch.media.show import REDUCTION_MARGIN, SIDEWAYS, TURNS, shown
from batch.media.signature import RAW_SUFFIXES, image_kind, is_camera_tiff, is_cut
from batch.media.tiff import counted_from_black, opened, pages
from batch.media.view import Extreme, Sizing, views
from batch.records import Flag

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF")
MOVING = ("GIF", "WEBP", "PNG", "AVIF")
MIN_SIDE_PX = 8  # less is a tracking pixel or a spacer, nothing to see

pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
# Our own limit is checked on the header, with a named error; Pillow's would be a warning at half of its limit.
Image.MAX_IMAGE_PIXELS = None
# Pillow's 1 MiB loses pictures for what is written beside them: scanner profiles, workflows of image generators.
PngImagePlugin.MAX_TEXT_CHUNK = 64 * 1024**2
PngImagePlugin.MAX_TEXT_MEMORY = 128 * 1024**2


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a row's image may cost. Equal to the `media` section of the config."""

    max_pixels: int = 200_000_000
    max_bytes: int = 512 * 1024**2
    accept_truncated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pictures of a file are taken, and how very long ones are shown. As in the `media` section."""

    frames: int = 1
    pages: int = 1
    extreme: Extreme = "letterbox"


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """`pixels` is uint8 [h, w, 3], read-only, upright sRGB, and may be smaller than the original `height` x `width`
    (upright too): plan a resize from these, so that a reduced decode never changes the size shown."""

    pixels: NDArray[np.uint8]
    height: int
    width: int
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class _Work:
    """What one file is read with. Without `sizing` pictures keep their size and shape."""

    name: str
    limits: ImageLimits
    sizing: Sizing | None
    choice: Choice
    progress: Callable[[], None]


def load(source: bytes | Path, limits: ImageLimits, sizing: Sizing | None = None) -> LoadedImage:
    """The first picture in `source`, as `load_all` has it."""
    return load_all(source, limits, sizing)[0]


def load_all(
    source: bytes | Path,
    limits: ImageLimits,
    sizing: Sizing | None = None,
    choice: Choice | None = None,
    progress: Callable[[], None] = lambda: None,
) -> tuple[LoadedImage, ...]:
    """The pictures in `source`: one, or the frames, pages and tiles asked for, at the sizes that `sizing` says.
    `progress` is called after each.

    Raises RowError: missing_file, too_large, unsupported_format, undecodable, truncated_media, decode_memory.
    """
    with _opened(source) as (file, size, name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes; there is nobody to read it
        if size > limits.max_bytes:
            raise RowError("too_large", f"{name} has {size:,} bytes, over media.max_bytes {limits.max_bytes:,}")
        work = _Work(name, limits, sizing, choice or Choice(), progress)
        kind = _kind(file, name)
        if kind == "RAW":
            return _developed(source, work)
        cut = is_cut(file, kind, size)
        if cut and not limits.accept_truncated:
            raise _truncated(name)
        try:
            loaded = _decode(file, work, tolerant=cut)
        except RowError as error:
            if error.kind != "truncated_media" or not limits.accept_truncated or cut:
                raise
            cut = True
            loaded = _decode(file, work, tolerant=True)
    if not cut:
        return loaded
    return tuple(replace(image, flags=("truncated_media", *image.flags)) for image in loaded)


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
    """One of FORMATS, or RAW."""
    file.seek(0)
    head = file.read(32)
    if not head:
        raise RowError("undecodable", f"{name} is empty")
    kind = image_kind(head)
    if kind == "TIFF" and (Path(name.strip("'\"")).suffix.lower() in RAW_SUFFIXES or is_camera_tiff(file)):
        return "RAW"
    if kind == "RAW":
        return kind
    if kind not in FORMATS:
        raise RowError(
            "unsupported_format",
            f"{name} is none of {', '.join(FORMATS)}: it begins with {head[:12]!r}; convert it, or leave it out",
        )
    return kind


def _truncated(name: str) -> RowError:
    return RowError(
        "truncated_media", f"{name} ends before its picture does; copy it again, or set media.accept_truncated: true"
    )


# ---------------------------------------------------------------- decode
def _developed(source: bytes | Path, work: _Work) -> tuple[LoadedImage, ...]:
    raw = read_raw(source, work.name, work.limits.max_pixels, work.sizing)
    if raw.pixels is not None:
        return _loaded(Image.fromarray(raw.pixels), None, raw.pixels.shape[:2], work)
    file = io.BytesIO(raw.jpeg or b"")
    return _decode(file, work, tolerant=False, orientation=raw.orientation)


def _decode(file: BinaryIO, work: _Work, *, tolerant: bool, orientation: int = 1) -> tuple[LoadedImage, ...]:
    name = work.name
    file.seek(0)
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
    try:
        with opened(file, FORMATS) as image:
            return _pictures(image, work, tolerant, orientation)
    except RowError:
        raise
    except MemoryError as exc:
        raise RowError("decode_memory", f"{name} does not fit in memory; lower media.max_pixels") from exc
    except UnidentifiedImageError as exc:
        message = f"{name} cannot be decoded: its header is damaged, or of a kind that no decoder here knows"
        raise RowError("undecodable", message) from exc
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


def _pictures(image: Image.Image, work: _Work, tolerant: bool, orientation: int) -> tuple[LoadedImage, ...]:
    taken: list[LoadedImage] = []
    for position in _positions(image, work.choice):
        try:
            if position is not None:
                image.seek(position)
            taken += _picture(image, work, orientation)
        except Exception:
            if tolerant and taken:  # what came before the damage is kept
                break
            raise
        work.progress()
    return tuple(taken)


def _positions(image: Image.Image, choice: Choice) -> Sequence[int | None]:
    """The frames or pages to take; None is the one that opening the file showed. Looks at all of them only where
    several are wanted."""
    if image.format in MOVING and choice.frames > 1:
        count = int(getattr(image, "n_frames", 1))
        wanted = min(choice.frames, count)
        return [round(index * (count - 1) / (wanted - 1)) for index in range(wanted)] if wanted > 1 else [None]
    if image.format == "TIFF" and choice.pages > 1:
        return pages(image, choice.pages)
    return [None]


def _picture(image: Image.Image, work: _Work, orientation: int) -> tuple[LoadedImage, ...]:
    width, height = image.size
    if width * height > work.limits.max_pixels:
        message = f"{work.name} is {width} x {height} px, over media.max_pixels {work.limits.max_pixels:,}"
        raise RowError("too_large", message)
    if min(width, height) < MIN_SIDE_PX:
        raise RowError(
            "undecodable", f"{work.name} is {width} x {height} px, under {MIN_SIDE_PX} px a side: nothing to see"
        )
    turn = None
    if image.format in ("JPEG", "MPO"):
        turn = _turn(image, orientation)
        _draft(image, turn, work)
        image.load()
    else:
        image.load()
        width, height = image.size  # the TIFF reader turns the picture while loading it
        turn = _turn(image, orientation)
        image = counted_from_black(image)
    return _loaded(image, turn, (height, width), work)


def _loaded(
    image: Image.Image, turn: Image.Transpose | None, stored: tuple[int, int], work: _Work
) -> tuple[LoadedImage, ...]:
    parts = shown(image, turn, stored, work.sizing, work.choice.extreme)
    return tuple(LoadedImage(pixels, view.height, view.width, view.flags) for pixels, view in parts)


def _turn(image: Image.Image, otherwise: int = 1) -> Image.Transpose | None:
    """What the EXIF (or XMP) orientation asks for. Read after load() but for JPEG: the HEIF, AVIF and TIFF readers
    turn the picture themselves, and then say 1."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, otherwise))
    except Exception:  # metadata from any device and editor; nobody loses a photo for it
        return None


def _draft(image: Image.Image, turn: Image.Transpose | None, work: _Work) -> None:
    """Ask libjpeg for 1/2, 1/4 or 1/8 of the scale, where that leaves REDUCTION_MARGIN times what is shown."""
    if work.sizing is None:
        return
    height, width = (image.width, image.height) if turn in SIDEWAYS else (image.height, image.width)
    factor = REDUCTION_MARGIN * max(view.scale for view in views(height, width, work.sizing, work.choice.extreme))
    if factor < 1:
        image.draft(None, (int(np.ceil(image.width * factor)), int(np.ceil(image.height * factor))))
