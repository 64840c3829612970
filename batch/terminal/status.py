"""`gemma4-batch status`, for a person and for a program."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batch.durable import size
from batch.terminal.rates import duration


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
    lines += [node_line(node) for node in status["nodes"]]
    if status["live"] is not None:
        lines += live_lines(status["live"])
    return "\n".join(lines)


def node_line(node: Mapping[str, Any]) -> str:
    """One machine of several: what it does, how fast it was since it joined, what became of it."""
    deaths = f", its worker died {node['deaths']} times" if node["deaths"] else ""
    why = f" ({node['reason']})" if node["reason"] else ""
    rate = f"{node['requests']} requests, {node['requests_per_s']:.1f}/s, {node['slots']} slots"
    return f"  {node['node']}: {node['state']}{why}, {rate}{deaths}"


WAITS = {
    "model": "waits for nothing: the model is at work",
    "media": "waits for media: they are decoded more slowly than the model reads them (prepare.processes)",
    "loading": "waits for the model to load",
    "nothing": "waits for nothing: the run is at its end",
    "unknown": "has said nothing for a minute",
}


def live_lines(live: Mapping[str, Any]) -> list[str]:
    """What a run does right now."""
    return [
        f"now: {live['rows_per_s']:.1f} rows/s, {live['requests_per_s']:.1f} requests/s, "
        f"{live['tokens_per_s']:.0f} tokens/s, ETA {duration(live['eta_s'])}",
        f"slots: {live['slots_busy']} of {live['slots']} busy, memory of the worker: {size(live['memory_bytes'])}",
        f"the run {WAITS[live['waits_for']]}",
    ]


def status_object(folder: Path) -> dict[str, Any]:
    """`gemma4-batch status --json`. Raises LedgerError where the folder is no job's."""
    from batch.ledger.status import read_status  # sqlite and pyarrow are not needed for `--help`
    from batch.telemetry.live import live

    status = read_status(folder)
    return {**status.as_dict(), "live": live(folder) if status.running else None}
