"""One row in a preparer: its media opened, its requests made, its faults named."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from batch.config.job import JobConfig
from batch.errors import ModelError
from batch.faults import parse_faults
from batch.frames.preparer import SegmentFound
from batch.prepare.row_preparer import RowPreparer
from batch.prepared import Prepared
from batch.processor import FakeProcessor
from batch.records import RequestKey, RowFailed, RowPlanned, Span
from tests.media.recordings import made, silence, speech
from tests.media.recordings import wav as recorded
from tests.preparing import Outcome, job_config, png, rows_of, text_of, wav


def prepared(config: JobConfig, values: dict[str, Any], skip: tuple[int, ...] = ()) -> list[Outcome]:
    """What one row of these values becomes."""
    schema, rows = rows_of({name: [value] for name, value in values.items()})
    return list(RowPreparer(config, schema, FakeProcessor()).prepare(rows[0], skip))


def failure(config: JobConfig, values: dict[str, Any]) -> tuple[str, str]:
    (failed,) = prepared(config, values)
    assert isinstance(failed, RowFailed)
    assert (failed.shard, failed.row) == (3, 0)
    return failed.error_kind, failed.error_message


def test_images_come_as_bytes_structs_lists_or_files_in_the_order_of_their_columns(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(png(60, 40))
    config = job_config("caption", source={"path": str(tmp_path), "image_column": ["first", "second"]})
    values = {"second": ["b.png", None], "first": {"bytes": png(36, 48), "path": None}}
    request, planned = prepared(config, values)
    assert isinstance(request, Prepared)
    assert [image.shape for image in request.images] == [(3, 36, 48), (3, 60, 40)]
    assert text_of(request) == "Describe this image in one sentence."
    assert planned == RowPlanned(3, 0, 1)


def test_an_answer_may_have_no_media_an_image_or_a_short_recording() -> None:
    config = job_config("answer")
    blank: dict[str, Any] = {"prompt": "Why?", "image": None, "audio": None}
    for extra, shapes in (({}, []), ({"image": png(40, 40)}, [(3, 40, 40)]), ({"audio": wav(2)}, [(250, 128)])):
        request, planned = prepared(config, blank | extra)
        assert isinstance(request, Prepared)
        assert [array.shape for array in (*request.images, *request.audio)] == shapes
        assert planned == RowPlanned(3, 0, 1)


def test_a_recording_becomes_one_request_for_each_stretch_of_speech() -> None:
    sentence = speech()
    audio = recorded(made(silence(2), sentence, silence(20), sentence, silence(15)))
    *requests, planned = prepared(job_config("transcribe"), {"audio": audio})
    assert [outcome.key for outcome in requests if isinstance(outcome, Prepared)] == [
        RequestKey(3, 0, 0), RequestKey(3, 0, 1),
    ]  # fmt: skip
    assert isinstance(planned, RowPlanned)
    assert planned.requests == len(planned.spans) == 2
    length = len(sentence) / 16000
    for span, begin in zip(planned.spans, (2.0, 22.0 + length), strict=True):
        assert span.start_s <= begin < begin + length <= span.end_s
    assert planned.audio_seconds is not None
    assert math.isclose(planned.audio_seconds, 37 + 2 * length, abs_tol=0.01)


def test_a_silent_recording_has_no_requests() -> None:
    assert prepared(job_config("transcribe"), {"audio": recorded(silence(4))}) == [
        RowPlanned(3, 0, 0, (), audio_seconds=4.0, speech_seconds=0.0)
    ]


def test_a_recording_shows_progress_though_nobody_speaks() -> None:
    told: list[None] = []
    schema, rows = rows_of({"audio": [wav(20, amplitude=0)]})
    preparer = RowPreparer(job_config("transcribe"), schema, FakeProcessor(), lambda: told.append(None))
    (planned,) = preparer.prepare(rows[0])
    assert isinstance(planned, RowPlanned)
    assert len(told) >= 10


def test_segments_already_answered_are_planned_but_not_made_again() -> None:
    config = job_config("transcribe", media={"segment": "window"})
    request, planned = prepared(config, {"audio": wav(65)}, (0, 2))
    assert isinstance(request, Prepared)
    assert request.key.request == 1
    spans = (Span(0.0, 30.0), Span(28.0, 58.0), Span(56.0, 65.0))
    assert planned == RowPlanned(3, 0, 3, spans, audio_seconds=65.0)
    assert prepared(job_config("caption"), {"image": b"never opened"}, (0,)) == [RowPlanned(3, 0, 1)]


def test_a_segment_tells_its_speech_its_channel_and_is_found_before_its_request() -> None:
    samples = made(silence(2), speech(), silence(30))
    schema, rows = rows_of({"audio": [recorded(np.stack([silence(len(samples) / 16000), samples], axis=1))]})
    told: list[SegmentFound] = []
    preparer = RowPreparer(
        job_config("transcribe", media={"channel": "both"}), schema, FakeProcessor(), found=told.append
    )
    *_, planned = preparer.prepare(rows[0])
    assert isinstance(planned, RowPlanned)
    (span,) = planned.spans
    assert told == [SegmentFound(3, 0, 0, span)]
    assert span.channel == "right"
    assert span.speech_s == pytest.approx(len(speech()) / 16000, rel=0.2)


def test_a_short_segment_gets_fewer_tokens_unless_the_prompt_is_ones_own() -> None:
    def tokens(seconds: float, most: int = 1000, **keys: Any) -> int:
        config = job_config("transcribe", sampling={"max_tokens": most}, **keys)
        request, _ = prepared(config, {"audio": wav(seconds)})
        assert isinstance(request, Prepared)
        return request.max_tokens

    window = {"segment": "window"}
    assert tokens(1, media=window) == 64
    assert tokens(10, media=window) == 16 * 10 + 32
    assert tokens(30, 256, media=window) == 256
    assert tokens(10, media=window | {"translate_to": "French"}) == 2 * (16 * 10 + 32)
    assert tokens(1, media=window, prompt={"text": "Describe the voice at length."}) == 1000


@pytest.mark.parametrize(
    ("task", "values", "kind", "message"),
    [
        ("caption", {"image": None}, "missing_media", "the row's image is null (column image)"),
        ("caption", {"image": []}, "missing_media", "the row's list of images is empty"),
        ("transcribe", {"audio": [None]}, "missing_media", "the row's list of recordings is empty"),
        ("transcribe", {"audio": [b"a", b"b"]}, "unsupported_format", "the row holds 2 recordings"),
        ("caption", {"image": b"GIF89a"}, "undecodable", ""),
        ("caption", {"image": b"hello"}, "unsupported_format", ""),
        ("caption", {"image": "nowhere.png"}, "missing_file", "'nowhere.png' is not in"),
        ("caption", {"image": "https://example.com/a.png"}, "url_refused", "source.allow_hosts"),
        ("answer", {"prompt": "x", "audio": wav(31)}, "audio_too_long", "longer than the 30 s"),
        ("answer", {"prompt": {"a": 1}, "image": None}, "template_error", "has no attribute 'b'"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(
    tmp_path: Path, task: str, values: dict[str, Any], kind: str, message: str
) -> None:
    prompt = {"prompt": {"text": "{{ prompt.b }}"}} if kind == "template_error" else {}
    came = failure(job_config(task, source={"path": str(tmp_path)}, **prompt), values)
    assert came[0] == kind
    assert message in came[1]


def test_a_schema_and_a_seed_of_its_own_go_with_every_request() -> None:
    config = job_config(
        prompt={"text": "x", "schema": {"type": "object"}}, sampling={"temperature": 0.5, "seed": 1, "max_tokens": 9}
    )
    schema, rows = rows_of({"prompt": ["a", "b"]})
    preparer = RowPreparer(config, schema, FakeProcessor())
    requests = [next(iter(preparer.prepare(row))) for row in rows]
    assert all(isinstance(request, Prepared) for request in requests)
    assert [request.json_schema for request in requests if isinstance(request, Prepared)] == ['{"type": "object"}'] * 2
    assert len({request.sampling.seed for request in requests if isinstance(request, Prepared)}) == 2


def test_a_model_without_the_tower_is_refused_before_the_first_row() -> None:
    class Blind(FakeProcessor):
        def modalities(self) -> set[str]:
            return {"audio"}

    schema, _ = rows_of({"prompt": ["a"], "image": [None]})
    with pytest.raises(ModelError, match=r"no image tower.*set source\.image_column: \[\]"):
        RowPreparer(job_config(), schema, Blind())
    RowPreparer(job_config(source={"image_column": []}), schema, Blind())


def test_the_fault_kit_is_off_unless_asked_and_takes_several_faults() -> None:
    assert parse_faults("") == ()
    assert parse_faults("segv:a#1;hang:b:c") == (("segv", "a#1"), ("hang", "b:c"))
