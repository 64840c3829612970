"""mlx-vlm's BatchGenerator, fed as its server feeds it: each request encoded by itself, free slots refilled as it
does (when `prefill` of them are free)."""

from collections import deque
from collections.abc import Sequence
from typing import Any

from batch.bench.contenders.contender import Tokens
from batch.bench.contenders.stock import generator, insert, running, take
from batch.prepared import Prepared

BATCHES = 4
PREFILL = 8  # mlx-vlm's own default


class Continuous:
    name = "mlx-vlm, continuous"
    about = "BatchGenerator, refilled as slots become free"

    def __init__(self, model: Any, slots: int, prefill: int = PREFILL) -> None:
        self._model = model
        self._slots = slots
        self._prefill = max(1, min(prefill, slots // 2))  # as many as all slots would be a static batch
        self.most = BATCHES * slots

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        tokens: Tokens = {}
        waiting = deque(requests)
        rows: dict[int, Prepared] = {}
        with running(generator(self._model, self._slots, self._prefill)) as made:
            while waiting or rows:
                while waiting and len(rows) < self._slots + self._prefill:
                    request = waiting.popleft()
                    (row,) = insert(made, self._model, [request])
                    rows[row] = request
                take(made, rows, tokens)
        return tokens

    def close(self) -> None: ...
