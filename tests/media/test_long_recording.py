"""A long recording through a real preparer: all speech is in the segments, no cut in a word, little memory; and, with
the demonstration model, the joined text is as right as that of the single clips. Three minutes always, three hours
when asked (`pytest -m slow`)."""

import sys
from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile

from batch.media.segments import Segments
from batch.media.speech import SAMPLE_RATE
from batch.prepared import Prepared
from batch.records import RequestRepeated, RowPlanned, Span
from tests.commands import answers_of, output_of, run_command, start_command, status_of, write_config
from tests.media.long_recording import QUIET, SPEAKING, Spoken, clips, write
from tests.preparing import job_config, open_pool, rows_of

MINUTES_3, HOURS_3 = 180.0, 3 * 3600.0
BOTH = [MINUTES_3, pytest.param(HOURS_3, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
MAX_PREPARER_BYTES = 400 * 10**6


def prepared(path: Path) -> tuple[list[Prepared | RequestRepeated], RowPlanned, int | None]:
    """The recording's requests, its plan, and the most memory that its preparer (a real one) ever had."""
    schema, rows = rows_of({"audio": [str(path)]})
    config = job_config("transcribe", source={"path": str(path.parent)}, prepare={"processes": 1})
    pool = open_pool(config, schema)
    try:
        pool.submit(rows[0])
        requests: list[Prepared | RequestRepeated] = []
        while True:
            for outcome in pool.poll():
                if isinstance(outcome, Prepared):
                    pool.taken(outcome)
                if isinstance(outcome, (Prepared, RequestRepeated)):  # the clips come round again and again
                    requests.append(outcome)
                    continue
                assert isinstance(outcome, RowPlanned), outcome
                return requests, outcome, peak_bytes(pool._preparers[0].child.pid)
            pool.wait(0.05)
    finally:
        pool.close()


def peak_bytes(pid: int) -> int | None:
    if sys.platform != "linux":
        return None
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def unheard(spoken: Sequence[Spoken], spans: Sequence[Span]) -> list[Spoken]:
    """What does not lie in one segment, nor in several that meet in a pause of it."""
    edges = [(round(span.start_s * SAMPLE_RATE), round(span.end_s * SAMPLE_RATE)) for span in spans]
    return [
        part
        for part in spoken
        if not any(start <= part.start and part.stop <= stop for start, stop in edges)
        and not any(start <= part.start < stop for start, stop in edges)
        and not any(start < part.stop <= stop for start, stop in edges)
    ]


@pytest.mark.parametrize("seconds", BOTH)
def test_all_speech_lies_in_segments_that_are_cut_in_pauses_and_memory_stays_small(
    seconds: float, tmp_path: Path
) -> None:
    path = tmp_path / "long.wav"
    spoken = write(path, seconds, "mixed")
    requests, planned, memory = prepared(path)
    assert [request.key.request for request in requests] == list(range(planned.requests))
    assert len(spoken) > seconds / 12
    with soundfile.SoundFile(path) as file:
        length = len(file)
        covered = np.zeros(length, bool)
        for span in planned.spans:
            assert span.end_s - span.start_s <= 30
            start, stop = round(span.start_s * SAMPLE_RATE), round(span.end_s * SAMPLE_RATE)
            covered[start:stop] = True
        for part in spoken:
            file.seek(part.start)
            voice = np.abs(file.read(part.stop - part.start, dtype="float32")) > SPEAKING
            assert covered[part.start : part.stop][voice].all(), part
        for span in planned.spans:
            for edge in (round(span.start_s * SAMPLE_RATE), round(span.end_s * SAMPLE_RATE)):
                if any(part.start < edge < part.stop for part in spoken):
                    file.seek(max(0, edge - round(QUIET / 2 * SAMPLE_RATE)))
                    around = file.read(round(QUIET * SAMPLE_RATE), dtype="float32")
                    assert np.abs(around).max() < SPEAKING, f"cut inside a word at {edge / SAMPLE_RATE:.2f} s"
    assert unheard(spoken, planned.spans) == []
    assert planned.audio_seconds == length / SAMPLE_RATE
    if memory is not None:
        assert memory < MAX_PREPARER_BYTES


def test_a_segment_begins_just_before_its_words_and_ends_just_after_them(tmp_path: Path) -> None:
    """Silence that the detector took for a voice would lie in front of them."""
    path = tmp_path / "apart.wav"
    spoken = write(path, MINUTES_3, "apart")
    found = list(Segments(path))
    before = [part.start / SAMPLE_RATE - segment.start_s for part, segment in zip(spoken, found, strict=True)]
    after = [segment.end_s - part.stop / SAMPLE_RATE for part, segment in zip(spoken, found, strict=True)]
    assert 0.4 < min(before) <= max(before) < 0.8
    assert 0.4 < min(after) <= max(after) < 1.2


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [MINUTES_3, HOURS_3])
@pytest.mark.timeout(7200)
def test_the_joined_transcript_is_as_right_as_those_of_the_single_clips(seconds: float, tmp_path: Path) -> None:
    """One to three clips share a segment, with pauses between: no more words than the demonstration model knows."""
    (tmp_path / "long").mkdir()
    (tmp_path / "single").mkdir()
    spoken = write(tmp_path / "long" / "a.wav", seconds, "phrases")
    for number, (_, samples) in enumerate(clips()):
        soundfile.write(tmp_path / "single" / f"{number:02}.wav", samples, SAMPLE_RATE, subtype="PCM_16")
    words = {}
    for name in ("long", "single"):
        job = write_config(
            tmp_path / f"{name}.yaml", task="transcribe", model="demo", source={"path": str(tmp_path / name)},
            prompt="Transcribe this audio.",
        )  # fmt: skip
        found = run_command("run", job, timeout_s=7000)
        assert found.returncode == 0, found.stderr
        rows = answers_of(tmp_path / f"{name}.out", "transcript")
        assert {status for _, status, _ in rows} == {"ok"}
        words[name] = [text or "" for _, _, text in rows]
    single = {text: heard for (text, _), heard in zip(clips(), words["single"], strict=True)}
    references = [part.text for part in spoken]
    alone = jiwer.wer(" ".join(references), " ".join(single[text] for text in references))
    joined = jiwer.wer(" ".join(references), " ".join(words["long"]))
    print(f"WER of the single clips {alone:.4f}, joined {joined:.4f}, {len(references)} clips")
    assert joined <= alone + 0.01


@pytest.mark.parametrize("seconds", BOTH)
def test_a_recording_stopped_in_its_middle_goes_on_at_its_next_segment(seconds: float, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    clip_count = len(write(tmp_path / "in" / "a.wav", seconds, "apart"))
    job = write_config(tmp_path / "job.yaml", task="transcribe", model="fake", source={"path": str(tmp_path / "in")})
    slow = {"GEMMA4_BATCH_FAKE": '{"step_s": 0.2, "tokens": 2}' if seconds == MINUTES_3 else '{"step_s": 0.02}'}
    runner = start_command("run", job, "--set", "engine.slots=2", log=tmp_path / "log", **slow)
    while runner.poll() is None:
        state = status_of(tmp_path / "job.out") if (tmp_path / "job.out" / "ledger.sqlite").exists() else {}
        if state and state["counts"]["requests"] >= 0.4 * clip_count:
            break
    runner.terminate()
    assert runner.wait(60) == 130, (tmp_path / "log").read_text()
    stopped = status_of(tmp_path / "job.out")["counts"]["requests"]
    assert 0.4 * clip_count <= stopped < clip_count
    found = run_command("run", job, timeout_s=3000)
    assert found.returncode == 0, found.stderr
    assert f"this run: {clip_count - stopped} requests" in found.stdout
    assert status_of(tmp_path / "job.out")["requests_computed_again"] == 0
    (row,) = output_of(tmp_path / "job.out").to_pylist()
    assert (row["status"], len(row["segments"])) == ("ok", clip_count)
    assert [part["start_s"] for part in row["segments"]] == sorted(part["start_s"] for part in row["segments"])
