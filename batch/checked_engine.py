"""An engine held to its word: what it answers was running, everything that runs is answered, and in time."""

from collections.abc import Sequence

from batch.engine import Engine
from batch.prepared import Prepared
from batch.records import Completion, RequestKey

SPARE_STEPS = 64


class EngineFault(RuntimeError):
    """The engine broke its protocol. Ends the worker: what it holds can no longer be believed."""


class CheckedEngine:
    """Passes everything on, and counts. The engine stays its owner's to describe and to close."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._unanswered: dict[RequestKey, int] = {}  # the step by which each must have been answered
        self._steps = 0

    @property
    def slots(self) -> int:
        return self._engine.slots

    @property
    def ahead(self) -> int:
        return self._engine.ahead

    @property
    def running(self) -> int:
        return self._engine.running

    def insert(self, prepared: Prepared) -> None:
        # An answer that loops is begun anew once, and rows before it may wait for memory one after the other.
        own = len(prepared.token_ids) + 2 * prepared.max_tokens
        self._unanswered[prepared.key] = self._steps + SPARE_STEPS + 2 * self._engine.slots * own
        self._engine.insert(prepared)

    def step(self) -> Sequence[Completion]:
        """One step of the engine. Raises EngineFault."""
        completions = self._engine.step()
        self._steps += 1
        for completion in completions:
            if self._unanswered.pop(completion.key, None) is None:
                raise EngineFault(f"the engine answered {completion.key}, which does not run")
        if self._engine.running != len(self._unanswered):
            raise EngineFault(f"the engine says {self._engine.running} run, and {len(self._unanswered)} are unanswered")
        overdue = [key for key, step in self._unanswered.items() if self._steps > step]
        if overdue:
            raise EngineFault(f"the engine steps and steps and does not answer {overdue[0]}")
        return completions
