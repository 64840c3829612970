"""Completions become columns: statuses, flags, transcripts, and what counts as a right answer."""

from typing import Any

import pytest

from batch.records import Completion, RecordedRow, RequestKey, Result, RowFailed, RowPlanned, Span
from batch.tasks import TASKS, correct, result, result_columns


def completion(request: int, text: str, reason: Any = "stop", **keys: Any) -> Completion:
    return Completion(RequestKey(0, 5, request), text, reason, 10, 4, 0.5, **keys)


def failed(request: int, kind: Any = "nan_logits") -> Completion:
    return completion(request, "", None, error_kind=kind, error_message=f"no number in {request}")


def recorded(*completions: Completion, planned: RowPlanned | None = None, **keys: Any) -> RecordedRow:
    planned = planned or RowPlanned(0, 5, len(completions))
    return RecordedRow(**{"row": 5, "row_id": "a#5", "kept": None, "planned": planned, "failed": None,
                          "completions": completions, "attempts": 1, **keys})  # fmt: skip


def recording(*completions: Completion, seconds: float = 60.0, flags: Any = ()) -> RecordedRow:
    spans = tuple(Span(20.0 * i, 20.0 * i + 15.0) for i in range(len(completions)))
    planned = RowPlanned(0, 5, len(completions), spans, audio_seconds=seconds, speech_seconds=31.0, flags=flags)
    return recorded(*completions, planned=planned)


def segment(start: float, text: str | None, status: str = "ok", flags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"start_s": start, "end_s": start + 15.0, "text": text, "status": status, "flags": list(flags)}


def test_every_task_is_named_by_its_key_and_owns_the_column_it_fills() -> None:
    assert {name: (task.name, task.column) for name, task in TASKS.items()} == {
        "caption": ("caption", "caption"),
        "transcribe": ("transcribe", "transcript"),
        "answer": ("answer", "answer"),
    }
    assert result_columns("answer") == [("answer", "string")]
    assert [name for name, _ in result_columns("transcribe")] == [
        "transcript", "segments", "language", "audio_seconds", "speech_seconds", "covered_seconds",
    ]  # fmt: skip


def test_an_answer_is_ok_with_its_text_and_costs() -> None:
    assert result("answer", recorded(completion(0, "a cat"), attempts=2)) == Result(
        "ok", {"answer": "a cat"}, "stop", attempts=2, prompt_tokens=10, completion_tokens=4, seconds=0.5
    )


@pytest.mark.parametrize(
    ("text", "reason", "flags"),
    [
        ("  ", "stop", ("exif_used",)),
        ("a", "length", ()),
        ("a a a", "repetition", ("exif_used",)),
    ],
)
def test_flags_say_what_is_odd_and_never_change_the_status(text: str, reason: Any, flags: Any) -> None:
    planned = RowPlanned(0, 5, 1, flags=("suspect_media",))
    row = result("caption", recorded(completion(0, text, reason, flags=flags), planned=planned))
    told = {"stop": "empty", "length": "truncated", "repetition": "repetition"}[reason]
    order = ["repetition", "truncated", "empty", "suspect_media", "exif_used"]
    assert (row.status, row.columns, row.finish_reason) == ("ok", {"caption": text}, reason)
    assert row.flags == tuple(sorted({told, "suspect_media", *flags}, key=order.index))


def test_a_failed_request_fails_its_row_with_its_error() -> None:
    assert result("caption", recorded(failed(0))) == Result(
        "failed", {"caption": None}, None, (), "nan_logits", "no number in 0",
        prompt_tokens=10, completion_tokens=4, seconds=0.5,
    )  # fmt: skip


def test_a_row_that_never_reached_the_engine_has_no_costs() -> None:
    fault = RowFailed(0, 5, "undecodable", "not an image")
    row = RecordedRow(5, "a#5", None, None, fault, (), 2)
    assert result("caption", row) == Result(
        "failed", {"caption": None}, error_kind="undecodable", error_message="not an image", attempts=2
    )


def test_an_unfinished_row_is_nobodys_result() -> None:
    with pytest.raises(ValueError, match=r"row 5 \(a#5\) is not finished"):
        result("answer", recorded(planned=RowPlanned(0, 5, 1)))


def test_segments_join_to_a_transcript_in_their_order_whatever_order_they_ended_in() -> None:
    row = recording(completion(1, " two\n", "length"), completion(0, "one"), completion(2, ""), flags=("too_fast",))
    assert result("transcribe", row, language="German") == Result(
        "ok",
        {
            "transcript": "one two",
            "segments": [
                segment(0.0, "one"),
                segment(20.0, " two\n", flags=("truncated",)),
                segment(40.0, "", flags=("empty",)),
            ],
            "language": "German",
            "audio_seconds": 60.0,
            "speech_seconds": 31.0,
            "covered_seconds": 45.0,
        },
        "length",
        ("truncated", "too_fast"),
        prompt_tokens=30,
        completion_tokens=12,
        seconds=1.5,
    )


def test_some_failed_segments_make_a_row_partial_and_all_of_them_fail_it() -> None:
    partial = result("transcribe", recording(completion(0, "one"), failed(1, "worker_crash")))
    assert (partial.status, partial.error_kind, partial.error_message) == ("partial", "worker_crash", "no number in 1")
    assert partial.columns["transcript"] == "one"
    assert partial.columns["segments"] == [segment(0.0, "one"), segment(20.0, None, "failed")]
    assert partial.columns["covered_seconds"] == 15.0
    none = result("transcribe", recording(failed(0), failed(1)))
    assert (none.status, none.columns["transcript"], none.columns["covered_seconds"]) == ("failed", None, 0.0)
    assert none.finish_reason is None


def test_a_recording_without_speech_says_so() -> None:
    planned = RowPlanned(0, 5, 0, (), audio_seconds=12.5, speech_seconds=0.0)
    assert result("transcribe", recorded(planned=planned)) == Result(
        "no_speech",
        {"transcript": "", "segments": [], "language": None, "audio_seconds": 12.5,
         "speech_seconds": 0.0, "covered_seconds": 0.0},
    )  # fmt: skip


def test_a_recording_is_empty_only_where_nothing_was_said_at_all() -> None:
    assert result("transcribe", recording(completion(0, "one"), completion(1, " "))).flags == ()
    assert result("transcribe", recording(completion(0, ""), completion(1, " "))).flags == ("empty",)


def test_more_text_than_can_be_spoken_is_flagged() -> None:
    row = result("transcribe", recording(completion(0, "x" * 601), completion(1, "x" * 600)))
    assert [part["flags"] for part in row.columns["segments"]] == [["too_fast"], []]
    assert row.flags == ("too_fast",)


def test_overlapping_segments_cover_their_seconds_once() -> None:
    spans = (Span(0.0, 10.0), Span(8.0, 18.0))
    row = recorded(completion(0, "a"), completion(1, "b"), planned=RowPlanned(0, 5, 2, spans, 18.0, 18.0))
    assert result("transcribe", row).columns["covered_seconds"] == 18.0


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("Paris", "paris", True),
        (" a  small\nred circle. ", "A small red circle", True),
        ("Straße", "STRASSE", True),
        ("Paris!", "Paris", False),
        ("3.14", "314", False),
        ("", "a", False),
    ],
)
def test_an_answer_is_right_but_for_case_space_and_a_full_stop(answer: str, reference: str, right: bool) -> None:
    assert correct(answer, reference) is right
