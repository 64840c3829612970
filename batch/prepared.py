"""A request that is ready for the engine, and how the tokens of its answer are chosen."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch.records import Flag, RequestKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RETRY_PENALTY = 1.2  # the repetition penalty with which an answer that looped is tried once more
MAX_PENALTY = 2.0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. `temperature` 0 is greedy. Equal for all rows of a job but for `seed`."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready for the engine. NumPy only, no Metal.

    token_ids   int32 [n], media placeholders already expanded, exactly one BOS
    images      one uint8 [3, height_px, width_px] per image, in prompt order; the engine makes 0..1 of it
    audio       one float32 [frames, 128] log-mel per clip, valid frames only, in prompt order
    json_schema constrains the answer where given
    digest      equal for equal greedy requests of a job; None: nobody looks for equals of this one
    media_keys  one key per image, then per clip: equal keys, equal arrays; empty ones, and none at all, are unknown
    """

    key: RequestKey
    token_ids: "NDArray[np.int32]"
    images: "tuple[NDArray[np.uint8], ...]" = ()
    audio: "tuple[NDArray[np.float32], ...]" = ()
    max_tokens: int = 256
    sampling: Sampling = field(default_factory=Sampling)
    json_schema: str | None = None
    flags: tuple[Flag, ...] = ()
    digest: bytes | None = None
    media_keys: tuple[bytes, ...] = ()

    @property
    def media(self) -> "tuple[NDArray[np.generic], ...]":
        """The images, then the clips."""
        return (*self.images, *self.audio)

    @property
    def nbytes(self) -> int:
        """Bytes held while this waits for a slot."""
        return self.token_ids.nbytes + sum(array.nbytes for array in self.media)
