"""Lanes: the fixed shapes a training step is made of. A GPU likes every step to be the same.

Each lane has its own pool of examples, batch, and shapes; a step takes its batch from every lane at once.
"""

from dataclasses import dataclass, replace
from typing import Literal

FRAME = 160  # samples in a mel frame


@dataclass(frozen=True)
class Lane:
    """One shape of example.

    images: how many pictures of `soft_tokens` each; frames: mel frames of sound (four make one soft token);
    length: positions of a sequence; batch: sequences a step; pool: examples kept; asks: prompts per example.
    """

    name: str
    length: int
    batch: int
    pool: int
    asks: int = 6
    images: int = 0
    soft_tokens: int = 70
    frames: int = 0
    weight: float = 1.0

    @property
    def width(self) -> int:
        """Positions of a row before its sound is expanded."""
        return self.length - self.frames // 4

    @property
    def samples(self) -> int:
        return min(self.frames * FRAME, 480_000)

    @property
    def maker(self) -> Literal["picture", "pair", "mixed", "speech", "text"]:
        if self.images == 2:
            return "pair"
        if self.images and self.frames:
            return "mixed"
        return "picture" if self.images else "speech" if self.frames else "text"


LANES = (  # their pools fill 41 GB of an 80 GB device; a step needs about 20 GB
    Lane("picture70", 160, 48, 18_000, images=1, weight=1.3),
    Lane("picture140", 240, 14, 5_000, images=1, soft_tokens=140, weight=1.2),
    Lane("picture280", 368, 6, 2_000, images=1, soft_tokens=280),
    Lane("pair", 240, 44, 9_000, asks=1, images=2, weight=1.3),
    Lane("mixed", 368, 28, 7_000, asks=1, images=1, frames=512, weight=1.3),
    Lane("speech5", 240, 80, 28_000, asks=4, frames=512, weight=1.3),
    Lane("speech10", 368, 36, 12_000, asks=4, frames=1024, weight=1.3),
    Lane("speech30", 864, 6, 1_600, asks=4, frames=3000),
    Lane("text", 160, 224, 400_000, asks=1, weight=0.7),
)


def shrunk(lane: Lane) -> Lane:
    """A lane small enough to rehearse on a laptop's processor."""
    return replace(lane, batch=max(2, lane.batch // 16), pool=max(16, lane.pool // 1000))
