"""An answer for a request that is equal to one already answered: copied from the ledger, or read from the part.

What is copied took no tokens and no time, and says from which row it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq

from batch.errors import OutputError
from batch.ledger.ledger import Ledger
from batch.output.parts import part_name
from batch.records import (
    ANSWERS_KEPT,
    DIGEST_BYTES,
    AnswerCopied,
    Assignment,
    Completion,
    Event,
    FinishReason,
    Flag,
    RequestFinished,
    RequestKey,
    RequestRepeated,
    RowKey,
)
from batch.tasks import TASKS, without_channel

PARTS_KEPT = 8


class Answers:
    """Copies answers within one job. `lost` collects the rows for which there was none to copy after all. Of more than
    `kept` digests it tells workers the newest. `apart`: two channels are heard, and segments tell theirs."""

    def __init__(
        self, folder: Path, ledger: Ledger, task: str, kept: int = ANSWERS_KEPT, *, apart: bool = False
    ) -> None:
        self._kept = kept
        self.copied = 0
        self.lost: set[RowKey] = set()
        self._folder = folder
        self._ledger = ledger
        self._task = task
        self._apart = apart
        self._digests = bytearray(ledger.answered())
        self._dropped = 0
        """Bytes of digests that were before these."""
        self.unheard: dict[str, int] = {}
        """Where in all digests begins what a node's worker has not heard of; a new worker has heard of nothing."""
        self._parts: dict[tuple[int, str], list[dict[str, Any]]] = {}  # the last ones read, by shard and sha256

    def heard(self, events: Sequence[Event]) -> None:
        """What workers have answered is known from now on."""
        for event in events:
            if isinstance(event, RequestFinished) and event.digest is not None:
                self._digests += event.digest
        if len(self._digests) > (self._kept + self._kept // 8) * DIGEST_BYTES:
            surplus = len(self._digests) - self._kept * DIGEST_BYTES
            del self._digests[:surplus]
            self._dropped += surplus

    def told_with(self, node: str, assignment: Assignment) -> Assignment:
        """The assignment, with what its node must know of answers."""
        begin = max(0, self.unheard.get(node, 0) - self._dropped)
        self.unheard[node] = self._dropped + len(self._digests)
        lost = tuple(row for row in assignment.rows if RowKey(assignment.shard.index, row) in self.lost)
        return replace(assignment, anew=lost, answered=bytes(self._digests[begin:]))

    def copies(self, repeated: Sequence[RequestRepeated]) -> Iterator[AnswerCopied]:
        """Raises OutputError where a part that holds an answer cannot be read."""
        for event in repeated:
            copy = self._copy(event)
            if copy is None:
                self.lost.add(RowKey(event.key.shard, event.key.row))
            else:
                self.copied += 1
                yield AnswerCopied(copy, event.digest)

    def _copy(self, event: RequestRepeated) -> Completion | None:
        found = self._ledger.original(event.digest)
        if found is None:
            return None
        key, row_id, completion = found
        completion = completion or self._from_part(key)
        if completion is None or completion.error_kind is not None:
            return None
        return replace(
            completion, key=event.key, prompt_tokens=0, completion_tokens=0, seconds=0.0, deduplicated_from=row_id
        )

    def _from_part(self, key: RequestKey) -> Completion | None:
        part = self._ledger.part(key.shard)
        if part is None:
            return None
        row = self._part(key.shard, part.sha256)[key.row]
        if self._task == "transcribe":
            segments = row["segments"] or []
            if key.request >= len(segments) or segments[key.request]["status"] != "ok":
                return None
            segment = segments[key.request]  # requests are numbered in the order of time, as segments lie
            text = without_channel(segment["text"]) if self._apart else segment["text"]
            return _completion(key, text, _reason(segment["flags"]), segment["flags"])
        text = row[TASKS[self._task].column]
        return None if text is None else _completion(key, text, row["finish_reason"], row["flags"] or [])

    def _part(self, shard: int, sha256: str) -> list[dict[str, Any]]:
        if (shard, sha256) not in self._parts:
            while len(self._parts) >= PARTS_KEPT:
                del self._parts[next(iter(self._parts))]
            path = self._folder / part_name(shard)
            names = ["segments"] if self._task == "transcribe" else [TASKS[self._task].column, "finish_reason", "flags"]
            try:
                self._parts[shard, sha256] = pq.read_table(path, columns=names).to_pylist()
            except (OSError, ValueError) as exc:  # Arrow's errors are both
                raise OutputError(
                    f"{str(path)!r} cannot be read, and rows are equal to rows in it: {exc}. Put it back, or start "
                    "anew with --fresh"
                ) from exc
        return self._parts[shard, sha256]


def _completion(key: RequestKey, text: str, reason: FinishReason | None, flags: Sequence[str]) -> Completion:
    known: tuple[Flag, ...] = tuple(flag for flag in get_args(Flag) if flag in flags)
    return Completion(key, text, reason, 0, 0, 0.0, known)


def _reason(flags: Sequence[str]) -> FinishReason:
    """A part keeps a segment's flags; the reasons other than `stop` leave theirs."""
    return "repetition" if "repetition" in flags else "length" if "truncated" in flags else "stop"
