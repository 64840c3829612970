"""Subtitles, `.srt` and `.vtt`: one file a recording; of a translation, one more in the other language."""

import html
from collections.abc import Iterable
from pathlib import Path

from pysubs2 import SSAEvent, SSAFile

from batch.export.cues import cues, pieces, translated
from batch.export.finished import Finished
from batch.export.names import file_names, row_names
from batch.export.place import folder_place, staged_file
from batch.export.recordings import transcripts
from batch.export.wanted import Wanted, Written
from batch.transcript import Piece


def write_srt(finished: Finished, wanted: Wanted) -> Written:
    return _write(finished, wanted, "srt")


def write_vtt(finished: Finished, wanted: Wanted) -> Written:
    return _write(finished, wanted, "vtt")


def _write(finished: Finished, wanted: Wanted, form: str) -> Written:
    recordings = transcripts(finished, wanted, form)
    folder = folder_place(finished, wanted, form)
    target = finished.config.media.translate_to
    names = row_names(finished)
    said = file_names(names, f".{form}")
    told = file_names(names, f".{target}.{form}") if target else {}
    rows = files = 0
    for row in recordings:
        segments = row["segments"] or []
        _save(folder / said[row["row_id"]], pieces(segments, target), form)
        if target:
            _save(folder / told[row["row_id"]], translated(segments, target), form)
        rows += 1
        files += 2 if target else 1
    return Written(str(folder), rows, files)


def _save(path: Path, spoken: Iterable[Piece], form: str) -> None:
    subtitles = SSAFile()
    for cue in cues(spoken):
        event = SSAEvent(start=round(cue.start_s * 1000), end=round(cue.end_s * 1000))
        event.text = _text(cue.text, form).replace("\n", r"\N")
        subtitles.append(event)
    with staged_file(path) as staged:
        # Tags kept: braces in what was said are no styles.
        staged.write_text(subtitles.to_string(form, keep_ssa_tags=True), encoding="utf-8")


def _text(text: str, form: str) -> str:
    # WebVTT reads `<` and `&` as markup (W3C WebVTT, 4.1); SubRip has no escape, and its arrow ends a cue's head.
    return html.escape(text, quote=False) if form == "vtt" else text.replace("-->", "\u2192")
