"""mlx-vlm's `batch_generate`: as many requests as there are slots, then as many again when the last of them is done.

Its own function takes texts and files; here the same requests go in as ids and pixels, encoded together where their
shapes are equal, as it does.
"""

from collections.abc import Sequence
from typing import Any

from batch.bench.contenders.contender import Tokens
from batch.bench.contenders.stock import by_shape, generator, insert, running, take
from batch.prepared import Prepared

BATCHES = 4


class Static:
    name = "mlx-vlm, static batches"
    about = "batch_generate: whole batches, one after the other"

    def __init__(self, model: Any, slots: int) -> None:
        self._model = model
        self._slots = slots
        self.most = BATCHES * slots

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        tokens: Tokens = {}
        for start in range(0, len(requests), self._slots):
            for group in by_shape(requests[start : start + self._slots]):
                with running(generator(self._model, len(group), len(group))) as made:
                    rows = dict(zip(insert(made, self._model, group), group, strict=True))
                    while rows:
                        take(made, rows, tokens)
        return tokens

    def close(self) -> None: ...
