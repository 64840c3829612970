"""A JSON file a recording, in the shape of whisper's (`text`, `segments`, `language`).

Tokens and probabilities, which whisper's own files have too, are not known here and left out.
"""

import json
from collections.abc import Mapping
from typing import Any

from batch.export.cues import pieces
from batch.export.finished import Finished
from batch.export.names import file_names, row_names
from batch.export.place import folder_place, staged_file
from batch.export.recordings import transcripts
from batch.export.wanted import Wanted, Written


def write(finished: Finished, wanted: Wanted) -> Written:
    recordings = transcripts(finished, wanted, "json")
    folder = folder_place(finished, wanted, "json")
    names = file_names(row_names(finished), ".json")
    rows = 0
    for row in recordings:
        content = whisper_object(row, finished.config.media.translate_to)
        with staged_file(folder / names[row["row_id"]]) as staged:
            staged.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        rows += 1
    return Written(str(folder), rows, rows)


def whisper_object(row: Mapping[str, Any], translate_to: str | None) -> dict[str, Any]:
    segments = [
        {"id": number, "start": round(piece.start_s, 3), "end": round(piece.end_s, 3), "text": piece.text}
        for number, piece in enumerate(pieces(row["segments"] or [], translate_to))
    ]
    return {"text": row["transcript"] or "", "segments": segments, "language": row["language"]}
