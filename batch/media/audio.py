"""A recording, or the sound of a video -> 16 kHz mono float32, block by block; and clips of it. The only importer of
PyAV.

Nothing is ever held but one block: a ten-hour file costs the memory of a second. Container formats are on a list
(no playlist that would open other files), video frames are never decoded. soundfile is not used: for WAV and FLAC
PyAV's decoding is 1 % of the time that speech detection takes.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from batch.errors import RowError
from batch.media.signature import declared_wav_seconds, is_cut_ogg, mp3_tells_length
from batch.records import Flag

SAMPLE_RATE = 16_000  # Hz, what the model hears
BLOCK_SAMPLES = SAMPLE_RATE  # one second a block
RATES = range(1_000, 768_001)  # Hz; damaged headers say 1 Hz (hours out of a second) or 2 GHz (a filter of gigabytes)
SHORTFALL_S = 0.5  # decoded less than declared by more than this (codecs pad and trim by less) ...
SHORTFALL_SHARE = 0.01  # ... and by more than this share: suspect_media
LENGTHLESS = ("aac", "amr")  # and MP3 without a header: ffmpeg guesses a length from the bytes, off by any factor
CONTAINERS = "wav,w64,flac,mp3,mov,mp4,m4a,aac,ogg,opus,aiff,asf,matroska,webm,caf,amr,avi,mpegts"

Samples = NDArray[np.float32]
Channel = Literal["mix", "left", "right", "both"]


class Recording:
    """Decodes `source` once, as an iterator of blocks (float32 [n], 1 <= n <= BLOCK_SAMPLES, within -1..1 but for
    overshoot; with `both` [n, 2], left and right, or [n, 1] of a file that begins in mono). `seconds` and `flags` are
    whole when the iteration has ended.

    Iterating raises RowError: missing_file, undecodable (damaged, empty, 0 samples), unsupported_format (not a
    known container, or no sound in it), decode_memory.
    """

    def __init__(self, source: bytes | Path, channel: Channel = "mix") -> None:
        self._source = source
        self._channel = channel
        self.name = repr(source.name) if isinstance(source, Path) else "the recording"
        self._samples = 0
        self._tracks = 0
        self._damaged = False
        self._declared_s: float | None = None
        self._mp3_tells = False

    @property
    def seconds(self) -> float:
        """Decoded so far."""
        return self._samples / SAMPLE_RATE

    @property
    def flags(self) -> tuple[Flag, ...]:
        missing = (self._declared_s or 0.0) - self.seconds
        short = missing > max(SHORTFALL_S, SHORTFALL_SHARE * (self._declared_s or 0.0))
        return ("suspect_media",) if short or self._damaged else ()

    def __iter__(self) -> Iterator[Samples]:
        try:
            with self._container() as container:
                yield from self._blocks(container)
        except RowError:
            raise
        except MemoryError as exc:
            raise RowError("decode_memory", f"{self.name} does not fit in memory while decoding") from exc
        except Exception as exc:  # mostly av.FFmpegError, but damaged files make PyAV raise others, too
            raise self._undecodable(exc) from exc
        if not self._samples:
            raise RowError("undecodable", f"{self.name} has a header but no sound (0 samples)")

    def _container(self) -> Any:
        self._peek()
        # A path never names a protocol or a pattern, whatever it looks like.
        file = io.BytesIO(self._source) if isinstance(self._source, bytes) else f"file:{self._source}"
        try:
            return av.open(
                file,
                options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"},
                metadata_errors="replace",  # old tags are in any encoding; a title must not cost the recording
            )
        except av.ArgumentError as exc:  # recognised, but not on the list
            raise RowError("unsupported_format", f"{self.name} is not a recording or video of a known format") from exc

    def _peek(self) -> None:
        """What ffmpeg does not tell: the length a WAV header announces, and whether an Ogg file is cut."""
        try:
            with io.BytesIO(self._source) if isinstance(self._source, bytes) else self._source.open("rb") as file:
                size = file.seek(0, io.SEEK_END)
                if not size:
                    raise RowError("undecodable", f"{self.name} is empty")
                self._declared_s = declared_wav_seconds(file)
                self._damaged = is_cut_ogg(file, size)
                self._mp3_tells = mp3_tells_length(file)
        except OSError as exc:
            raise RowError("missing_file", f"{self.name} cannot be opened: {exc.strerror or exc}") from exc

    def _undecodable(self, exc: Exception) -> RowError:
        reason = getattr(exc, "strerror", None) or type(exc).__name__
        return RowError("undecodable", f"{self.name} cannot be decoded as sound: {reason}")

    def _blocks(self, container: Any) -> Iterator[Samples]:
        """Decoded sound cut into even blocks."""
        waiting: list[Samples] = []
        length = 0
        for piece in self._decoded(container):
            waiting.append(piece)
            length += len(piece)
            self._samples += len(piece)
            if length >= BLOCK_SAMPLES:
                joined = np.concatenate(waiting)
                whole = length - length % BLOCK_SAMPLES
                yield from np.split(joined[:whole], whole // BLOCK_SAMPLES)
                waiting, length = [joined[whole:]], length - whole
        if length:
            yield np.concatenate(waiting)

    def _decoded(self, container: Any) -> Iterator[Samples]:
        stream = next(iter(container.streams.audio), None)
        if stream is None:
            raise RowError("unsupported_format", f"{self.name} holds no sound ({container.format.name})")
        if stream.codec_context is None:
            raise RowError("unsupported_format", f"{self.name} holds sound in a codec that no decoder here knows")
        guessed = container.format.name in LENGTHLESS or (container.format.name == "mp3" and not self._mp3_tells)
        if self._declared_s is None and not guessed:
            self._declared_s = _declared_seconds(container, stream)
        resampler: Any = None
        layout: object = None
        failure: Exception | None = None
        for frame in self._frames(container, stream):
            if isinstance(frame, Exception):
                failure = frame
                continue
            if layout != (frame.format.name, frame.layout.name, frame.sample_rate):  # may change within a broadcast
                yield from self._resampled(resampler, None)
                layout = (frame.format.name, frame.layout.name, frame.sample_rate)
                if frame.sample_rate not in RATES:
                    raise RowError("undecodable", f"{self.name} announces {frame.sample_rate} Hz, which is no sound")
                # Interleaved: PyAV 18.1 reads past the planes of a planar frame with 8 channels or more (segfault).
                resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=SAMPLE_RATE)
            frame.pts = None  # gaps in timestamps are not filled: time is counted in samples
            yield from self._resampled(resampler, frame)
        yield from self._resampled(resampler, None)
        if failure is not None:
            self._damaged = True
            if resampler is None:
                raise self._undecodable(failure) from failure

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames; a packet that cannot be decoded is passed over as its exception, the rest is still worth hearing."""
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, EOFError) as exc:  # the container breaks off: keep what came
                yield exc
                return
            if packet is None:
                return
            try:
                yield from packet.decode()
            except EOFError:
                return
            except av.FFmpegError as exc:
                yield exc

    def _resampled(self, resampler: Any, frame: Any) -> Iterator[Samples]:
        if resampler is None:
            return
        for resampled in resampler.resample(frame):
            channels: Samples = resampled.to_ndarray().reshape(-1, resampled.layout.nb_channels)
            if len(channels):
                self._tracks = self._tracks or min(2, channels.shape[1])
                yield _wanted(channels, self._channel, self._tracks)


def _wanted(channels: Samples, channel: Channel, tracks: int) -> Samples:
    """[n, channels] -> [n], or [n, tracks] for `both`. `mix` is the mean of all channels; a mono file is its own left
    and right."""
    last = channels.shape[1] - 1
    if channel == "mix":
        heard: Samples = channels.mean(axis=1, dtype=np.float32)
    elif channel == "both":
        heard = channels[:, [min(track, last) for track in range(tracks)]]
    else:
        heard = channels[:, min(1, last) if channel == "right" else 0]
    return np.nan_to_num(heard, nan=0.0, posinf=1.0, neginf=-1.0)  # float files can hold anything


def _declared_seconds(container: Any, stream: Any) -> float | None:
    """What the header says of the sound's length, where it says anything."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


# ---------------------------------------------------------------- clips
CLIP_BITS_A_S = 32_000  # MP3, mono, 16 kHz: speech is clear, a minute is 240 kB, and every browser plays it


def write_clips(
    recording: Recording,
    stretches: Sequence[tuple[float, float]],
    paths: Sequence[Path],
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Write the stretches of a recording (seconds; in order of their begin, overlaps allowed), each as an MP3 at its
    path, in one pass that ends with the last of them. Raises RowError as Recording does; no file is left half."""
    staged = [path.with_name(f".{path.name}.new") for path in paths]
    ends = [round(stop * SAMPLE_RATE) for _, stop in stretches]
    begins = [round(start * SAMPLE_RATE) for start, _ in stretches]
    position = 0
    with ExitStack() as stack:
        writers = [stack.enter_context(_Clip(path)) for path in staged]
        for block in recording if stretches else ():
            for writer, begin, end in zip(writers, begins, ends, strict=True):
                piece = block[max(0, begin - position) : max(0, end - position)]
                if len(piece):
                    writer.write(piece)
            position += len(block)
            progress()
            if position >= max(ends):
                break
    for path, final in zip(staged, paths, strict=True):
        path.replace(final)


class _Clip:
    """One MP3 being written."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path), "w", format="mp3")
        self._stream: Any = self._container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="mono")
        self._stream.bit_rate = CLIP_BITS_A_S

    def __enter__(self) -> "_Clip":
        return self

    def write(self, samples: Samples) -> None:
        """float32 [n]."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        self._container.mux(self._stream.encode(frame))

    def __exit__(self, *exc: object) -> None:
        try:
            if exc[0] is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
