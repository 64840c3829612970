"""A picture as the vision tower wants it: resized to its budget and cut into patches, in pooled order."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16  # of a patch, pixels
POOL = 3  # patches a side that become one soft token
CELL = SIDE * POOL
PIXELS = SIDE * SIDE * 3


def target_size(height: int, width: int, soft_tokens: int) -> tuple[int, int]:
    """The largest height and width, multiples of 48, that keep the shape and fit the budget (the published rule)."""
    factor = math.sqrt(soft_tokens * CELL * CELL / (height * width))
    high, wide = int(factor * height / CELL) * CELL, int(factor * width / CELL) * CELL
    longest = soft_tokens * CELL
    if high == 0:
        return CELL, min(width // height * CELL, longest)
    if wide == 0:
        return min(height // width * CELL, longest), CELL
    return high, wide


def to_patches(image: Image.Image, soft_tokens: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Patches [soft_tokens * 9, 768] padded with zeros, and the grid (rows, columns) of patches that is filled."""
    high, wide = target_size(image.height, image.width, soft_tokens)
    pixels = np.asarray(image.resize((wide, high), Image.Resampling.BICUBIC))
    rows, columns = high // CELL, wide // CELL
    cells = pixels.reshape(rows, POOL, SIDE, columns, POOL, SIDE, 3).transpose(0, 3, 1, 4, 2, 5, 6)
    out = np.zeros((soft_tokens * POOL * POOL, PIXELS), np.uint8)
    out[: rows * columns * POOL * POOL] = cells.reshape(-1, PIXELS)
    return out, (rows * POOL, columns * POOL)
