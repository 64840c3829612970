"""This package's engine, driven as the worker drives it: a request for every free slot, in order."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import mlx.core as mx

from batch.bench.contenders.contender import Tokens
from batch.gemma.adapter import Gemma
from batch.gemma.mlx_engine import MLXEngine
from batch.prepared import Prepared
from batch.records import RequestKey

LAST = 0.05
REHEARSED_TOKENS = range(4, 17)  # in turns, so that rows do not end together


class Ours:
    name = "gemma4-batch"
    about = "this engine: continuous batching"
    most = None

    def __init__(self, gemma: Gemma, tokenizer: Path, slots: int) -> None:
        """`tokenizer`: the folder of a checkpoint whose tokenizer makes text of the tokens."""
        self._tokens: Tokens = {}
        self._engine = MLXEngine(tokenizer, slots=slots, loaded=gemma, watch_loops=False, on_token=self._note)
        self.slots = self._engine.slots
        self.facts = self._engine.describe()
        self.occupancy: float | None = None  # of the slots in decode steps, until the last LAST of the requests

    def _note(self, key: RequestKey, token: int) -> None:
        self._tokens.setdefault(key, []).append(token)

    def run(self, requests: Sequence[Prepared]) -> Tokens:
        self._tokens = {}
        waiting = deque(requests)
        before = after = self._engine.decoded
        while waiting or self._engine.running:
            while waiting and self._engine.running < self._engine.slots + self._engine.ahead:
                self._engine.insert(waiting.popleft())
            if len(waiting) + self._engine.running > LAST * len(requests):
                after = self._engine.decoded
            for completion in self._engine.step():
                if completion.error_kind is not None:
                    raise RuntimeError(f"{completion.key}: {completion.error_kind}: {completion.error_message}")
        steps, rows = (new - old for new, old in zip(after, before, strict=True))
        self.occupancy = rows / steps / self.slots if steps else None
        return self._tokens

    def rehearse(self, requests: Sequence[Prepared]) -> int:
        """Twice as many as there are slots, with short answers, and the longest of all with its own: what compiles is
        compiled, and the most memory that MLX held meanwhile is what a run of all of them is expected to take."""
        longest = max(requests, key=lambda request: len(request.token_ids) + request.max_tokens)
        others = [request for request in requests[: 2 * self.slots] if request is not longest]
        mx.clear_cache()
        mx.reset_peak_memory()
        cut = cycle(REHEARSED_TOKENS)
        self.run([longest, *(replace(one, max_tokens=min(next(cut), one.max_tokens)) for one in others)])
        return mx.get_peak_memory()

    def close(self) -> None:
        self._engine.close()
