"""Completions become columns: statuses, flags, transcripts, and what counts as a right answer."""

from typing import Any

import pytest

from batch.records import Completion, RequestKey, RowFailed, RowPlanned, Span
from batch.result import RecordedRow, Result
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


PROSE = "".join(f"word {number} " for number in range(100))


def test_more_text_than_can_be_spoken_is_flagged() -> None:
    row = result("transcribe", recording(completion(0, PROSE[:601]), completion(1, PROSE[:600])))
    assert [part["flags"] for part in row.columns["segments"]] == [["too_fast"], []]
    assert row.flags == ("too_fast",)


def test_speed_is_judged_by_the_seconds_in_which_somebody_speaks() -> None:
    spans = (Span(0.0, 15.0, (), 4.5), Span(20.0, 35.0, (), 14.9))
    row = recorded(*(completion(i, PROSE[:300]) for i in (0, 1)), planned=RowPlanned(0, 5, 2, spans, 60.0, 19.4))
    assert [part["flags"] for part in result("transcribe", row).columns["segments"]] == [["too_fast"], []]


def test_another_script_than_the_asked_one_is_flagged() -> None:
    row = recording(completion(0, "Привет, как дела?"), completion(1, "Guten Tag, wie geht es?"))
    flags = [part["flags"] for part in result("transcribe", row, language="German").columns["segments"]]
    assert flags == [["not_asked_script"], []]
    assert result("transcribe", row).flags == ()
    translated = recording(completion(0, "Guten Tag\nRussian: Добрый день"), completion(1, "Guten Tag\nRussian: Hello"))
    asked = {"language": "German", "translate_to": "Russian"}
    flags = [part["flags"] for part in result("transcribe", translated, **asked).columns["segments"]]
    assert flags == [[], ["not_asked_script"]]


def test_a_translated_recording_is_a_line_of_each_language() -> None:
    row = recording(completion(0, "Guten Tag.\nFrench: Bonjour."), completion(1, "Wie geht's?\n\nFrench: Ça va ?"))
    columns = result("transcribe", row, language="German", translate_to="French").columns
    assert columns["transcript"] == "Guten Tag. Wie geht's?\nFrench: Bonjour. Ça va ?"
    assert [part["text"] for part in columns["segments"]] == [
        "Guten Tag.\nFrench: Bonjour.", "Wie geht's?\n\nFrench: Ça va ?",
    ]  # fmt: skip


def test_two_channels_are_two_lines_and_their_segments_lie_in_the_order_of_time() -> None:
    spans = tuple(
        Span(start, start + 9.0, (), 8.0, side) for start, side in ((0.0, "right"), (20.0, "right"), (10.0, "left"))
    )
    row = recorded(
        completion(0, "Who is there?"), completion(1, "Come in."), completion(2, "It's me."),
        planned=RowPlanned(0, 5, 3, spans, 30.0, 24.0),
    )  # fmt: skip
    columns = result("transcribe", row).columns
    assert columns["transcript"] == "[left] It's me.\n[right] Who is there? Come in."
    assert [part["text"] for part in columns["segments"]] == [
        "[right] Who is there?", "[left] It's me.", "[right] Come in.",
    ]  # fmt: skip


def test_what_two_segments_heard_twice_is_written_once() -> None:
    spans = (Span(0.0, 30.0), Span(28.0, 50.0))
    texts = "and then the old man walked ac", "man walked across the bridge"
    row = recorded(
        *(completion(i, text) for i, text in enumerate(texts)), planned=RowPlanned(0, 5, 2, spans, 50.0, 50.0)
    )
    columns = result("transcribe", row).columns
    assert columns["transcript"] == "and then the old man walked across the bridge"
    assert [part["text"] for part in columns["segments"]] == list(texts)


def test_a_recording_that_broke_off_is_partial_with_what_was_heard() -> None:
    spans = (Span(0.0, 30.0), Span(30.0, 55.0))
    planned = RowPlanned(0, 5, 2, spans, error_kind="decode_timeout", error_message="30 s")
    row = result("transcribe", recorded(completion(0, "one"), completion(1, "two"), planned=planned))
    assert (row.status, row.error_kind, row.error_message) == ("partial", "decode_timeout", "30 s")
    assert (row.columns["transcript"], row.columns["audio_seconds"], row.columns["covered_seconds"]) == (
        "one two", None, 55.0,
    )  # fmt: skip
    none = result("transcribe", recorded(failed(0), failed(1), planned=planned))
    assert (none.status, none.error_kind) == ("failed", "nan_logits")


@pytest.mark.parametrize("task", ["caption", "answer"])
def test_a_text_that_goes_round_in_circles_is_flagged_whoever_stopped_it(task: str) -> None:
    looped = result(task, recorded(completion(0, "a red circle and " * 10)))
    assert (looped.status, looped.finish_reason, looped.flags) == ("ok", "stop", ("repetition",))


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
