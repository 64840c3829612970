"""Caption, Transcribe, Answer: the three kinds of job, and the columns their completions become.

The literal dict `TASKS` is the registry. What a row asks is in ask.py; Arrow types are made of the kinds
named here elsewhere (output/columns.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from batch.quality import not_asked_script, repeats, too_fast
from batch.records import Completion, FinishReason, Flag, RowPlanned, Span
from batch.result import RecordedRow, Result
from batch.transcript import Piece, halves, join

Medium = Literal["image", "audio"]

SEGMENTS_KIND = "list<struct<start_s: float64, end_s: float64, text: string, status: string, flags: list<string>>>"


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of job. `needs`: the medium without which a row fails; `takes`: those it can use."""

    name: str
    column: str
    needs: Medium | None
    takes: tuple[Medium, ...]
    columns: tuple[tuple[str, str], ...]


Caption = Task("caption", "caption", "image", ("image",), (("caption", "string"),))
Answer = Task("answer", "answer", None, ("image", "audio"), (("answer", "string"),))
Transcribe = Task(
    "transcribe",
    "transcript",
    "audio",
    ("audio",),
    (
        ("transcript", "string"),
        ("segments", SEGMENTS_KIND),
        ("language", "string"),
        ("audio_seconds", "float64"),
        ("speech_seconds", "float64"),
        ("covered_seconds", "float64"),
    ),
)
TASKS: dict[str, Task] = {"caption": Caption, "transcribe": Transcribe, "answer": Answer}


def result_columns(task: str) -> list[tuple[str, str]]:
    """The task's own output columns, in order, as (name, kind); kinds in Arrow's words."""
    return list(TASKS[task].columns)


def result(task: str, row: RecordedRow, *, language: str | None = None, translate_to: str | None = None) -> Result:
    """A finished row as an output row. `language` and `translate_to` are the job's (`media`), for transcripts.

    Raises ValueError for a row that is not finished: the ledger hands out none.
    """
    columns: dict[str, Any] = {name: None for name, _ in TASKS[task].columns}
    if row.failed is not None:
        return Result(
            "failed",
            columns,
            flags=row.planned.flags if row.planned else (),
            error_kind=row.failed.error_kind,
            error_message=row.failed.error_message,
            attempts=row.attempts,
            **_costs(row.completions),
        )
    if row.planned is None or len(row.completions) != row.planned.requests:
        raise ValueError(f"row {row.row} ({row.row_id}) is not finished: {len(row.completions)} completions")
    completions = sorted(row.completions, key=lambda completion: completion.key.request)
    if task == "transcribe":
        return _transcript(row, row.planned, completions, columns, language, translate_to)
    return _single(TASKS[task].column, row, completions[0], columns)


def _single(column: str, row: RecordedRow, completion: Completion, columns: dict[str, Any]) -> Result:
    planned = row.planned.flags if row.planned else ()
    if completion.error_kind is not None:
        return Result(
            "failed",
            columns,
            flags=ordered_flags(planned, completion.flags),
            error_kind=completion.error_kind,
            error_message=completion.error_message,
            attempts=row.attempts,
            **_costs(row.completions),
        )
    return Result(
        "ok",
        columns | {column: completion.text},
        finish_reason=completion.finish_reason,
        flags=ordered_flags(planned, _answer_flags(completion)),
        attempts=row.attempts,
        deduplicated_from=completion.deduplicated_from,
        **_costs(row.completions),
    )


def _transcript(
    row: RecordedRow,
    planned: RowPlanned,
    completions: Sequence[Completion],
    columns: dict[str, Any],
    language: str | None,
    translate_to: str | None,
) -> Result:
    spans = planned.spans or tuple(Span(0.0, planned.audio_seconds or 0.0) for _ in completions)
    heard = sorted(zip(spans, completions, strict=True), key=lambda pair: pair[0].start_s)
    segments = [_segment(span, completion, language, translate_to) for span, completion in heard]
    answered = [completion for completion in completions if completion.error_kind is None]
    errors = [(item.error_kind, item.error_message) for item in completions if item.error_kind is not None]
    if planned.error_kind is not None:
        errors.append((planned.error_kind, planned.error_message))
    status: Literal["ok", "partial", "failed", "no_speech"] = "no_speech"
    if completions:
        status = "ok" if not errors else "partial" if answered else "failed"
    transcript = _joined(heard, translate_to)
    flags = ordered_flags(planned.flags, *(segment["flags"] for segment in segments))
    # A silent segment is no empty recording: the row is empty only where nothing at all was said.
    flags = tuple(flag for flag in flags if flag != "empty")
    if answered and not transcript:
        flags = ordered_flags(flags, ("empty",))
    columns |= {
        "transcript": transcript if status != "failed" else None,
        "segments": segments,
        "language": language,
        "audio_seconds": planned.audio_seconds,
        "speech_seconds": planned.speech_seconds,
        "covered_seconds": _covered(segments),
    }
    return Result(
        status,
        columns,
        finish_reason=_worst_reason(answered),
        flags=flags,
        error_kind=errors[0][0] if errors else None,
        error_message=errors[0][1] if errors else None,
        attempts=row.attempts,
        deduplicated_from=_same_recording(completions),
        **_costs(row.completions),
    )


def _same_recording(completions: Sequence[Completion]) -> str | None:
    """The row whose segments all of these were equal to."""
    rows = {completion.deduplicated_from for completion in completions}
    return rows.pop() if len(rows) == 1 else None


def _joined(heard: Sequence[tuple[Span, Completion]], translate_to: str | None) -> str:
    """The recording's text: one line, a second one with the translation, and so for each channel heard apart."""
    channels: dict[str | None, list[tuple[Span, str]]] = {}
    for span, completion in heard:
        if completion.error_kind is None:
            channels.setdefault(span.channel, []).append((span, completion.text))
    lines = []
    for channel in sorted(channels, key=str):  # left, right
        texts = [
            (span, *(halves(text, translate_to) if translate_to is not None else (text, None)))
            for span, text in channels[channel]
        ]
        said = join([Piece(span.start_s, span.end_s, text) for span, text, _ in texts])
        lines.append(said and _of_channel(channel, said))
        translated = join([Piece(span.start_s, span.end_s, text or "") for span, _, text in texts])
        lines.append(translated and f"{translate_to}: {translated}")
    return "\n".join(line for line in lines if line)


def _of_channel(channel: str | None, text: str) -> str:
    return text if channel is None else f"[{channel}] {text}"


def without_channel(text: str) -> str:
    """What the model wrote of a segment, of the text that a part has of it where two channels are heard apart."""
    return text.removeprefix("[left] ").removeprefix("[right] ")


def _segment(span: Span, completion: Completion, language: str | None, translate_to: str | None) -> dict[str, Any]:
    ok = completion.error_kind is None
    flags = ordered_flags(span.flags, completion.flags)
    if ok:
        said, translated = halves(completion.text, translate_to) if translate_to else (completion.text, None)
        flags = ordered_flags(flags, _answer_flags(completion))
        if too_fast(said, span.end_s - span.start_s, span.speech_s):
            flags = ordered_flags(flags, ("too_fast",))
        if not_asked_script(said, language) or not_asked_script(translated or "", translate_to):
            flags = ordered_flags(flags, ("not_asked_script",))
    return {
        "start_s": span.start_s,
        "end_s": span.end_s,
        "text": _of_channel(span.channel, completion.text) if ok else None,
        "status": "ok" if ok else "failed",
        "flags": list(flags),
    }


def _covered(segments: Iterable[Mapping[str, Any]]) -> float:
    """Seconds of the recording that answered segments cover; overlaps count once."""
    covered, end = 0.0, 0.0
    for segment in sorted(segments, key=lambda item: float(item["start_s"])):
        if segment["status"] == "ok":
            covered += max(0.0, segment["end_s"] - max(end, segment["start_s"]))
            end = max(end, segment["end_s"])
    return covered


def _worst_reason(answered: Sequence[Completion]) -> FinishReason | None:
    reasons = {completion.finish_reason for completion in answered}
    order: tuple[FinishReason, ...] = ("repetition", "length", "stop")
    return next((reason for reason in order if reason in reasons), None)


def _answer_flags(completion: Completion) -> tuple[Flag, ...]:
    flags = list(completion.flags)
    if completion.finish_reason == "length":
        flags.append("truncated")
    if completion.finish_reason == "repetition" or repeats(completion.text):
        flags.append("repetition")
    if not completion.text.strip():
        flags.append("empty")
    return tuple(flags)


def ordered_flags(*groups: Iterable[Flag]) -> tuple[Flag, ...]:
    """Each flag once, in the order records.Flag lists them."""
    present = {flag for group in groups for flag in group}
    return tuple(flag for flag in get_args(Flag) if flag in present)


def _costs(completions: Sequence[Completion]) -> dict[str, Any]:
    """Tokens and seconds, summed; null where nothing reached the engine."""
    if not completions:
        return {}
    return {
        "prompt_tokens": sum(completion.prompt_tokens for completion in completions),
        "completion_tokens": sum(completion.completion_tokens for completion in completions),
        "seconds": sum(completion.seconds for completion in completions),
    }


def correct(answer: str, reference: str) -> bool:
    """Whether an answer counts as right in the summary: equal to the reference but for case, space at the
    ends, runs of space inside, and one full stop at the end. Nothing cleverer, so that it can be explained."""
    return _normal(answer) == _normal(reference)


def _normal(text: str) -> str:
    return " ".join(text.casefold().split()).removesuffix(".").rstrip()
