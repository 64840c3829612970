"""srt, vtt, tsv and json: accepted by pysubs2 and ffprobe, no word twice, no line longer than one can read."""

import json
import shutil
import subprocess
from pathlib import Path

import pysubs2
import pytest

from batch.export.cues import cues
from batch.export.exports import export
from batch.export.wanted import Wanted
from batch.transcript import Piece
from tests.finished_jobs import media_job

TALK = [
    (0.5, 4.0, "Good morning & welcome. {\\b1}Braces{\\b0} and <i>brackets</i> are words here."),
    (30.0, 60.0, "We begin with the first question of the day"),
    (59.0, 70.0, "question of the day which is about trains."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    answers = {"talks/one.m4a": TALK, "talks/silence.wav": []}
    return media_job(tmp_path / "out", tmp_path / "talks", answers, task="transcribe")


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_pysubs2_reads_back_what_was_said_and_when(folder: Path, form: str) -> None:
    written = export(folder, form, Wanted())
    assert written.notes == ("left out: 1 no_speech (--all takes them too)",)
    read = pysubs2.load(
        str(folder / f"export/{form}/talks/one.{form}"), keep_unknown_html_tags=True, keep_html_tags=True
    )
    texts = [event.text.replace(r"\N", " ") for event in read]
    first = "Good morning & welcome. {\\b1}Braces{\\b0} and <i>brackets</i> are words here."
    if form == "vtt":
        first = first.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert " ".join(texts) == f"{first} We begin with the first question of the day which is about trains."
    assert (read[0].start, read[-1].end) == (500, 70_000)
    assert all(one.end <= other.start for one, other in zip(list(read), list(read)[1:], strict=False))


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize(("form", "codec"), [("srt", "subrip"), ("vtt", "webvtt")])
def test_ffprobe_accepts_them(folder: Path, form: str, codec: str) -> None:
    export(folder, form, Wanted())
    asked = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-count_packets", "-of", "json"]
    found = subprocess.run([*asked, str(folder / f"export/{form}/talks/one.{form}")], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert [stream["codec_name"] for stream in json.loads(found.stdout)["streams"]] == [codec]


def test_a_cue_has_two_lines_of_42_characters_at_most_and_its_share_of_the_time() -> None:
    sentence = "There are many words in this sentence, which nobody could read in one breath. " * 4
    found = list(cues([Piece(10.0, 40.0, sentence)]))
    assert " ".join(cue.text.replace("\n", " ") for cue in found) == sentence.strip()
    assert max(len(line) for cue in found for line in cue.text.split("\n")) <= 42
    assert max(cue.text.count("\n") for cue in found) == 1
    assert (found[0].start_s, round(found[-1].end_s, 6)) == (10.0, 40.0)


def test_scripts_without_spaces_are_cut_without_putting_any_in() -> None:
    spoken = "今日は朝から駅の前で電車を待っていました" * 4
    found = list(cues([Piece(0.0, 20.0, spoken)]))
    assert "".join(cue.text.replace("\n", "") for cue in found) == spoken
    assert max(len(line) for cue in found for line in cue.text.split("\n")) <= 21


def test_a_translation_is_a_file_of_its_own(tmp_path: Path) -> None:
    said = [(0.0, 3.0, "Guten Morgen.\nEnglish: Good morning.")]
    folder = media_job(
        tmp_path / "out", tmp_path / "a", {"a.wav": said}, task="transcribe", media={"translate_to": "English"}
    )
    export(folder, "srt", Wanted())
    found = {path.name: pysubs2.load(str(path))[0].plaintext for path in (folder / "export/srt").iterdir()}
    assert found == {"a.srt": "Guten Morgen.", "a.English.srt": "Good morning."}


def test_tsv_is_whispers(folder: Path) -> None:
    export(folder, "tsv", Wanted())
    assert (folder / "export/tsv/talks/one.tsv").read_text().splitlines() == [
        "start\tend\ttext",
        "500\t4000\tGood morning & welcome. {\\b1}Braces{\\b0} and <i>brackets</i> are words here.",
        "30000\t59500\tWe begin with the first question of the day",
        "59500\t70000\twhich is about trains.",
    ]


def test_json_is_whispers_and_pysubs2_loads_it_as_such(folder: Path) -> None:
    export(folder, "json", Wanted(every=True))
    content = json.loads((folder / "export/json/talks/one.json").read_text())
    assert content["segments"][1:] == [
        {"id": 1, "start": 30.0, "end": 59.5, "text": "We begin with the first question of the day"},
        {"id": 2, "start": 59.5, "end": 70.0, "text": "which is about trains."},
    ]
    loaded = pysubs2.load_from_whisper(content)
    assert [(event.start, event.end) for event in loaded] == [(500, 4000), (30_000, 59_500), (59_500, 70_000)]
    assert json.loads((folder / "export/json/talks/silence.json").read_text()) == {
        "text": "",
        "segments": [],
        "language": None,
    }
