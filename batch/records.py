"""The nouns every part speaks, and what runner and worker say to each other. Imports nothing of ours but errors.

A **shard** is a fixed list of row ranges; a row's identity is (shard, row), row being its position in
the shard. An **assignment** is a shard and the rows of it still wanted. A row makes one or more
**requests** (a caption is one, a recording one per segment); a request is **prepared** (prepared.py)
and ends as a **completion**. What crosses between runner and worker is one of these, frozen; what the other
kinds of child (child.py) are told, and answer, is in `frames/`.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from batch.errors import ErrorKind

FinishReason = Literal["stop", "length", "repetition"]
Flag = Literal[
    "repetition", "truncated", "empty", "too_fast", "suspect_media", "truncated_media",
    "resized_extreme", "not_asked_script", "exif_used",
]  # fmt: skip
FLAGS: tuple[str, ...] = get_args(Flag)


# ---------------------------------------------------------------- plan
@dataclass(frozen=True, slots=True)
class SourceFile:
    """One pinned input file. `path` is relative to the source (POSIX, NFC); `fingerprint` changes with content."""

    path: str
    size: int
    fingerprint: str
    rows: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows `start` to `stop` (exclusive) of one source file."""

    path: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Shard:
    """A fixed run of input rows: one slice of a table, or many one-row slices of a media folder."""

    index: int
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        return sum(part.stop - part.start for part in self.slices)


class RowKey(NamedTuple):
    shard: int
    row: int


class RequestKey(NamedTuple):
    shard: int
    row: int
    request: int


DIGEST_BYTES = 16
ANSWERS_KEPT = 2**18
"""Digests of answered requests that a job knows, so that ledger and memory stay bounded: 8 MB of the ledger, about
30 MB of a worker. A request that is equal to one answered longer ago is computed again."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Rows of one shard that are still wanted, in order.

    `finished` lists the requests of these rows that need no computing (a recording resumes at the
    segment). `variations` pairs rows that were asked for again, to be answered otherwise, with how often
    (see ask.request_sampling). `anew` are rows that are computed although equal requests were answered; `answered`
    holds digests that the worker has not heard of, one after the other. `slots` caps the running requests (0: as many
    as the engine has); a suspect is sent alone, with one slot.
    """

    shard: Shard
    rows: tuple[int, ...]
    finished: tuple[RequestKey, ...] = ()
    slots: int = 0
    variations: tuple[tuple[int, int], ...] = ()
    anew: tuple[int, ...] = ()
    answered: bytes = b""


# ---------------------------------------------------------------- requests
@dataclass(frozen=True, slots=True)
class Span:
    """The part of a recording one request covers, in seconds. `speech_s` of it are speech (None: nobody listened
    for it); `channel` is left or right where both are heard apart."""

    start_s: float
    end_s: float
    flags: tuple[Flag, ...] = ()
    speech_s: float | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What the engine made of one request: an answer, or the kind of its failure. `deduplicated_from`: the row whose
    equal request was answered; this one then took no tokens and no time."""

    key: RequestKey
    text: str
    finish_reason: FinishReason | None
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    flags: tuple[Flag, ...] = ()
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    deduplicated_from: str | None = None


# ---------------------------------------------------------------- events, worker -> runner
HERE = "this machine"
"""The one node of a job that runs without a cluster."""


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The model is loaded. `info` goes into the manifest (model, revision, dtype, versions, device)."""

    slots: int
    info: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """The worker cannot work and says why, in a BatchError's name and text; restarting would not help."""

    error: str
    message: str


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row was read from the source and given to the preparers."""

    shard: int
    row: int
    row_id: str
    kept: bytes


@dataclass(frozen=True, slots=True)
class RowPlanned:
    """A row's requests are all known. `spans` (one per request) and seconds only for recordings. With an error the
    recording could not be heard any further: these are its requests, and the row can be no more than partial."""

    shard: int
    row: int
    requests: int
    spans: tuple[Span, ...] = ()
    audio_seconds: float | None = None
    speech_seconds: float | None = None
    flags: tuple[Flag, ...] = ()
    error_kind: ErrorKind | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class RowFailed:
    """A row ends without (further) requests."""

    shard: int
    row: int
    error_kind: ErrorKind
    error_message: str


@dataclass(frozen=True, slots=True)
class RequestStarted:
    """Sent before the engine sees the request, so that a death can be attributed."""

    key: RequestKey


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """`digest` where equal requests may take this answer."""

    completion: Completion
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class RequestRepeated:
    """An equal request was answered: the runner copies its answer."""

    key: RequestKey
    digest: bytes


@dataclass(frozen=True, slots=True)
class AnswerCopied:
    """The runner's own: the copy, for the ledger."""

    completion: Completion
    digest: bytes


@dataclass(frozen=True, slots=True)
class AssignmentFinished:
    """The worker has sent everything it will ever send for this shard's assignment."""

    shard: int


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How busy the worker is. `waiting_s`: engine idle for want of prepared requests, since the last one."""

    slots_busy: int
    prepared_bytes: int
    waiting_s: float
    working_s: float
    steps: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class WorkerRetired:
    """The worker asks for a fresh one in its place: it finishes what runs and exits with 0. No death, no strike."""

    reason: str


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """The worker's process ended. `signal` is 0 for an exit; `ours` when we killed it for stalling."""

    signal: int
    exit_code: int
    ours: bool
    stderr_tail: str


@dataclass(frozen=True, slots=True)
class WorkerEnded:
    """The worker's process ended as it should: drained, with nothing running."""


@dataclass(frozen=True, slots=True)
class NodeTold:
    """Something about a machine of several that a person should know."""

    message: str


@dataclass(frozen=True, slots=True)
class NodeLeft:
    """A machine of several is gone, with what was running there; nothing more comes from it under this name."""

    reason: str


Event = (
    WorkerReady
    | WorkerFailed
    | RowRead
    | RowPlanned
    | RowFailed
    | RequestStarted
    | RequestFinished
    | RequestRepeated
    | AnswerCopied
    | AssignmentFinished
    | Telemetry
    | WorkerRetired
    | WorkerDied
    | WorkerEnded
    | NodeTold
    | NodeLeft
)


# ---------------------------------------------------------------- runner -> worker
@dataclass(frozen=True, slots=True)
class WorkerJob:
    """The first frame to a worker: everything it needs before any row.

    `config` is the JobConfig as JSON; schemas are Arrow IPC bytes; an empty `model_path` asks for the fake.
    `files` are some of the source's, by which another machine sees whether it has the same. `shipped`: the folder
    where rows lie that come with their assignments; empty: it reads the source.
    """

    config: str
    model_path: str
    slots: int
    needed_schema: bytes
    kept_schema: bytes
    files: tuple[SourceFile, ...] = ()
    shipped: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`count` more RequestFinished events are safe in the ledger."""

    count: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Start nothing new; finish what runs, send it, exit."""
