"""Any mode of a decoded picture -> 8 bits without alpha, and from there -> sRGB. Knows no files and no sizes.

Two steps, so that the resize can come between them: a colour conversion of the small picture costs a fraction of
one of the large.
"""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

BACKGROUND = 255  # what transparent pixels show, in each channel: white
UINT16_STEP = 257  # 65535 / 255
PROFILED = ("L", "RGB", "CMYK", "LAB")  # modes that a colour profile can speak of, and that resize as they are


def flat(image: Image.Image) -> Image.Image:
    """The picture in one of the PROFILED modes: palettes looked up, 16 bit and float scaled, alpha over white."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_to_uint8(np.asarray(image)))
    elif image.mode == "1":
        image = image.convert("L")
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if image.mode not in PROFILED:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    return image if alpha is None else _over_background(image, alpha)


def srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A `flat` picture as sRGB RGB. A profile that is damaged, or made for other channels, is ignored: the picture
    in slightly wrong colours is worth more than none."""
    if profile or image.mode == "LAB":
        try:
            transform = _transform(profile, image.mode)
            image = image if transform is None else transform.apply(image)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def _over_background(image: Image.Image, alpha: Image.Image) -> Image.Image:
    if image.mode == "L":
        background = Image.new("L", image.size, BACKGROUND)
    else:
        image = image if image.mode == "RGB" else image.convert("RGB")
        background = Image.new("RGB", image.size, (BACKGROUND,) * 3)
    background.paste(image, mask=alpha)
    return background


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


@lru_cache(maxsize=16)  # a library has a handful of profiles, and building a transform costs more than a thumbnail
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    target = ImageCms.createProfile("sRGB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
    if profile and mode == "RGB" and "srgb" in (ImageCms.getProfileDescription(source) or "").lower():
        return None
    return ImageCms.buildTransform(source, target, mode, "RGB")
