"""The measures of whole jobs, as a person reads them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from batch.bench.columns import table

MIB = 1024**2


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Of a report, those measures that it has."""
    for name, write in WRITERS.items():
        if name in report:
            yield from ("", f"## {name}", "", *write(report[name]))


def _costs(found: Mapping[str, Any]) -> Iterator[str]:
    parts = {
        "row_s": "a short prompt", "text_token_s": "a token more of it", "answer_token_s": "a token of an answer",
        "image_s": "a picture", "clip_s": "a recording of 2 s", "sound_s": "a second more of it",
    }  # fmt: skip
    said = ", ".join(f"{noun} {1000 * found[name]:.3g} ms" for name, noun in parts.items() if found[name] is not None)
    yield f"{found['slots']} slots: {found['start_s']:.1f} s for a job to begin and end; {said}"


def _runner(found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"fake engine, {found['fake_rows']:,} rows: {found['fake_ms_per_row']:.2f} ms a row passed, of which the "
        f"runner's process computed {found['fake_runner_cpu_ms_per_row']:.2f} ms"
    )
    yield (
        f"the model, {found['rows']} short questions at {found['rows_per_s']:.1f} rows/s: the runner computed for "
        f"{found['runner_share']:.2%} of the time that passed; the engine waited for prepared requests "
        f"{found['waiting_share']:.1%} of its time; the worker took {found['worker_bytes'] / MIB:.0f} MiB"
    )


def _reuse(found: Mapping[str, Any]) -> Iterator[str]:
    names = {"duplicates": "3 rows in 10 equal to earlier ones", "questions": "5 questions about each image"}
    yield from table(
        ("", "rows", "copied", "rows/s", "each computed", "times as fast", "equal"),
        [
            (
                names[name],
                str(one["rows"]),
                str(one["copied"]),
                f"{one['rows_per_s']:.2f}",
                f"{one['rows_per_s_without']:.2f}",
                f"{one['times_as_fast']:.2f}",
                f"{one['equal_answers']} of {one['rows']}",
            )
            for name, one in found.items()
        ],
    )


def _server(found: Mapping[str, Any]) -> Iterator[str]:
    yield from table(
        ("whole requests", "rows", "run: rows/s", "server: rows/s", "run is", "spread", "tokens"),
        [
            (
                name,
                str(one["rows"]),
                f"{one['rows_per_s']:.2f}",
                f"{one['server_rows_per_s']:.2f}",
                f"{one['times_as_fast']:.2f} x",
                "{:.0%}, {:.0%}".format(*one["spread"]),
                "{}, {}".format(*one["tokens"]),
            )
            for name, one in found.items()
        ],
    )


def _preparing(found: Mapping[str, Any]) -> Iterator[str]:
    yield from table(
        ("photos per second and core", "soft tokens", "here", "plain Pillow", "times as fast"),
        [
            (
                name,
                budget,
                f"{one['per_s']:.1f}",
                f"{one['plain_per_s']:.1f}",
                f"{one['times_as_fast']:.2f}",
            )
            for name, budgets in found["photos"].items()
            for budget, one in budgets.items()
        ],
    )
    yield ""
    for one in found["speech"]:
        yield (
            f"{one['file']}, {one['audio_s']:.0f} s: decoded and cut into {one['segments']} segments, "
            f"{one['hours_per_minute']:.2f} hours of audio a minute and core"
        )


def _growth(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from table(
        ("rows (fake engine)", "ms a row", "runner at 1/10", "at 9/10", "ledger", "first row after a kill", "whole"),
        [
            (
                f"{one['rows']:,}",
                f"{1000 * one['seconds_per_row']:.2f}",
                f"{one['runner_bytes_early'] / MIB:.1f} MiB",
                f"{one['runner_bytes_late'] / MIB:.1f} MiB",
                f"{one['ledger_bytes_late'] / MIB:.1f} MiB",
                f"{one['resume_first_row_s']:.2f} s",
                "yes" if one["whole"] else "NO",
            )
            for one in found
        ],
    )


WRITERS: dict[str, Callable[[Any], Iterator[str]]] = {
    "costs": _costs,
    "runner": _runner,
    "reuse": _reuse,
    "server": _server,
    "preparing": _preparing,
    "growth": _growth,
}
