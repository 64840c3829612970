"""The engine: Prepared in, Completions out, many at once, on MLX. The only thread that touches MLX calls it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlx.core as mx

from batch.errors import ErrorKind, RowError
from batch.gemma.adapter import Gemma
from batch.gemma.answer import Answer, load_tokenizer
from batch.gemma.decoding.calibrate import fastest, step_ms
from batch.gemma.decoding.choose import NAN
from batch.gemma.decoding.decode import steps_of
from batch.gemma.decoding.encode import Refused
from batch.gemma.decoding.loop import DecodeLoop
from batch.gemma.decoding.rows import Token
from batch.gemma.features import PATCH_PX, POOL
from batch.gemma.guide import Guide, GuideTokenizer, compile_schema
from batch.gemma.memory import DType, planned_bytes
from batch.gemma.sampler import Chooser, plainly_greedy
from batch.gemma.slots import choose_slots
from batch.governor import Governor
from batch.machine.memory import USABLE
from batch.prepared import MAX_PENALTY, RETRY_PENALTY, Prepared
from batch.records import Completion, FinishReason, Flag, RequestKey

CACHE_BYTES = 1024**3  # what MLX may keep of freed buffers
RETRY_FACTOR = 1.1  # an answer that looped gets RETRY_PENALTY, or this times the one asked for, where that is more
PIXELS_PER_SOFT_TOKEN = (PATCH_PX * POOL) ** 2


@dataclass
class _Row:
    """A request in the engine. `chooser` None: plainly greedy. `looped`: its first answer, where that went round in
    circles and it is being tried once more."""

    prepared: Prepared
    began: float
    answer: Answer
    chooser: Chooser | None = None
    looped: Answer | None = None


class MLXEngine:
    """Implements `batch.engine.Engine` over one loaded checkpoint.

    slots      requests decoded at once; 0 chooses by memory
    dtype      `auto` keeps the checkpoint's; `float32` gives the same tokens in any batch
    wired      raise MLX's wired limit to what Metal recommends (linked to kernel panics, hence off)
    memory     bytes MLX may hold. None: no limit of ours
    governor   says whether there is memory for one more; None: there always is
    on_token   called with (key, token id) for every token as it is chosen, stop tokens included
    loaded     that checkpoint, where it is in memory already; `dtype` then means nothing
    reuse      keep a medium's features for the next request with the same one, and prefill once what prompts share
    compiled   the decode step, by mx.compile; None: not on the CPU, where that calls a C++ compiler for half a minute
    watch_loops  False lets an answer repeat itself until its last token: for measuring with lengths that are given

    Raises ModelError for a checkpoint that cannot be loaded or run.
    """

    def __init__(
        self,
        model_path: Path,
        *,
        slots: int = 0,
        dtype: DType = "auto",
        wired: bool = False,
        memory: int | None = None,
        governor: Governor | None = None,
        on_token: Callable[[RequestKey, int], None] | None = None,
        loaded: Gemma | None = None,
        watch_loops: bool = True,
        reuse: bool = True,
        compiled: bool | None = None,
    ) -> None:
        self._old_limits = mx.set_cache_limit(CACHE_BYTES), None if memory is None else mx.set_memory_limit(memory)
        self.gemma = loaded or Gemma.load(model_path, dtype)
        on_cpu = mx.default_device() == mx.Device(mx.cpu)
        steps = steps_of(self.gemma.text, compiled=not on_cpu if compiled is None else compiled)
        self.slots, self._why = self._choose_slots(slots, memory, steps[0])
        self._tokenizer = load_tokenizer(model_path)
        self._governor = governor or Governor(None, ())
        self._governor.watch(mx.get_active_memory, mx.clear_cache)
        self._old_wired_limit = _wire() if wired else None
        self._loop = DecodeLoop(
            self.gemma.text,
            self.gemma.encoder(reuse=reuse),
            self.gemma.stop_ids,
            self.slots,
            steps=None if on_cpu and not compiled else steps,
            may_start=self._has_memory,
            share=reuse,
        )
        self.ahead = self._loop.ahead
        self._on_token = on_token
        self._watch_loops = watch_loops
        self._rows: dict[int, _Row] = {}
        self._grammars: dict[str, str] = {}
        self._guide_tokenizer: GuideTokenizer | None = None

    @property
    def running(self) -> int:
        return len(self._rows)

    @property
    def decoded(self) -> tuple[int, int]:
        """Decode steps so far, and the rows in them, summed."""
        return self._loop.steps, self._loop.row_steps

    def insert(self, prepared: Prepared) -> None:
        """Admit one request. Raises ConfigError for a schema that is none (the whole job's fault, not the row's)."""
        if self.running >= self.slots + self.ahead:
            raise ValueError(f"no free slot: {self.running} of {self.slots + self.ahead} are running")
        row = _Row(prepared, time.monotonic(), Answer(self._tokenizer))
        if prepared.json_schema is not None or not plainly_greedy(prepared.sampling):
            row.chooser = Chooser(prepared.sampling, self._guide(prepared.json_schema))
        self._rows[self._loop.add(prepared, row.chooser)] = row

    def step(self) -> Sequence[Completion]:
        ended = []
        for token in self._loop.step():
            completion = self._refuse(token) if isinstance(token, Refused) else self._take(token)
            if completion is not None:
                ended.append(completion)
        return ended

    def describe(self) -> dict[str, Any]:
        return {
            "model": self.gemma.path.name,
            "dtype": self.gemma.dtype,
            "parameters": self.gemma.parameters,
            "weight_bytes": self.gemma.nbytes,
            "device": mx.device_info().get("device_name", str(mx.default_device())),
            "mlx": version("mlx"),
            "mlx_vlm": version("mlx-vlm"),
            "slots": self.slots,
            "slots_because": self._why,
        }

    def close(self) -> None:
        self._loop.close()
        self._rows.clear()
        del self._loop, self.gemma
        mx.clear_cache()
        cache_limit, memory_limit = self._old_limits
        mx.set_cache_limit(cache_limit)
        if memory_limit is not None:
            mx.set_memory_limit(memory_limit)
        if self._old_wired_limit is not None:
            mx.set_wired_limit(self._old_wired_limit)

    def _choose_slots(self, asked: int, memory: int | None, greedy: Any) -> tuple[int, str]:
        """How many, and why."""
        if asked:
            return asked, "engine.slots"
        room = memory or _device_bytes()
        fitting = choose_slots(self.gemma.config, weight_bytes=self.gemma.nbytes, memory_bytes=room)
        if room is None or mx.default_device() == mx.Device(mx.cpu):
            return fitting, "a CPU"
        choice = fastest(partial(step_ms, self.gemma.text, greedy), fitting)
        return choice.slots, choice.why(fitting)

    def _guide(self, schema: str | None) -> Guide | None:
        if schema is None:
            return None
        if schema not in self._grammars:
            self._grammars[schema] = compile_schema(schema)
        if self._guide_tokenizer is None:
            self._guide_tokenizer = GuideTokenizer(self._tokenizer, self.gemma.stop_ids)
        return Guide(self._guide_tokenizer, self._grammars[schema])

    def _refuse(self, refused: Refused) -> Completion:
        row = self._rows.pop(refused.number)
        if isinstance(refused.error, RowError):
            return self._fail(row, refused.error.kind, refused.error.message)
        return self._fail(row, "worker_crash", f"the engine could not encode it: {refused.error}")

    def _has_memory(self, count: int) -> bool:
        """Whether `count` more requests may begin, beside those that hold a cache already."""
        if self._governor.limit_bytes is None:
            return True
        started, coming = self._loop.started, self._loop.coming(count)
        together = [*started, *coming]
        longest = max((len(prepared.token_ids) + prepared.max_tokens for prepared in together), default=0)
        pixels = sum(image.shape[1] * image.shape[2] for prepared in coming for image in prepared.images)
        return self._governor.admits(
            planned_bytes(
                self.gemma.config, self.gemma.nbytes, [longest] * len(together), pixels // PIXELS_PER_SOFT_TOKEN
            )
        )

    def _take(self, token: Token) -> Completion | None:
        """Give a row its token; its completion if it ended with it."""
        row = self._rows[token.row]
        if self._on_token is not None and token.id != NAN:
            self._on_token(row.prepared.key, token.id)
        if token.id == NAN:
            return self._end(token, self._fail(row, "nan_logits", "the model's output is not a number"))
        if token.ends != "stop":
            row.answer.add(token.id)
        if token.ends is not None:
            return self._end(token, self._complete(row, token.ends))
        if row.chooser is not None and row.chooser.error is not None:
            error = row.chooser.error
            return self._end(token, self._fail(row, "worker_crash", f"choosing a token failed: {error}"))
        if self._watch_loops and row.answer.looping:
            return self._looping(token, row)
        return None

    def _looping(self, token: Token, row: _Row) -> Completion | None:
        """The first time it begins anew with another penalty, which depends on nothing but the request. Where that
        loops too, what the asked sampling gave is the answer."""
        if row.looped is not None:
            row.answer, row.looped = row.looped, row.answer
            return self._end(token, self._complete(row, "repetition"))
        self._drop(token)
        penalty = min(max(RETRY_PENALTY, RETRY_FACTOR * row.prepared.sampling.repetition_penalty), MAX_PENALTY)
        sampling = replace(row.prepared.sampling, repetition_penalty=penalty)
        row.looped, row.answer = row.answer, Answer(self._tokenizer)
        row.chooser = Chooser(sampling, self._guide(row.prepared.json_schema))
        self._rows[self._loop.add(row.prepared, row.chooser)] = row
        return None

    def _end(self, token: Token, completion: Completion) -> Completion:
        self._drop(token)
        return completion

    def _drop(self, token: Token) -> None:
        del self._rows[token.row]
        if token.ends is None:
            self._loop.remove(token.row)

    def _complete(self, row: _Row, reason: FinishReason) -> Completion:
        flags: tuple[Flag, ...] = ("repetition",) if reason == "repetition" else ()
        if row.prepared.json_schema is not None and reason != "stop":
            message = (
                f"the answer was cut ({reason}) after {len(row.answer.tokens)} tokens, before its JSON was complete"
            )
            return self._completion(row, None, flags, "schema_length", message)
        return self._completion(row, reason, flags)

    def _fail(self, row: _Row, kind: ErrorKind, message: str) -> Completion:
        return self._completion(row, None, (), kind, message)

    def _completion(
        self,
        row: _Row,
        reason: FinishReason | None,
        flags: tuple[Flag, ...],
        kind: ErrorKind | None = None,
        message: str | None = None,
    ) -> Completion:
        """`completion_tokens` counts the answer's tokens, thoughts and a first, looping answer included, without the
        stop token."""
        written = len(row.answer.tokens) + (len(row.looped.tokens) if row.looped is not None else 0)
        return Completion(
            key=row.prepared.key,
            text=row.answer.text if kind is None else "",
            finish_reason=reason,
            prompt_tokens=len(row.prepared.token_ids),
            completion_tokens=written,
            seconds=time.monotonic() - row.began,
            flags=tuple(dict.fromkeys((*row.prepared.flags, *flags))),
            error_kind=kind,
            error_message=message,
        )


def _wire() -> int | None:
    """Set MLX's wired limit; the one before it, or None without Metal."""
    if not mx.metal.is_available():
        return None
    return int(mx.set_wired_limit(int(mx.device_info()["max_recommended_working_set_size"])))


def _device_bytes() -> int | None:
    """What the device recommends as the most to hold; None on the CPU backend."""
    if mx.default_device() == mx.Device(mx.cpu):
        return None
    info = mx.device_info()
    recommended = info.get("max_recommended_working_set_size")  # Metal
    return int(recommended) if recommended else round(USABLE * int(info["total_memory"]))
