"""Named instants at which a process can be made to die, for proving that nothing is lost there. Nothing by itself.

`GEMMA4_BATCH_KILL="part.renamed:3:/tmp/once"`: the process that reaches that instant for the third time, and can
remove the file `/tmp/once`, kills itself with SIGKILL. So one file is one kill, however many processes were given the
variable. Without the variable `reached` is a function that does nothing, chosen once, at import.

The names are those of POINTS; tests/faults/ kills at every one of them.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable

from batch.errors import ConfigError

VARIABLE = "GEMMA4_BATCH_KILL"
RUNNER_POINTS = (
    "ledger.created",  # the empty ledger has its name
    "ledger.planned",  # inside the transaction that stores plan and files
    "plan.cut",  # inside the same: an accepted change has cut a shard
    "ledger.recording",  # events are written, their transaction is not committed
    "ledger.recorded",  # it is, the worker has not heard
    "ledger.intended",  # inside the transaction of step 2
    "ledger.committing",  # inside the transaction of step 4
    "ledger.reopened",  # rows are wanted again
    "ledger.checkpointed",
    "file.staged",  # a small file (manifest.json, job.yaml) lies beside its name
    "file.renamed",  # a rename is done, its folder not synced
    "part.staged",  # step 1 is done
    "part.promised",  # step 2 is done
    "part.announced",  # the old manifest is gone, the part not yet there
    "part.published",  # step 3 is done
    "part.committed",  # step 4 is done
    "parts.recovered",  # what an earlier kill left is finished or dropped, not yet durable
    "worker.spawned",
    "worker.buried",  # a dead worker's requests are suspects, some of them struck
    "card.written",  # of a complete job: README.md, not yet manifest.json
)
WORKER_POINTS = (
    "worker.ready",
    "worker.row_read",
    "worker.told",  # the runner has heard that requests start, the engine has not seen them
    "worker.inserted",
    "worker.stepped",  # completions that nobody has heard of
)
PREPARER_POINTS = (
    "preparer.taken",  # a row has come, nothing was made of it
    "preparer.prepared",  # its requests are sent
)
POINTS = (*RUNNER_POINTS, *WORKER_POINTS, *PREPARER_POINTS)


class Kill:
    """Counts how often the process passes one instant, and ends it there. Raises ConfigError for an unknown name."""

    def __init__(self, text: str) -> None:
        self._name, count, self._token = [*text.split(":", 2), "", ""][:3]
        if self._name not in POINTS or not count.isdecimal() or not self._token:
            raise ConfigError(f"{VARIABLE}={text!r}: must be NAME:COUNT:FILE, NAME one of {', '.join(POINTS)}")
        self._count = int(count)
        self._passed: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        self._passed[name] += 1
        if name != self._name or self._passed[name] < self._count:
            return
        try:
            os.unlink(self._token)  # noqa: PTH108 - the one that removes it is the one that dies
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def _nothing(name: str) -> None:
    """Nobody is to die."""


def armed(text: str | None) -> Callable[[str], None]:
    """What `reached` is to be, by the variable's text."""
    return Kill(text) if text else _nothing


reached: Callable[[str], None] = armed(os.environ.get(VARIABLE))
