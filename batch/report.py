"""What a person sees: the progress line, the summary, the plan, the status. Decides nothing."""

import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

from batch.counts import Counts

if TYPE_CHECKING:
    from batch.plan import Plan
    from batch.runner import Outcome

RATE_WINDOW_S = 120.0
PLAIN_EVERY_S = 10.0
BAR_FORMAT = "{percentage:3.0f}%|{bar:24}| {n_fmt}/{total_fmt} rows [{elapsed}{postfix}]"  # rate and ETA are ours


class Rates:
    """Rates over the last minutes, from counts as they were; a long pause or a slow start does not stay in them."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Counts]] = deque()

    def add(self, now_s: float, counts: Counts) -> None:
        self._seen.append((now_s, counts))
        while len(self._seen) > 2 and now_s - self._seen[0][0] > RATE_WINDOW_S:
            self._seen.popleft()

    def restart(self, now_s: float) -> None:
        """Count from now: what came before was loading the model."""
        if self._seen:
            self._seen = deque([(now_s, self._seen[-1][1])])

    def per_second(self) -> tuple[float, float, float]:
        """Rows, requests and generated tokens a second."""
        if len(self._seen) < 2:
            return 0.0, 0.0, 0.0
        (began, first), (ended, last) = self._seen[0], self._seen[-1]
        seconds = max(ended - began, 1e-9)
        return (
            (last.done - first.done) / seconds,
            (last.requests - first.requests) / seconds,
            (last.completion_tokens - first.completion_tokens) / seconds,
        )


class Progress:
    """One line that moves on a terminal (tqdm); elsewhere a plain line now and then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rates = Rates()
        self._bar: tqdm[Any] | None = None
        self._total = 0
        self._printed_at = 0.0
        self._printed_done = 0

    def begun(self, total_rows: int, counts: Counts) -> None:
        self._total = total_rows
        self._printed_at, self._printed_done = time.monotonic(), counts.done
        self._rates.add(time.monotonic(), counts)
        if self._stream.isatty():
            self._bar = tqdm(
                total=total_rows, initial=counts.done, file=self._stream, dynamic_ncols=True, bar_format=BAR_FORMAT
            )
        else:
            self._say(f"{counts.done} of {total_rows} rows done, loading the model")

    def ready(self, info: Mapping[str, Any], slots: int) -> None:
        self._rates.restart(time.monotonic())
        self.told(f"model {info.get('model')}, {info.get('dtype')}, {slots} slots")

    def moved(self, counts: Counts) -> None:
        now = time.monotonic()
        self._rates.add(now, counts)
        rows, requests, tokens = self._rates.per_second()
        if self._bar is not None:
            self._bar.n = counts.done
            self._bar.set_postfix_str(
                f"{requests:.1f} req/s, {tokens:.0f} tok/s, {counts.rows['failed']} failed, "
                f"ETA {duration(eta_s(self._total, counts.done, rows))}",
                refresh=True,
            )
        elif counts.done > self._printed_done and (
            now - self._printed_at > PLAIN_EVERY_S or counts.done == self._total
        ):
            self._printed_at, self._printed_done = now, counts.done
            self._say(progress_line(self._total, counts, (rows, requests, tokens)))

    def told(self, message: str) -> None:
        if self._bar is not None:
            self._bar.write(message, file=self._stream)
        else:
            self._say(message)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def eta_s(total: int, done: int, rows_per_s: float) -> float | None:
    """Seconds until the remaining rows are done at this rate; None where nothing is known yet."""
    if done >= total:
        return 0.0
    return (total - done) / rows_per_s if rows_per_s > 0 else None


def duration(seconds: float | None) -> str:
    """`1:02:03`, `4:05`, or `?`."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_line(total: int, counts: Counts, per_second: tuple[float, float, float]) -> str:
    rows, requests, tokens = per_second
    return (
        f"{counts.done} of {total} rows, {counts.rows['failed']} failed, {requests:.1f} requests/s, "
        f"{tokens:.0f} tokens/s, ETA {duration(eta_s(total, counts.done, rows))}"
    )


def rows_text(counts: Counts) -> str:
    """`300 ok, 2 failed`, only what occurs."""
    return ", ".join(f"{number} {status}" for status, number in counts.rows.items() if number) or "no rows"


def summary_text(outcome: "Outcome") -> str:
    """The last thing a run prints."""
    counts = outcome.counts
    lines = [f"{counts.done} of {outcome.total_rows} rows: {rows_text(counts)}"]
    if counts.compared:
        share = counts.correct / counts.compared
        lines.append(f"right answers: {counts.correct} of {counts.compared} ({share:.1%})")
    lines += [f"  {kind}: {number}" for kind, number in counts.errors.most_common()]
    if counts.flags:
        flags = ", ".join(f"{flag} {number}" for flag, number in counts.flags.most_common())
        lines.append(f"flags: {flags}")
    if outcome.skipped:
        skipped = ", ".join(f"{number} {reason}" for reason, number in outcome.skipped.items())
        lines.append(f"skipped files: {skipped}")
    seconds = max(outcome.seconds, 1e-9)
    lines.append(
        f"this run: {outcome.requests} requests, {outcome.completion_tokens} tokens in {duration(outcome.seconds)} "
        f"({outcome.requests / seconds:.1f} requests/s, {outcome.completion_tokens / seconds:.0f} tokens/s), "
        f"{outcome.recomputed} computed again"
    )
    lines.append(f"output: {outcome.folder}")
    return "\n".join(lines)


def plan_text(plan: "Plan") -> str:
    """What a run would do, from headers only."""
    rows = sum(shard.rows for shard in plan.shards)
    lines = [
        f"task {plan.config.task}, model {plan.config.model.path}, output {plan.config.output.path}",
        f"{rows} rows in {len(plan.shards)} shards from {len(plan.files)} files",
        f"columns read: {', '.join(plan.needed) or 'none'}",
        f"columns kept: {', '.join(out for _, out in plan.kept) or 'none'}",
        *plan.notes,
    ]
    return "\n".join(lines)


def status_text(status: Mapping[str, Any]) -> str:
    """`gemma4-batch status`, for a person."""
    counts = status["counts"]
    rows = ", ".join(f"{number} {name}" for name, number in counts["rows"].items() if number) or "none"
    lines = [
        f"{status['folder']}: {status['state']}",
        f"rows: {status['rows_done']} of {status['rows_total']} ({rows})",
        f"shards: {status['shards_committed']} of {status['shards_total']} committed",
        f"requests: {counts['requests']}, generated tokens: {counts['completion_tokens']}",
    ]
    if counts["compared"]:
        lines.append(f"right answers: {counts['correct']} of {counts['compared']}")
    lines += [f"  {kind}: {number}" for kind, number in counts["errors"].items()]
    return "\n".join(lines)


def status_object(folder: Path) -> dict[str, Any]:
    """`gemma4-batch status --json`. Raises LedgerError where the folder is no job's."""
    from batch.ledger.status import read_status  # sqlite and pyarrow are not needed for `--help`

    return read_status(folder).as_dict()
