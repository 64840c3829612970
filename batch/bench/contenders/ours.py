"""This package's engine, driven as the worker drives it: a request for every free slot, in order."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from batch.bench.contenders.contender import Tokens
from batch.gemma.adapter import Gemma
from batch.gemma.mlx_engine import MLXEngine
from batch.records import Prepared, RequestKey

LAST = 0.05


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

    def close(self) -> None:
        self._engine.close()
