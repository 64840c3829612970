"""What a conversion computes, on raw bytes: casting, transposing, quantising. The one part of it with MLX."""

from typing import Any

import mlx.core as mx
import numpy as np

from batch.errors import ModelError

RAW: dict[str, Any] = {
    "BF16": (np.uint16, mx.bfloat16),
    "F16": (np.float16, mx.float16),
    "F32": (np.float32, mx.float32),
}


def cast(data: bytes, dtype: str, wanted: str) -> bytes:
    """Numbers of one type as another (BF16, F16, F32)."""
    return data if dtype == wanted else _bytes(_array(data, dtype).astype(RAW[wanted][1]))


def transpose(data: bytes, dtype: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> bytes:
    """A tensor in another order of its axes."""
    return np.frombuffer(data, _numpy(dtype)).reshape(shape).transpose(axes).tobytes()


def quantise(data: bytes, dtype: str, columns: int, group_size: int, bits: int, mode: str) -> tuple[bytes, ...]:
    """Rows of `columns` numbers -> packed weights, scales, and in mode affine biases, as MLX packs them."""
    try:
        packed = mx.quantize(_array(data, dtype).reshape(-1, columns), group_size=group_size, bits=bits, mode=mode)
        return tuple(_bytes(part) for part in packed)
    except (ValueError, RuntimeError) as exc:
        raise ModelError(f"MLX cannot quantise rows of {columns} numbers ({mode}, {bits} bit): {exc}") from exc


def _numpy(dtype: str) -> Any:
    if dtype not in RAW:
        raise ModelError(f"tensors of type {dtype} cannot be converted; use a float32, float16 or bfloat16 checkpoint")
    return RAW[dtype][0]


def _array(data: bytes, dtype: str) -> mx.array:
    numbers = mx.array(np.frombuffer(data, _numpy(dtype)))
    return numbers.view(mx.bfloat16) if dtype == "BF16" else numbers


def _bytes(numbers: mx.array) -> bytes:
    return bytes(np.asarray(mx.contiguous(numbers).view(mx.uint8)).tobytes())
