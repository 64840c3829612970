"""Frames: every record comes back as it was, and a torn frame reads as the end."""

import io

import pytest

from batch import wire
from batch.child import read_frame
from batch.frames.converter import TableConverted, TableToConvert
from batch.frames.header_reader import HeaderFound, HeaderReaderReady, HeaderRefused, HeaderWanted
from batch.frames.preparer import (
    ArenaFree,
    ArrayHeader,
    PreparedHeader,
    PreparerJob,
    PrepareRow,
    PreparerProgress,
    PreparerReady,
    SegmentFound,
)
from batch.frames.previewer import (
    PreviewBegun,
    PreviewDone,
    PreviewFile,
    PreviewJob,
    PreviewMedium,
    PreviewRow,
    PreviewTask,
    PreviewThumbnail,
)
from batch.frames.reader import ReaderJob, ReaderReady, Row, RowsEnded, RowsTaken
from batch.prepared import Sampling
from batch.records import (
    Acknowledge,
    Assignment,
    AssignmentFinished,
    Completion,
    Drain,
    RequestFinished,
    RequestKey,
    RequestRepeated,
    RequestStarted,
    RowFailed,
    RowPlanned,
    RowRead,
    Shard,
    Slice,
    Span,
    Telemetry,
    WorkerDied,
    WorkerEnded,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
    WorkerRetired,
)

KEY = RequestKey(3, 14, 1)
EXAMPLES = [
    WorkerJob("{}", "/models/x", 8, b"\x00schema", b""),
    Assignment(Shard(3, (Slice("a/ü.parquet", 0, 9),)), (1, 2), (KEY,), slots=4),
    Acknowledge(5),
    Drain(),
    PrepareRow(Row(3, 14, "a#14", b"needed\xff", b"kept"), (0, 2)),
    WorkerReady(8, {"model": "demo", "slots": 8}),
    WorkerFailed("ModelError", "no model"),
    RowRead(3, 14, 'quotes "and" \x00 nul \N{GRINNING FACE}', b"\x00\x01"),
    RowPlanned(3, 14, 2, (Span(0.0, 29.5), Span(29.5, 40.0, ("too_fast",))), 40.0, 38.5, ("suspect_media",)),
    RowPlanned(3, 14, 1, (Span(0.0, 29.5, (), 20.25, "left"),), error_kind="decode_crash", error_message="SIGSEGV"),
    RowFailed(3, 14, "undecodable", "it's no image"),
    RequestStarted(KEY),
    RequestRepeated(KEY, bytes(16)),
    AssignmentFinished(3),
    RequestFinished(Completion(KEY, "a red circle", "stop", 300, 4, 0.25, ("empty",))),
    RequestFinished(Completion(KEY, "", None, 300, 0, 0.25, (), "nan_logits", "NaN")),
    Telemetry(8, 1 << 33, 0.1, 0.9, 12, 1 << 40),
    WorkerRetired("its memory has grown"),
    WorkerDied(9, 0, False, "tail"),
    WorkerEnded(),
    PreparerJob("{}", "", b"schema"),
    PreparerReady(),
    PreparerProgress(),
    SegmentFound(3, 14, 1, Span(29.5, 40.0, (), None, "right")),
    PreparedHeader(KEY, (ArrayHeader("<i4", (3,)),), 0, 64, Sampling(seed=7), None, ("empty",), b"twelve bytes"),
    PreparedHeader(KEY, (), 1, 64, Sampling(), '{"type": "object"}', (), None),
    ArenaFree(),
    ReaderJob("{}", b"needed", b"kept"),
    ReaderReady(),
    Row(3, 14, "a#14", b"needed\xff", b"kept"),
    RowsTaken(16, 1 << 40),
    RowsEnded("decode_crash", "SIGSEGV"),
    TableToConvert("/photos/ü.csv", "ü.csv", "/cache/.converting-1"),
    TableConverted(),
    HeaderReaderReady(),
    HeaderWanted("/photos/ü.parquet", "/photos/ü.parquet"),
    HeaderWanted("s3://photos/ü.parquet", footer=b"\x15\x02PAR1"),
    HeaderFound(3, (1, 2), b"schema"),
    HeaderRefused("Permission denied", 13),
    PreviewJob("{}", "/out/report_files", 224),
    PreviewTask(2, "clip-0000002.mp3", "audio", (PreviewRow("a/ü.wav", 0, ((0.0, 29.5), (40.0, 60.0))),), (0,)),
    PreviewBegun(2, 0),
    PreviewDone(
        1,
        (PreviewFile("thumb-000001-0.jpg", 9000), PreviewFile("clip-1-0.mp3", 4000)),
        (PreviewThumbnail(0, 0, 224, 168),),
        (PreviewMedium(0, "ab12", "/photos/a.jpg"), PreviewMedium(1, error="undecodable")),
    ),
]


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(record: object) -> None:
    frame = read_frame(io.BytesIO(wire.encode(record)))
    assert frame is not None
    assert wire.decode(*frame) == record


def test_every_record_that_may_cross_is_tried_above() -> None:
    assert {type(record).__name__ for record in EXAMPLES} >= wire.RECORDS.keys()


def test_a_frame_torn_at_any_byte_reads_as_the_end() -> None:
    frame = wire.encode(RowRead(1, 2, "x#2", b"blob"))
    for length in range(len(frame)):
        assert read_frame(io.BytesIO(frame[:length])) is None
    assert read_frame(io.BytesIO(frame)) is not None


def test_an_unknown_type_does_not_cross() -> None:
    with pytest.raises(KeyError, match="object does not cross processes"):
        wire.encode(object())
