"""Recordings become segments: known speech lies inside them, no boundary inside known speech, 30 s at most."""

import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from batch.errors import RowError
from batch.media.segments import MIN_SEGMENT_SAMPLES, Policy, Segment, Segments, Summary
from batch.media.speech import FRAME_S, MAX_SEGMENT_SAMPLES, OVERLAP_S, SAMPLE_RATE
from tests.media.recordings import DATA, Samples, made, silence, speech, wav

SENTENCES = ("librivox_austen_0880.wav", "librivox_austen_0890.wav")


def segments(source: bytes | Path, policy: Policy = "vad") -> tuple[list[Segment], Summary]:
    cut = Segments(source, policy)
    return list(cut), cut.summary


def conversation(pauses: list[float]) -> tuple[Samples, list[tuple[float, float]]]:
    """Sentences with `pauses` (seconds) before each; the samples, and when each sentence is spoken."""
    parts: list[Samples] = []
    spoken: list[tuple[float, float]] = []
    for index, pause in enumerate(pauses):
        parts += [silence(pause), speech(SENTENCES[index % 2])]
        end = sum(map(len, parts)) / SAMPLE_RATE
        spoken.append((end - len(parts[-1]) / SAMPLE_RATE, end))
    return made(*parts, silence(2.0)), spoken


def test_a_minute_of_known_speech_lies_in_segments_and_no_boundary_inside_a_sentence() -> None:
    samples, spoken = conversation([1.0, 0.8, 1.2, 7.0, 0.6, 0.9, 0.7, 1.5, 0.8, 0.6, 9.0, 1.0])
    assert len(samples) > 60 * SAMPLE_RATE
    found, summary = segments(wav(samples))
    for start, end in spoken:
        assert [1 for segment in found if segment.start_s <= start and end <= segment.end_s] == [1], (start, end)
    assert all(segment.end_s - segment.start_s <= 30 for segment in found)
    assert all(left.end_s <= right.start_s for left, right in pairwise(found))
    total = sum(end - start for start, end in spoken)
    assert abs((summary.speech_seconds or 0) - total) < 0.15 * total
    assert summary.audio_seconds == len(samples) / SAMPLE_RATE
    assert summary.flags == ()


def test_a_segment_holds_the_samples_of_its_time() -> None:
    samples, _ = conversation([1.0, 8.0, 1.0, 8.0, 1.0, 8.0, 1.0])
    stored = np.frombuffer(wav(samples)[44:], "<i2") / np.float32(32768)
    found, _ = segments(wav(samples))
    assert len(found) == 4
    for segment in found:
        start, end = round(segment.start_s * SAMPLE_RATE), round(segment.end_s * SAMPLE_RATE)
        assert np.allclose(segment.samples, stored[start:end], atol=1e-4)


def test_a_short_clip_with_speech_is_one_segment_whole() -> None:
    samples = made(silence(6.0), speech(), silence(8.0), speech(), silence(4.0))
    found, summary = segments(wav(samples))
    assert [(segment.start_s, segment.end_s) for segment in found] == [(0.0, summary.audio_seconds)]
    assert len(found[0].samples) == len(samples)


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_thirty_seconds_are_whole_and_one_sample_more_is_cut(extra: int) -> None:
    samples = np.resize(made(speech(), silence(7.0)), MAX_SEGMENT_SAMPLES + extra)
    found, _ = segments(wav(samples))
    assert (len(found) == 1) == (extra <= 0)
    assert all(len(segment.samples) <= MAX_SEGMENT_SAMPLES for segment in found)


def test_no_speech_makes_no_segment_and_the_summary_says_so() -> None:
    assert segments(DATA / "nonspeech_robin.ogg") == ([], Summary(2.6986875, 0.0))
    assert segments(wav(silence(40.0))) == ([], Summary(40.0, 0.0))


def test_speech_without_a_pause_is_cut_and_nothing_is_lost() -> None:
    samples = np.resize(speech("librivox_austen_0890.wav")[:16_000], 70 * SAMPLE_RATE)
    found, _ = segments(wav(samples))
    assert found[0].start_s == 0
    assert found[-1].end_s == 70
    assert all(left.end_s - right.start_s == pytest.approx(OVERLAP_S, abs=FRAME_S) for left, right in pairwise(found))


def test_segments_come_while_the_recording_is_still_being_read(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(conversation([8.0] * 6)[0]))
    cut = Segments(path)
    first = next(iter(cut))
    assert first.end_s < 15
    with pytest.raises(RuntimeError, match="summary"):
        _ = cut.summary


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (70.0, [(0.0, 30.0), (28.0, 58.0), (56.0, 70.0)]),
        (30.0, [(0.0, 30.0)]),
        (30.1, [(0.0, 30.0), (28.0, 30.1)]),
        (58.0, [(0.0, 30.0), (28.0, 58.0)]),
    ],
)
def test_windows_are_thirty_seconds_overlap_by_two_and_cover_everything(
    seconds: float, expected: list[tuple[float, float]]
) -> None:
    found, summary = segments(wav(silence(seconds)), "window")
    assert [(segment.start_s, segment.end_s) for segment in found] == expected
    assert {(segment.speech_s, segment.channel) for segment in found} == {(None, None)}
    assert summary == Summary(seconds, None)


def test_a_segment_knows_how_much_of_it_is_speech() -> None:
    samples, spoken = conversation([1.0, 8.0, 1.0, 8.0])
    found, summary = segments(wav(samples))
    for segment in found:
        inside = sum(end - start for start, end in spoken if segment.start_s <= start < segment.end_s)
        assert segment.speech_s == pytest.approx(inside, rel=0.2)
    assert sum(segment.speech_s or 0 for segment in found) == pytest.approx(summary.speech_seconds)


def test_two_channels_are_two_recordings_each_with_its_own_segments() -> None:
    left, _ = conversation([1.0, 8.0, 1.0, 8.0, 1.0])
    right = np.resize(made(silence(9.0), speech("librivox_austen_0890.wav"), silence(12.0)), len(left))
    apart = {}
    for name, samples in (("left", left), ("right", right)):
        apart[name], _ = segments(wav(samples))
        assert len(apart[name]) > 1
    cut = Segments(wav(np.stack([left, right], axis=1)), channel="both")
    found = list(cut)
    for name, alone in apart.items():
        side = [segment for segment in found if segment.channel == name]
        assert [(s.start_s, s.end_s, s.speech_s) for s in side] == [(s.start_s, s.end_s, s.speech_s) for s in alone]
        assert all(np.array_equal(one.samples, other.samples) for one, other in zip(side, alone, strict=True))
    assert cut.summary.speech_seconds == pytest.approx(sum(s.speech_s or 0 for s in found))
    assert [segment.channel for segment in found] != sorted(segment.channel or "" for segment in found)
    assert [segment.start_s for segment in found] == sorted(segment.start_s for segment in found)


def test_segments_of_two_channels_come_in_the_order_of_their_begin_though_the_later_one_ends_first() -> None:
    """A short answer on the right, while somebody speaks on the left and goes on."""
    left = np.zeros(60 * SAMPLE_RATE, np.float32)
    left[SAMPLE_RATE : 21 * SAMPLE_RATE] = np.resize(speech(), 20 * SAMPLE_RATE)
    right = made(silence(3.0), speech()[:SAMPLE_RATE], silence(56.0))
    right[40 * SAMPLE_RATE : 41 * SAMPLE_RATE] = speech()[:SAMPLE_RATE]
    found = list(Segments(wav(np.stack([left, right], axis=1)), channel="both"))
    assert [segment.channel for segment in found] == ["left", "right", "right"]


def test_a_mono_recording_has_no_two_channels() -> None:
    found = list(Segments(wav(conversation([1.0])[0]), channel="both"))
    assert [(segment.channel, segment.start_s) for segment in found] == [(None, 0.0)]


def test_off_is_the_whole_recording_and_longer_than_thirty_seconds_is_refused() -> None:
    found, summary = segments(wav(silence(30.0)), "off")
    assert [(segment.start_s, segment.end_s, len(segment.samples)) for segment in found] == [(0.0, 30.0, 480_000)]
    assert summary == Summary(30.0, None)
    with pytest.raises(RowError) as caught:
        segments(wav(silence(30.01)), "off")
    assert caught.value.kind == "audio_too_long"


@pytest.mark.parametrize("policy", ["window", "off"])
def test_a_clip_too_short_for_one_token_is_filled_with_silence(policy: Policy) -> None:
    found, _ = segments(wav(silence(0.01)), policy)
    assert [(len(segment.samples), segment.end_s) for segment in found] == [(MIN_SEGMENT_SAMPLES, 0.01)]
    assert not found[0].samples[160:].any()


@pytest.mark.parametrize("policy", ["vad", "window", "off"])
def test_a_recording_of_nothing_fails_under_every_policy(policy: Policy) -> None:
    with pytest.raises(RowError) as caught:
        segments(DATA / "empty_header_only.wav", policy)
    assert caught.value.kind == "undecodable"


def test_the_same_file_is_always_cut_the_same_way() -> None:
    source = wav(conversation([1.0] * 10)[0])
    first, second = segments(source)[0], segments(source)[0]
    assert [(s.start_s, s.end_s) for s in first] == [(s.start_s, s.end_s) for s in second]


def test_a_damaged_recording_is_flagged_in_its_summary() -> None:
    whole = (DATA / "librivox_austen_0890.wav").read_bytes()
    found, summary = segments(whole[: len(whole) // 2])
    assert (len(found), summary.flags) == (1, ("suspect_media",))


def test_a_long_recording_costs_the_memory_of_a_segment(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(np.resize(silence(30.0), 600 * SAMPLE_RATE)))
    tracemalloc.start()
    try:
        assert max(segment.end_s for segment in Segments(path, "window")) == 600
        assert (
            tracemalloc.get_traced_memory()[1] < 4 * 4 * MAX_SEGMENT_SAMPLES
        )  # the tape, its copy, the segment given out
    finally:
        tracemalloc.stop()
