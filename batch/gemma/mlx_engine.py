"""The engine: Prepared in, Completions out, many at once, on MLX. The only thread that touches MLX calls it."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlx.core as mx

from batch.errors import ErrorKind, RowError
from batch.gemma.adapter import NAN, Gemma, RunningBatch, Token
from batch.gemma.answer import Answer, load_tokenizer
from batch.gemma.features import PATCH_PX, POOL
from batch.gemma.guide import Guide, GuideTokenizer, compile_schema
from batch.gemma.memory import DType, planned_bytes
from batch.gemma.sampler import Chooser, plainly_greedy
from batch.gemma.slots import choose_slots
from batch.governor import Governor
from batch.records import MAX_PENALTY, RETRY_PENALTY, Completion, FinishReason, Flag, Prepared, RequestKey

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
    wired      let mlx-vlm raise MLX's wired limit (linked to kernel panics, hence off)
    memory     bytes MLX may hold. None: no limit of ours
    governor   says whether there is memory for one more; None: there always is
    on_token   called with (key, token id) for every token as it is chosen, stop tokens included
    loaded     that checkpoint, where it is in memory already; `dtype` then means nothing
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
    ) -> None:
        self._old_limits = mx.set_cache_limit(CACHE_BYTES), None if memory is None else mx.set_memory_limit(memory)
        self.gemma = loaded or Gemma.load(model_path, dtype)
        self.slots = slots or choose_slots(
            self.gemma.config, weight_bytes=self.gemma.nbytes, memory_bytes=memory or _device_bytes()
        )
        self._tokenizer = load_tokenizer(model_path)
        self._batch = RunningBatch(self.gemma, self.slots, wired=wired)
        self._governor = governor or Governor(None, ())
        self._governor.watch(mx.get_active_memory, mx.clear_cache)
        self._on_token = on_token
        self._watch_loops = watch_loops
        self._waiting: deque[_Row] = deque()
        self._rows: dict[int, _Row] = {}
        self._grammars: dict[str, str] = {}
        self._guide_tokenizer: GuideTokenizer | None = None

    @property
    def running(self) -> int:
        return len(self._waiting) + len(self._rows)

    def insert(self, prepared: Prepared) -> None:
        """Admit one request. Raises ConfigError for a schema that is none (the whole job's fault, not the row's)."""
        if self.running >= self.slots:
            raise ValueError(f"no free slot: {self.running} of {self.slots} are running")
        row = _Row(prepared, time.monotonic(), Answer(self._tokenizer))
        if prepared.json_schema is not None or not plainly_greedy(prepared.sampling):
            row.chooser = Chooser(prepared.sampling, self._guide(prepared.json_schema))
        self._waiting.append(row)

    def step(self) -> Sequence[Completion]:
        ended = self._admit()
        for token in self._batch.step():
            if (completion := self._take(token)) is not None:
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
        }

    def close(self) -> None:
        self._batch.close()
        self._waiting.clear()
        self._rows.clear()
        del self._batch, self.gemma
        mx.clear_cache()
        cache_limit, memory_limit = self._old_limits
        mx.set_cache_limit(cache_limit)
        if memory_limit is not None:
            mx.set_memory_limit(memory_limit)

    def _guide(self, schema: str | None) -> Guide | None:
        if schema is None:
            return None
        if schema not in self._grammars:
            self._grammars[schema] = compile_schema(schema)
        if self._guide_tokenizer is None:
            self._guide_tokenizer = GuideTokenizer(self._tokenizer, self.gemma.stop_ids)
        return Guide(self._guide_tokenizer, self._grammars[schema])

    def _admit(self) -> list[Completion]:
        """Hand the next waiting request, first come first served, to the batch: one prefill at a time."""
        failed = []
        while self._waiting and not self._batch.prefilling and self._has_memory():
            row = self._waiting.popleft()
            try:
                number = self._batch.add(row.prepared, row.chooser)
            except RowError as exc:
                failed.append(self._fail(row, exc.kind, exc.message))
            except (RuntimeError, ValueError) as exc:  # MLX: a shape that cannot be, a buffer that is too large
                failed.append(self._fail(row, "worker_crash", f"the engine could not encode it: {exc}"))
            else:
                self._rows[number] = row
        return failed

    def _has_memory(self) -> bool:
        """For the next waiting request, beside those that run. One always runs, or nothing would ever go on."""
        if not self._rows or self._governor.limit_bytes is None:
            return True
        coming = self._waiting[0].prepared
        together = [*(row.prepared for row in self._rows.values()), coming]
        tokens = [len(prepared.token_ids) + prepared.max_tokens for prepared in together]
        pixels = sum(image.shape[1] * image.shape[2] for image in coming.images)
        return self._governor.admits(
            planned_bytes(self.gemma.config, self.gemma.nbytes, tokens, pixels // PIXELS_PER_SOFT_TOKEN)
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
        self._waiting.appendleft(row)
        return None

    def _end(self, token: Token, completion: Completion) -> Completion:
        self._drop(token)
        return completion

    def _drop(self, token: Token) -> None:
        del self._rows[token.row]
        if token.ends is None:
            self._batch.remove(token.row)

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


def _device_bytes() -> int | None:
    """What the device recommends as the most to hold; None on the CPU backend."""
    if mx.default_device() == mx.Device(mx.cpu):
        return None
    size = mx.device_info().get("max_recommended_working_set_size")
    return int(size) if size else None
