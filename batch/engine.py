"""The engine: prepared requests in, completions out, continuously. And a fake one.

Anything that keeps these five members can sit behind a worker. `FakeEngine` is for the runner's own
tests (crashes, order, resume) and for `model: fake`; it never stands for a claim about answers or speed.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from batch.prepared import Prepared
from batch.records import Completion, RequestKey

FAKE_SLOTS = 8


class Engine(Protocol):
    """A model that decodes many requests at once. All calls come from one thread."""

    slots: int
    ahead: int  # requests it takes beyond `slots`, to have them encoded by the time a slot is free; at most `slots`

    @property
    def running(self) -> int:
        """Requests inserted and not yet returned by `step`."""

    def insert(self, prepared: Prepared) -> None:
        """Admit one request; only while `running < slots + ahead`. A fault of this request alone becomes its
        Completion with an `error_kind`, returned by a later `step`."""

    def step(self) -> Sequence[Completion]:
        """One decode step for every running request; returns those that ended."""

    def describe(self) -> dict[str, Any]:
        """What the manifest says of the model: name, dtype, device, library versions."""

    def close(self) -> None:
        """Free the model."""


class FakeEngine:
    """Answers with the prompt's own tokens, reversed, after `tokens` steps of `step_s` seconds each; keeps
    `leak_bytes` of memory for each answer. `faults` maps a kind of misbehaviour to a text: a prompt that contains it
    ends so. `abort`, `exit`, `hang` take the process with them; `twice`, `lost`, `stranger` are wrong counts of
    answers; `nan` is an answer that is no number."""

    def __init__(
        self,
        slots: int = 8,
        *,
        step_s: float = 0.0,
        tokens: int = 1,
        leak_bytes: int = 0,
        faults: Mapping[str, str] | None = None,
    ) -> None:
        self.slots = slots
        self.ahead = 0
        self._step_s = step_s
        self._tokens = tokens
        self._leak_bytes = leak_bytes
        self._leaked: list[bytes] = []
        self._faults = dict(faults or {})
        self._left: dict[RequestKey, tuple[Prepared, int, float]] = {}

    @classmethod
    def from_environment(cls, slots: int) -> "FakeEngine":
        """`GEMMA4_BATCH_FAKE='{"step_s": 0.01, "tokens": 4}'` sets its speed, for trying the runner."""
        return cls(slots or FAKE_SLOTS, **json.loads(os.environ.get("GEMMA4_BATCH_FAKE", "{}")))

    @property
    def running(self) -> int:
        return len(self._left)

    def insert(self, prepared: Prepared) -> None:
        if self.running >= self.slots:
            raise ValueError(f"no free slot: {self.running} of {self.slots} are running")
        self._left[prepared.key] = (prepared, self._tokens, time.monotonic())

    def step(self) -> Sequence[Completion]:
        if self._step_s:
            time.sleep(self._step_s)
        ended = []
        for key, (prepared, left, began) in list(self._left.items()):
            if left > 1:
                self._left[key] = (prepared, left - 1, began)
                continue
            del self._left[key]
            self._leaked.append(b"\1" * self._leak_bytes)
            ended += self._misbehave(prepared, self._complete(prepared, time.monotonic() - began))
        return ended

    def _misbehave(self, prepared: Prepared, completion: Completion) -> list[Completion]:
        """The one completion, unless the prompt asks for a fault."""
        prompt = bytes(int(token) % 256 for token in prepared.token_ids).decode("latin-1")
        match next((kind for kind, text in self._faults.items() if text in prompt), None):
            case "abort":
                print("terminating due to uncaught exception of type std::runtime_error", file=sys.stderr, flush=True)
                os.abort()
            case "exit":
                os._exit(3)
            case "hang":
                time.sleep(3600)
            case "nan":
                return [replace(completion, text="", finish_reason=None, error_kind="nan_logits", error_message="NaN")]
            case "twice":
                return [completion, completion]
            case "stranger":
                return [completion, replace(completion, key=RequestKey(*completion.key[:2], request=99))]
            case "lost":
                return []
        return [completion]

    def _complete(self, prepared: Prepared, seconds: float) -> Completion:
        text = bytes(int(token) % 256 for token in prepared.token_ids[::-1]).decode("latin-1")
        return Completion(
            key=prepared.key,
            text=text[: prepared.max_tokens],
            finish_reason="stop",
            prompt_tokens=len(prepared.token_ids),
            completion_tokens=self._tokens,
            seconds=seconds,
            flags=prepared.flags,
        )

    def describe(self) -> dict[str, Any]:
        return {"model": "fake", "dtype": "none", "device": "none"}

    def close(self) -> None:
        self._left.clear()
