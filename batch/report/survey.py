"""A first walk over all rows: numbers for the summary, and what later steps must know before they write.

Holds a few numbers a row, no texts: a hundred thousand rows are some ten megabytes.
"""

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b

from batch import tasks
from batch.counts import Counts
from batch.frames.previewer import PreviewRow, PreviewTask
from batch.report.job import ReportJob, ReportRow

ROWS_A_TASK = 16  # whose thumbnails are made together
CLIP_S = 300.0  # segments follow one another in a clip up to this length ...
GAP_S = 5.0  # ... unless nobody speaks for so long
LISTEN_S = 30.0  # of a recording without segments, so that one can hear why
LONG_TEXT_BYTES = 60  # equal answers shorter than this say little: many photos show "a dog"
# Rows that failed for these have nothing to show; a decoder that a file has cost once is not asked again.
OF_MEDIA = frozenset((
    "undecodable", "unsupported_format", "truncated_media", "too_large", "missing_media", "missing_file",
    "outside_root", "url_refused", "fetch_failed", "audio_too_long", "decode_timeout", "decode_memory", "decode_crash",
))  # fmt: skip
MAX_LENGTH_CHARS = 1_000_000


@dataclass(slots=True)
class Survey:
    """`lengths`, `costs_s`: characters of the answer (-1: none) and seconds of each row, in order. `equal`: rows by
    their common long answer. `wanted`: the previews to make, `of_row` the number of each row's tasks."""

    counts: Counts = field(default_factory=Counts)
    lengths: "array[int]" = field(default_factory=lambda: array("q"))
    costs_s: "array[float]" = field(default_factory=lambda: array("d"))
    finish_reasons: Counter[str] = field(default_factory=Counter)
    equal: dict[bytes, list[int]] = field(default_factory=dict)
    wanted: list[PreviewTask] = field(default_factory=list)
    of_row: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Row -> (task, place in the task)."""

    @property
    def rows(self) -> int:
        return len(self.lengths)


def survey(job: ReportJob) -> Survey:
    """Walk all rows once."""
    found = Survey()
    equal: defaultdict[bytes, list[int]] = defaultdict(list)
    pictures: dict[int, list[PreviewRow]] = {}
    clips: list[tuple[int, int, PreviewRow]] = []
    for index, row in enumerate(job.rows()):
        values = row.values
        text = values[job.text_column]
        found.counts.add_row(values["status"], values["error_kind"], values["flags"] or ())
        found.counts.prompt_tokens += values["prompt_tokens"] or 0
        found.counts.completion_tokens += values["completion_tokens"] or 0
        found.counts.audio_seconds += values.get("audio_seconds") or 0.0
        found.finish_reasons[values["finish_reason"] or "none"] += 1
        found.lengths.append(-1 if text is None else min(len(text), MAX_LENGTH_CHARS))
        found.costs_s.append(values["seconds"] or 0.0)
        compare(job, row, found.counts)
        # A request equal to another one has its answer by right.
        if text is not None and values["deduplicated_from"] is None and len(text.encode()) >= LONG_TEXT_BYTES:
            equal[blake2b(" ".join(text.casefold().split()).encode(), digest_size=8).digest()].append(index)
        if values["status"] == "failed" and values["error_kind"] in OF_MEDIA:
            continue
        if job.config.source.image_column:
            members = pictures.setdefault(row.ordinal // ROWS_A_TASK, [])
            found.of_row.setdefault(index, []).append((row.ordinal // ROWS_A_TASK, len(members)))
            members.append(PreviewRow(row.path, row.position))
        if job.config.source.audio_column:
            clips.append((index, row.ordinal, PreviewRow(row.path, row.position, stretches_of(row))))
    found.equal = {text: rows for text, rows in equal.items() if len(rows) > 1}
    _number(found, pictures, clips)
    return found


def _number(found: Survey, pictures: dict[int, list[PreviewRow]], clips: list[tuple[int, int, PreviewRow]]) -> None:
    numbers = {}
    for place, rows in sorted(pictures.items()):
        numbers[place] = len(found.wanted)
        found.wanted.append(PreviewTask(len(found.wanted), f"thumb-{place:06d}", "image", tuple(rows)))
    found.of_row = {index: [(numbers[task], place) for task, place in tasks] for index, tasks in found.of_row.items()}
    for index, ordinal, row in clips:
        found.of_row.setdefault(index, []).append((len(found.wanted), 0))
        found.wanted.append(PreviewTask(len(found.wanted), f"clip-{ordinal:07d}", "audio", (row,)))


def compare(job: ReportJob, row: ReportRow, counts: Counts) -> bool | None:
    """Whether the answer is the reference's; None where there is none. Counted."""
    right = row.values.get(job.reference) if job.reference is not None else None
    if right is None:
        return None
    answer = row.values[job.text_column]
    met = answer is not None and tasks.correct(answer, str(right))
    counts.compared += 1
    counts.correct += met
    return met


def stretches_of(row: ReportRow) -> tuple[tuple[float, float], ...]:
    """The parts of a recording that are worth hearing: runs of segments, or its begin where there are none."""
    stretches: list[tuple[float, float]] = []
    for segment in row.values.get("segments") or ():
        start, stop = segment["start_s"], segment["end_s"]
        if stretches and start - stretches[-1][1] <= GAP_S and stop - stretches[-1][0] <= CLIP_S:
            stretches[-1] = (stretches[-1][0], max(stop, stretches[-1][1]))
        else:
            stretches.append((start, stop))
    return tuple(stretches) or ((0.0, LISTEN_S),)
