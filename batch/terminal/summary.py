"""The last thing a run prints."""

from typing import TYPE_CHECKING

from batch.counts import Counts
from batch.terminal.rates import duration

if TYPE_CHECKING:
    from batch.runner import Outcome


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
    if outcome.copied:
        lines.append(f"of them, {outcome.copied} took the answer of an equal one")
    if outcome.waiting_share is not None:
        lines.append(f"the engine waited for prepared requests {outcome.waiting_share:.0%} of its time")
    if outcome.slept_s:
        lines.append(f"the machine slept for {duration(outcome.slept_s)} meanwhile, which is not counted")
    if outcome.paused_s:
        lines.append(f"it was paused for {duration(outcome.paused_s)} meanwhile, which is not counted")
    lines.append(f"output: {outcome.folder}")
    return "\n".join(lines)
