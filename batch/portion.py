"""A portion of a job: what one of several machines without a network between them does (`run --shard 2/4`).

Portion i of N has every N-th shard of the plan, beginning with the i-th. Each is a job of its own, in a folder of its
own; `gemma4-batch merge` puts the folders together. The cut is part of the identity: another source, another
`output.shard_rows` or another N would be another cut, and is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from batch.errors import ConfigError
from batch.records import Shard, SourceFile

PORTION_KEYS = ("portion", "portion.cut")
"""What a portion's identity has beside the whole job's: which one it is, and how the whole was cut."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Number `index` (from 1) of `of` portions."""

    index: int
    of: int

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"

    def folder(self, whole: Path) -> Path:
        """Where this portion's job lies when the whole one would lie at `whole`."""
        return whole.with_name(f"{whole.name}-{self.index}-of-{self.of}")

    def shards(self, whole: Sequence[Shard]) -> tuple[Shard, ...]:
        """This portion's shards, numbered from 0."""
        mine = whole[self.index - 1 :: self.of]
        return tuple(Shard(index, shard.slices) for index, shard in enumerate(mine))

    def place(self, index: int) -> int:
        """The number in the whole plan of this portion's shard `index`."""
        return index * self.of + self.index - 1


def parse_portion(text: str) -> Portion:
    """`2/4`. Raises ConfigError."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    index, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= of:
        raise ConfigError(f"--shard {text!r}: write which of how many, from 1, such as 2/4")
    return Portion(index, of)


def cut(files: Sequence[SourceFile], shards: Sequence[Shard]) -> str:
    """What must be equal for portions to fit together: the source's files and where the plan cuts them, in words.
    The time of a file says nothing, so that copies on other machines count as the same."""
    digest = sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.size}\0{file.fingerprint.partition('@')[0]}\0{file.rows}\n".encode())
    for shard in shards:
        digest.update("".join(f"{part.path}\0{part.start}\0{part.stop}\0" for part in shard.slices).encode() + b"\n")
    rows = sum(shard.rows for shard in shards)
    return f"{rows} rows of {len(files)} files in {len(shards)} shards ({digest.hexdigest()[:16]})"
