"""What makes two requests equal: what is said, what is shown, and how tokens are chosen. The model is the job's.

BLAKE2b of 16 bytes: a chance of 1e-27 that any two of a million differ and are taken for equal.
"""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from batch.prepared import Sampling
from batch.records import DIGEST_BYTES


def file_digest(content: bytes | Path, name: str) -> bytes | None:
    """Of an encoded picture or recording; its suffix counts, since it may decide the decoder. None where the file
    cannot be read: whoever opens it next says why."""
    digest = blake2b(Path(name).suffix.lower().encode() + b"\0", digest_size=DIGEST_BYTES)
    if isinstance(content, bytes):
        digest.update(content)
        return digest.digest()
    try:
        with content.open("rb") as stream:
            while block := stream.read(1024**2):
                digest.update(block)
    except OSError:
        return None
    return digest.digest()


def sound_digest(samples: NDArray[np.float32]) -> bytes:
    """Of a decoded clip."""
    return blake2b(np.ascontiguousarray(samples).data, digest_size=DIGEST_BYTES).digest()


def request_digest(
    prompt: str,
    system: str | None,
    media: Sequence[bytes | None],
    *,
    soft_tokens: int,
    max_tokens: int,
    sampling: Sampling,
    json_schema: str | None,
) -> bytes | None:
    """None for a sampled request, which is to have an answer of its own, and where a medium has no digest."""
    if sampling.temperature > 0 or None in media:
        return None
    said = (prompt, system, soft_tokens, max_tokens, sampling, json_schema, media)
    return blake2b(repr(said).encode(), digest_size=DIGEST_BYTES).digest()


def media_key(digest: bytes | None, soft_tokens: int, place: int) -> bytes:
    """The key of one picture of a file as the model sees it: `place` counts frames, pages and tiles. Empty: unknown."""
    if digest is None:
        return b""
    return blake2b(digest + f"{soft_tokens} {place}".encode(), digest_size=DIGEST_BYTES).digest()
