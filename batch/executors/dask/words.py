"""What runner and nodes say to each other, as events of Dask topics (log_event, subscribe_topic): streamed through
the scheduler, in order, with nothing of ours installed there.

    node -> NODES        here       it joined, its job ended, or it was called
    runner -> CALL       call       which nodes are here?
    runner -> a node     offer      would you work for this session?
    node -> session      free       yes; it now hears of the runner's end
                         busy       no: for whom it works
    runner -> a node     start      the job; also after its worker died
                         acknowledge, drain, stop
    node -> session      said       frames of events (wire.py), numbered, so that a lost one is noticed
                         leaving    it was asked to stop: what runs is finished, nothing new
                         left

Dask's own topics tell the rest: a client's that the runner is gone, `all` that a node is. Assignments go the other way,
as Dask tasks. Messages are msgpack; the frames are bytes.
"""

from typing import Any

PREFIX = "gemma4-batch"
NODES = f"{PREFIX}/nodes"
CALL = f"{PREFIX}/call"
ALL = "all"
PLUGIN = PREFIX
RESOURCE = "mlx"
TASK_SHARE = 0.5  # of a node's one `mlx`: the assignment in work, and the next one

Message = dict[str, Any]


def node_topic(address: str) -> str:
    return f"{PREFIX}/node/{address}"


def session_topic(session: str) -> str:
    return f"{PREFIX}/session/{session}"
