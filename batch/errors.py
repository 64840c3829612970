"""Everything that is expected to go wrong, and the exit code it ends with.

    BatchError                 1   an expected error: message, no traceback
      ConfigError              2   the config cannot be understood
      PlanMismatch             2   config or source changed since the job began
      SourceError              1   the input cannot be read or listed
      LedgerLocked             1   another runner holds the job folder
      LedgerError              1   the ledger is damaged or of a newer version
      OutputError              1   the job folder cannot be written
        OutputLost             1   its volume went away or turned read-only: the job waits for it first
      ModelError               1   the checkpoint is missing, incomplete or of the wrong kind
      WorkerError              1   the worker died before it started any request
      ClusterError             1   the cluster's scheduler cannot be reached, or is gone
      TooManyErrors            1   `run.max_errors` was reached
      Interrupted            130   Ctrl-C
    RowError                       one row's fault: becomes that row's result, never ends a job

Exit code 0 is a complete job (failed rows allowed), 3 a bug, 4 a complete job whose share of
failed rows is above `run.max_error_rate`.
"""

from typing import Literal, get_args

ErrorKind = Literal[
    "undecodable", "unsupported_format", "truncated_media", "too_large", "missing_media",
    "missing_file", "outside_root", "url_refused", "fetch_failed", "audio_too_long",
    "prompt_too_long", "template_error", "wrong_value", "decode_timeout", "decode_memory", "decode_crash",
    "nan_logits", "worker_crash", "schema_length",
]  # fmt: skip
ERROR_KINDS: tuple[str, ...] = get_args(ErrorKind)

EXIT_COMPLETE = 0
EXIT_EXPECTED = 1
EXIT_CONFIG = 2
EXIT_BUG = 3
EXIT_ERROR_RATE = 4
EXIT_INTERRUPTED = 130


class BatchError(Exception):
    """An expected error. Its text says what, where, and what to do now."""

    exit_code = EXIT_EXPECTED


class ConfigError(BatchError):
    """The config file or a `--set` cannot be understood."""

    exit_code = EXIT_CONFIG


class PlanMismatch(BatchError):
    """The job folder was begun with another config or another source."""

    exit_code = EXIT_CONFIG


class SourceError(BatchError):
    """The input is missing, empty where it must not be, or not readable."""


class LedgerLocked(BatchError):
    """Another runner works on this job folder."""


class LedgerError(BatchError):
    """The ledger is damaged, or was written by a newer version."""


class OutputError(BatchError):
    """The job folder cannot be written or is not ours."""


class OutputLost(OutputError):
    """The volume of the job folder went away or turned read-only while the job ran; it may come back."""


class ModelError(BatchError):
    """The checkpoint is missing, incomplete, or cannot do what the task needs."""


class WorkerError(BatchError):
    """The worker cannot work at all; restarting it would not help."""


class ClusterError(BatchError):
    """The scheduler of a cluster of machines cannot be reached, or is gone, or a node of it is not fit."""


class TooManyErrors(BatchError):
    """`run.max_errors` was reached."""


class Interrupted(BatchError):
    """The person asked for the job to stop; the same command resumes it."""

    exit_code = EXIT_INTERRUPTED


class RowError(Exception):
    """One row cannot be done. Caught once, where the row becomes a result."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
