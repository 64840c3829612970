"""The page's data: an index small enough to filter all rows at once, texts in runs of rows, and details in small ones.

index-00000.js     per row: status, flags, error kind, lengths; the columns' names, groups of equal answers
rows-NNNNN.js      per row: id, answer, question, thumbnails (all are loaded, one after the other, for the search)
details-NNNNN.js   per row: everything else (loaded where a row is looked at)
thumb-*.jpg        and clip-*.mp3: previewers write them
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from batch.counts import Counts
from batch.frames.previewer import PreviewDone, PreviewMedium
from batch.report import scripts
from batch.report.index import FLAG_NAMES, Index
from batch.report.job import ReportJob, ReportRow
from batch.report.previews import Previews
from batch.report.runs import Runs
from batch.report.survey import Survey, compare
from batch.report.twins import Twins
from batch.result import STATUSES

ROWS_A_RUN = 2_000
DETAILS_A_RUN = 100
SEARCHED_CHARS = 32_000_000  # of all rows together: the page holds them twice, as they are and in lower case
LEAST_SEARCHED_CHARS = 200
EQUAL_CHARS = 300  # of an answer that several rows share


def searched_chars(lengths: Sequence[int]) -> int:
    """How many characters of each answer the page holds, so that all of them are within SEARCHED_CHARS."""
    longest = max(lengths, default=0)
    low, high = LEAST_SEARCHED_CHARS, max(longest, LEAST_SEARCHED_CHARS)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(length, middle) for length in lengths if length > 0) <= SEARCHED_CHARS:
            low = middle
        else:
            high = middle - 1
    return low


class Data:
    """Writes the data files of one report; `names` are those written."""

    def __init__(
        self, job: ReportJob, folder: Path, survey: Survey, previews: Previews, twins: Sequence[Twins]
    ) -> None:
        self.names: list[str] = []
        self._job = job
        self._folder = folder
        self._survey = survey
        self._previews = previews
        self._twins = twins
        self._group_of = {row: group for group, twin in enumerate(twins) for row in twin.rows}
        self._media = {number: {medium.row: medium for medium in done.media} for number, done in previews.done.items()}
        self._chars = searched_chars(survey.lengths)
        self._equal: dict[int, str] = {}
        self._asks = False

    def write(self) -> None:
        """All data files. One walk over the rows; a run of them is in memory."""
        index, job = Index(), self._job
        texts = Runs(self._folder, "rows", ROWS_A_RUN)
        details = Runs(self._folder, "details", DETAILS_A_RUN)
        for number, row in enumerate(job.rows()):
            text, question = row.values[job.text_column], job.question(row.values)
            index.add(row, number in self._group_of, compare(job, row, Counts()), self._survey.lengths[number])
            texts.add(self._texts(number, row, text, question))
            details.add(self._details(number, row))
            self._asks = self._asks or question is not None
            if number in self._group_of:
                self._equal.setdefault(self._group_of[number], _cut(text, EQUAL_CHARS) or "")
        ends = {"texts": texts.end(), "details": details.end()}
        name = scripts.write(self._folder, "index", 0, scripts.json_script(index.as_object() | ends | self._shared()))
        self.names = [*texts.names, *details.names, name]

    def _texts(self, number: int, row: ReportRow, text: str | None, question: str | None) -> list[Any]:
        """[id, answer, question, thumbnails or 0, 1 where there is sound]."""
        cut = [_cut(text, self._chars), _cut(question, self._chars)]
        return [row.values["row_id"], *cut, self._thumbs(number), int(bool(self._clips(number)))]

    def _shared(self) -> dict[str, Any]:
        job = self._job
        return {
            "task": job.config.task,
            "columns": list(job.kept),
            "files": job.view.identity.get("source.kind") == "folder",
            "reference": job.reference,
            "statuses": list(STATUSES),
            "flagNames": list(FLAG_NAMES),
            "pictures": any(done.thumbnails for done in self._previews.done.values()),
            "twins": [
                {"rows": twin.rows, "media": twin.media, "text": self._equal.get(group, "")}
                for group, twin in enumerate(self._twins)
            ],
            "asks": self._asks,
            "seconds": [round(cost, 3) for cost in self._survey.costs_s],
            "searched": self._chars if any(length > self._chars for length in self._survey.lengths) else None,
        }

    def _done(self, number: int) -> Iterator[tuple[PreviewDone, int]]:
        """The previews that hold this row, and its place there."""
        for task, place in self._survey.of_row.get(number, ()):
            if task in self._previews.done:
                yield self._previews.done[task], place

    def _thumbs(self, number: int) -> list[list[Any]] | int:
        """[what its file is called after `thumb-`, width, height] of each picture."""
        thumbs = [
            [Path(done.files[one.file].name).stem.removeprefix("thumb-"), one.width, one.height]
            for done, place in self._done(number)
            for one in done.thumbnails
            if one.row == place
        ]
        return thumbs or 0

    def _medium(self, number: int) -> Iterator[PreviewMedium]:
        for task, place in self._survey.of_row.get(number, ()):
            if task in self._media and place in self._media[task]:
                yield self._media[task][place]

    def _details(self, number: int, row: ReportRow) -> dict[str, Any]:
        values, job = row.values, self._job
        text = values[job.text_column]
        media = list(self._medium(number))
        found = {
            "kept": [scripts.shown(values.get(name)) for name in job.kept],
            "text": text if text is not None and len(text) > self._chars else None,
            "error": [values["error_kind"], values["error_message"]] if values["error_kind"] else None,
            "finish": values["finish_reason"],
            "attempts": values["attempts"],
            "tokens": [values["prompt_tokens"], values["completion_tokens"]],
            "seconds": None if values["seconds"] is None else round(values["seconds"], 3),
            "same": values["deduplicated_from"],
            "language": values.get("language"),
            "audio": [scripts.shown(values.get(f"{name}_seconds")) for name in ("audio", "speech", "covered")]
            if job.config.task == "transcribe"
            else None,
            "segments": [
                [part["start_s"], part["end_s"], part["text"], part["status"], list(part["flags"] or ())]
                for part in values.get("segments") or ()
            ]
            or None,
            "clips": self._clips(number),
            "originals": [self._link(medium.original) for medium in media if medium.original is not None],
            "missing": [medium.error for medium in media if medium.error is not None],
            "group": self._group_of.get(number),
        }
        return {key: value for key, value in found.items() if value is not None and value != []}

    def _clips(self, number: int) -> list[list[Any]]:
        """[file, begin, end] of each clip, in seconds of the recording."""
        for task, _ in self._survey.of_row.get(number, ()):
            done, wanted = self._previews.done.get(task), self._survey.wanted[task]
            if done is not None and wanted.medium == "audio" and done.files:
                return [
                    [file.name, *stretch] for file, stretch in zip(done.files, wanted.rows[0].stretches, strict=True)
                ]
        return []

    def _link(self, path: str) -> str:
        """To the original file, relative to the report."""
        return quote(os.path.relpath(path, self._folder.parent.resolve()).replace(os.sep, "/"))


def _cut(text: str | None, chars: int) -> str | None:
    return text if text is None or len(text) <= chars else text[:chars]
