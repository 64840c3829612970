"""The end of the event log, read by another process: rates over the last minutes, and what a run waits for."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from batch.telemetry.event_log import log_path

TAIL_BYTES = 256 * 1024
WINDOW_S = 180.0
SILENT_S = 60.0
WAITING_SHARE = 0.3  # of the time: less is the normal give and take

Event = Mapping[str, Any]


def live(folder: Path, now: float | None = None) -> dict[str, Any] | None:
    """How the run that writes the log in `folder` goes right now; None where there is no log.

    Rates are of the last three minutes of this run. `waits_for` is `model` (slots are busy: as it should be), `media`
    (slots are free, and nothing is decoded yet), `loading`, `nothing` (the run ended) or `unknown` (no word from it).
    """
    events = tail(log_path(folder))
    if not events:
        return None
    now = time.time() if now is None else now
    begun = max((index for index, event in enumerate(events) if event["event"] == "begun"), default=0)
    run = events[begun:]
    moved = [event for event in run if event["event"] == "moved"]
    recent = [event for event in moved if moved[-1]["at"] - event["at"] <= WINDOW_S]
    last = moved[-1] if moved else {}
    rates = _rates(recent)
    left = last.get("rows_total", 0) - last.get("rows_done", 0)
    return {
        "at": run[-1]["at"],
        "waits_for": _waits_for(run, recent, now),
        "rows_per_s": rates["rows_done"],
        "requests_per_s": rates["requests"],
        "tokens_per_s": rates["completion_tokens"],
        "audio_seconds_per_s": rates["audio_seconds"],
        "eta_s": round(left / rates["rows_done"], 1) if last and rates["rows_done"] else None,
        "slots": last.get("slots", 0),
        "slots_busy": last.get("slots_busy", 0),
        "memory_bytes": last.get("memory_bytes", 0),
        "prepared_bytes": last.get("prepared_bytes", 0),
        "told": next((event["message"] for event in reversed(run) if event["event"] == "told"), None),
    }


def tail(path: Path) -> list[Event]:
    """The last events of a log, oldest first; a line that is cut off or damaged is left out."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().split(b"\n")
    except OSError:
        return []
    events: list[Event] = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and "at" in event and "event" in event:
            events.append(event)
    return events


def _rates(moved: Sequence[Event]) -> dict[str, float]:
    names = ("rows_done", "requests", "completion_tokens", "audio_seconds")
    if len(moved) < 2:
        return dict.fromkeys(names, 0.0)
    seconds = max(moved[-1]["at"] - moved[0]["at"], 1e-9)
    return {name: round(max(0.0, moved[-1][name] - moved[0][name]) / seconds, 3) for name in names}


def _waits_for(run: Sequence[Event], recent: Sequence[Event], now: float) -> str:
    if any(event["event"] == "ended" for event in run):
        return "nothing"
    if not any(event["event"] == "ready" for event in run) and not recent:
        return "loading"
    if now - run[-1]["at"] > SILENT_S:
        return "unknown"
    if len(recent) < 2:
        return "model"
    waited = recent[-1]["waiting_s"] - recent[0]["waiting_s"]
    worked = recent[-1]["working_s"] - recent[0]["working_s"]
    return "media" if waited > WAITING_SHARE * max(waited + worked, 1e-9) else "model"
