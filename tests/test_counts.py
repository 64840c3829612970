"""Counts add up and survive JSON."""

from batch.counts import Counts, status_of


def test_counts_add_up() -> None:
    total = Counts(requests=2, prompt_tokens=20, completion_tokens=4, audio_seconds=1.5, compared=1)
    total.add_row("ok", None, ("empty", "empty"))
    more = Counts(requests=1, prompt_tokens=5, completion_tokens=1, audio_seconds=2.0, compared=1, correct=1)
    more.add_row("failed", "undecodable", ("empty",))
    total.add(more)
    assert total.done == 2
    assert total.as_dict() == {
        "rows": {"ok": 1, "partial": 0, "failed": 1, "no_speech": 0},
        "errors": {"undecodable": 1},
        "flags": {"empty": 2},
        "requests": 3,
        "prompt_tokens": 25,
        "completion_tokens": 5,
        "audio_seconds": 3.5,
        "compared": 2,
        "correct": 1,
    }
    assert Counts.from_json(total.to_json()) == total
    assert Counts.from_json(None) == Counts()
    total.take_away(more)
    assert total.as_dict()["errors"] == {}
    assert (total.done, total.requests, total.flags) == (1, 2, {"empty": 1})


def test_a_status_follows_from_the_requests() -> None:
    assert [status_of(0, 0, 0), status_of(2, 2, 0), status_of(2, 2, 1), status_of(2, 2, 2)] == [
        "no_speech", "ok", "partial", "failed",
    ]  # fmt: skip
