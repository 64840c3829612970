"""All that watch one run of the command, from its start to whatever end it comes to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batch.config.job import JobConfig
from batch.errors import BatchError, Interrupted, TooManyErrors
from batch.telemetry.event_log import EventLog
from batch.telemetry.metrics import MetricsFile
from batch.telemetry.notice import notify
from batch.telemetry.watchers import End, Together, Watcher
from batch.terminal.progress import Progress


@contextmanager
def watched(config: JobConfig, progress: Progress) -> Iterator[Watcher]:
    """The progress line, the event log, and where asked the metrics file; told at the end how it ended."""
    folder = Path(config.output.path)
    log = EventLog(folder)
    metrics = MetricsFile(Path(config.run.metrics), folder) if config.run.metrics else None
    others: list[EventLog | MetricsFile] = [log] if metrics is None else [log, metrics]
    state: End = "failed"
    message = ""
    try:
        yield Together([progress, *others])
        state, message = "complete", "complete"
    except (Interrupted, TooManyErrors) as stop:
        state, message = "stopped", str(stop)
        raise
    except BatchError as error:
        message = str(error)
        raise
    except BaseException as error:
        message = f"{type(error).__name__}: {error}"
        raise
    finally:
        progress.close()
        for watcher in others:
            watcher.ended(state, message)
        if config.run.notify:
            notify(f"gemma4-batch: {folder.name}", message, terminal=sys.stderr.isatty())
