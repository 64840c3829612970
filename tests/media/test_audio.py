"""What audio.Recording makes of every container, rate, channel count and damage: 16 kHz mono in even blocks."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from batch.errors import RowError
from batch.media.audio import BLOCK_SAMPLES, SAMPLE_RATE, Channel, Recording, Samples
from tests.media.recordings import DATA, encoded, made, silence, speech, wav

SENTENCE = made(silence(0.5), speech(), silence(0.5))


def decoded(source: bytes | Path, channel: Channel = "mix") -> tuple[Samples, Recording]:
    recording = Recording(source, channel)
    return np.concatenate(list(recording)), recording


def refusal(source: bytes | Path) -> str:
    with pytest.raises(RowError) as caught:
        list(Recording(source))
    assert caught.value.message
    return caught.value.kind


def likeness(left: Samples, right: Samples) -> float:
    """The highest correlation at any shift up to 0.1 s: codecs delay."""
    length = min(len(left), len(right)) - 3200
    return max(float(np.corrcoef(left[s : s + length], right[1600 : 1600 + length])[0, 1]) for s in range(0, 3200, 4))


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("jfk.m4a", 11.0), ("jfk.opus", 11.0), ("librivox_austen_0880.wav", 2.99), ("librivox_austen_0890.wav", 5.3),
     ("nonspeech_robin.ogg", 2.7)],
)  # fmt: skip
def test_real_files_decode_to_their_length_from_a_path_and_from_bytes(name: str, seconds: float) -> None:
    samples, recording = decoded(DATA / name)
    assert (recording.seconds, recording.flags) == (len(samples) / SAMPLE_RATE, ())
    assert abs(recording.seconds - seconds) < 0.1
    assert samples.dtype == np.float32
    assert np.array_equal(samples, decoded((DATA / name).read_bytes())[0])


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("wav", "pcm_s24le", 44_100), ("flac", "flac", 44_100), ("mp3", "libmp3lame", 44_100), ("ipod", "aac", 44_100),
     ("adts", "aac", 44_100), ("ogg", "libopus", 48_000), ("aiff", "pcm_s16be", 44_100), ("asf", "wmav2", 44_100),
     ("mp4", "aac", 48_000), ("mov", "aac", 48_000), ("webm", "libopus", 48_000), ("matroska", "flac", 44_100)],
)  # fmt: skip
def test_every_container_is_the_same_recording(container: str, codec: str, rate: int) -> None:
    samples, recording = decoded(encoded(SENTENCE, container, codec, rate))
    assert abs(recording.seconds - len(SENTENCE) / SAMPLE_RATE) < 0.1
    assert recording.flags == ()
    assert likeness(samples, SENTENCE) > 0.85


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_every_sample_format_of_wav_has_the_same_scale(subtype: str) -> None:
    samples, _ = decoded(wav(SENTENCE, subtype=subtype))
    assert len(samples) == len(SENTENCE)
    assert np.abs(samples - SENTENCE).max() < 0.02


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000])
def test_every_sample_rate_keeps_length_and_pitch(rate: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    samples, recording = decoded(wav(tone, rate))
    assert abs(recording.seconds - 1.0) < 0.001
    assert np.argmax(np.abs(np.fft.rfft(samples, SAMPLE_RATE))) == 440
    assert abs(float(np.abs(samples[2000:-2000]).max()) - 0.5) < 0.01


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 16])
def test_any_number_of_channels_is_mixed_by_their_mean(channels: int) -> None:
    spread = SENTENCE[:, None] * np.linspace(0, 1, channels, dtype=np.float32) if channels > 1 else SENTENCE
    samples, _ = decoded(wav(spread, subtype="FLOAT"))
    assert np.allclose(samples, SENTENCE / (2 if channels > 1 else 1), atol=1e-4)


def test_left_and_right_are_one_channel_and_a_mono_file_is_both() -> None:
    stereo = wav(np.stack((SENTENCE, SENTENCE[::-1]), axis=1), subtype="FLOAT")
    assert np.allclose(decoded(stereo, "left")[0], SENTENCE, atol=1e-4)
    assert np.allclose(decoded(stereo, "right")[0], SENTENCE[::-1], atol=1e-4)
    assert np.array_equal(*(decoded(wav(SENTENCE), channel)[0] for channel in ("left", "right")))


def test_blocks_are_one_second_so_that_length_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(np.tile(SENTENCE, 20)))
    lengths = [len(block) for block in Recording(path)]
    assert set(lengths[:-1]) == {BLOCK_SAMPLES}
    assert sum(lengths) == 20 * len(SENTENCE)


def test_undefined_samples_become_silence() -> None:
    samples, _ = decoded(wav(np.array([0.1, np.nan, np.inf, -np.inf] * 400, np.float32), subtype="FLOAT"))
    assert np.allclose(samples[:4], [0.1, 0.0, 1.0, -1.0])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("empty_header_only.wav", "undecodable"),
        ("zero_bytes.m4a", "undecodable"),
        ("corrupted.heic", "undecodable"),
        ("truncated.jpg", "unsupported_format"),
        ("not_there.wav", "missing_file"),
    ],
)
def test_the_bad_files_fail_by_name(name: str, kind: str) -> None:
    assert refusal(DATA / name) == kind
    if (DATA / name).exists():
        assert refusal((DATA / name).read_bytes()) == kind


@pytest.mark.parametrize("source", ["wav", "flac", "mp3", "aiff", "opus"])
def test_half_a_recording_is_heard_and_flagged(source: str) -> None:
    codecs = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "aiff": "pcm_s16be"}
    whole = (DATA / "jfk.opus").read_bytes() if source == "opus" else encoded(SENTENCE, source, codecs[source], 44_100)
    _, recording = decoded(whole[: len(whole) // 2])
    assert (recording.flags, decoded(whole)[1].flags) == (("suspect_media",), ())


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_that_was_streamed_or_whose_recorder_died_is_heard_whole_and_not_suspected(length: int) -> None:
    content = bytearray(wav(SENTENCE))
    place = content.index(b"data") + 4
    content[place : place + 4] = length.to_bytes(4, "little")
    samples, recording = decoded(bytes(content))
    assert (len(samples), recording.flags) == (len(SENTENCE), ())


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
def test_a_length_that_nobody_declared_is_no_reason_to_suspect_a_recording(container: str, codec: str) -> None:
    """Variable bit rate that begins with silence: by its first bytes the file would be longer, up to tenfold."""
    samples = made(np.zeros(30 * SAMPLE_RATE, np.float32), speech(), silence(1.0, 0.1))
    content = encoded(samples, container, codec, 44_100, variable=True)
    with av.open(io.BytesIO(content)) as opened:
        assert (opened.duration or 0) / av.time_base > 1.1 * len(samples) / SAMPLE_RATE
    assert decoded(content)[1].flags == ()


def test_half_an_m4a_whose_index_is_gone_is_undecodable() -> None:
    whole = (DATA / "jfk.m4a").read_bytes()
    assert refusal(whole[: len(whole) // 2]) == "undecodable"


def test_damage_inside_a_recording_costs_its_packets_only() -> None:
    whole = bytearray(encoded(SENTENCE, "mp3", "libmp3lame", 44_100))
    middle = len(whole) // 2
    whole[middle : middle + 3000] = bytes(3000)
    _, recording = decoded(bytes(whole))
    assert recording.seconds > 0.8 * len(SENTENCE) / SAMPLE_RATE
    assert recording.flags == ("suspect_media",)


def test_tags_in_an_old_encoding_do_not_cost_the_recording() -> None:
    tagged = bytearray(encoded(SENTENCE, "avi", "libmp3lame", 44_100))
    place = tagged.index(b"Lavf")
    tagged[place : place + 4] = "Käse".encode("latin-1")
    assert decoded(bytes(tagged))[1].flags == ()


@pytest.mark.parametrize("rate", [1, 1_375_747_712])
def test_a_sample_rate_that_no_sound_has_is_refused_before_it_costs_anything(rate: int) -> None:
    header = bytearray(wav(SENTENCE))
    header[24:28] = rate.to_bytes(4, "little")
    assert refusal(bytes(header)) == "undecodable"


def test_text_named_mp3_is_undecodable_and_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    target = (DATA / "librivox_austen_0880.wav").resolve()
    texts = {
        "notes.mp3": "Dear diary, today",
        "list.mp3": f"ffconcat version 1.0\nfile 'file:{target}'\n",
        "list.m3u8": f"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:3,\nfile://{target}\n#EXT-X-ENDLIST\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert refusal(tmp_path / name) in {"undecodable", "unsupported_format"}
        assert refusal(text.encode()) in {"undecodable", "unsupported_format"}


def test_a_name_that_looks_like_a_protocol_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "concat:a|b%03d.wav"
    path.write_bytes(wav(SENTENCE))
    assert decoded(path)[1].seconds == len(SENTENCE) / SAMPLE_RATE


def test_a_video_without_sound_is_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    assert refusal(path) == "unsupported_format"
