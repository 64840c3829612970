"""Tab-separated, as OpenAI's whisper writes it: start and end in milliseconds, and the text, a line a segment."""

from batch.export.cues import pieces
from batch.export.finished import Finished
from batch.export.names import file_names, row_names
from batch.export.place import folder_place, staged_file
from batch.export.recordings import transcripts
from batch.export.wanted import Wanted, Written


def write(finished: Finished, wanted: Wanted) -> Written:
    recordings = transcripts(finished, wanted, "tsv")
    folder = folder_place(finished, wanted, "tsv")
    names = file_names(row_names(finished), ".tsv")
    rows = 0
    for row in recordings:
        lines = ["start\tend\ttext"]
        for piece in pieces(row["segments"] or [], finished.config.media.translate_to):
            text = " ".join(piece.text.split())
            lines.append(f"{round(piece.start_s * 1000)}\t{round(piece.end_s * 1000)}\t{text}")
        with staged_file(folder / names[row["row_id"]]) as staged:
            staged.write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows += 1
    return Written(str(folder), rows, rows)
