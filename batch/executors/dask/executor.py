"""The runner's side of a cluster: one worker on each node, assignments as Dask tasks, events streamed back.

Which node does what is decided by the schedule; Dask carries it, and says who joined and who is gone. All state is
kept by the thread that polls; Dask's thread only leaves messages.
"""

import queue
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import dask
from distributed import Client, LocalCluster

from batch import __version__, wire
from batch.errors import ClusterError
from batch.executors.dask import shipping, words
from batch.executors.dask.check import absolute
from batch.executors.dask.node import read_frames
from batch.executors.dask.plugin import NodePlugin, work
from batch.records import (
    Assignment,
    AssignmentFinished,
    Event,
    NodeLeft,
    NodeTold,
    RequestFinished,
    WorkerDied,
    WorkerEnded,
    WorkerFailed,
    WorkerJob,
    WorkerReady,
)

CONNECT_S = 10.0
LARGE = "1GiB"  # media that go with an assignment are no mistake
SILENT_S = 10.0
OFFER_AGAIN_S = 1.0  # a node says it is here before its ears are known to the scheduler: the first offer may be lost
Said = dict[str, list[Event]]


@dataclass
class RemoteNode:
    """A node as the runner knows it. `life` counts its workers, `heard` their messages, so that what is old or lost is
    noticed. `tasks` by shard."""

    name: str
    address: str
    state: Literal["offered", "loading", "working", "draining", "ended", "busy", "fenced"] = "offered"
    reason: str | None = None
    life: int = 0
    heard: int = 0
    slots: int = 0
    requests: int = 0
    deaths: int = 0
    offered_at: float = field(default_factory=time.monotonic)
    working_since: float = field(default_factory=time.monotonic)
    tasks: dict[int, Any] = field(default_factory=dict)


class DaskExecutor:
    """See loop.Executor. Raises ClusterError when the scheduler cannot be reached, or is gone."""

    remote = True

    def __init__(
        self,
        scheduler: str,
        *,
        security: Any = None,
        local_nodes: int | None = None,
        identity: Mapping[str, Any],
        ple_grade: str | None,
        path_map: Mapping[str, str],
        owner: str,
        shipped: Path | None = None,
    ) -> None:
        """`identity` and `ple_grade` of the model, which every node must have; `owner` says whose job it is;
        `shipped`: the folder whose media files are sent along."""
        self._scheduler = scheduler
        self._security = security
        self._local_nodes = local_nodes
        self._terms = {
            "version": __version__,
            "identity": dict(identity),
            "ple_grade": ple_grade,
            "path_map": dict(path_map),
            "shipped": None if shipped is None else str(shipped.absolute()),
        }
        self._shipped = shipped
        self.most_rows = None if shipped is None else shipping.MOST_ROWS
        self._owner = owner
        self._session = uuid.uuid4().hex
        self._topics = (words.NODES, words.session_topic(self._session), "all")
        self._inbox: queue.SimpleQueue[words.Message] = queue.SimpleQueue()
        self._arrived = threading.Event()
        self._nodes: dict[str, RemoteNode] = {}  # by address
        self._named: dict[str, RemoteNode] = {}
        self._client: Any = None
        self._cluster: Any = None
        self._stream: Any = None
        self._job = b""
        self._draining = False
        self._started = False
        self._idle_since, self._told_idle = time.monotonic(), False

    # ------------------------------------------------------------ what the loop asks
    @property
    def nodes(self) -> Sequence[str]:
        return [node.name for node in self._nodes.values() if node.state == "working"] if not self._draining else []

    @property
    def drained(self) -> bool:
        return not self._started or (self._draining and not any(map(_has_worker, self._nodes.values())))

    def start(self, job: WorkerJob) -> None:
        self._job = wire.encode(replace(job, config=absolute(job.config)))
        self._started, self._draining = True, False
        if self._client is None:
            self._connect()
        for node in self._nodes.values():
            if node.state == "ended":
                self._start_worker(node)
        self._tell(words.CALL, {"op": "call"})

    def restart(self, node: str) -> None:
        here = self._named.get(node)
        if here is not None and not self._draining and here.state == "ended":
            self._start_worker(here)

    def fence(self, node: str, reason: str) -> bool:
        here = self._named.get(node)
        if here is not None:
            here.state, here.reason = "fenced", reason
            self._drop_tasks(here)
            self._tell_node(here, {"op": "stop"})
        return any(other.state != "fenced" for other in self._nodes.values())

    def submit(self, node: str, assignment: Assignment) -> None:
        here = self._named.get(node)
        if here is None:
            return
        index = assignment.shard.index
        here.tasks[index] = future = self._client.submit(
            work,
            self._session,
            wire.encode(assignment),
            {} if self._shipped is None else shipping.packed(self._shipped, assignment),
            key=f"shard-{index}-{uuid.uuid4().hex[:8]}",
            workers=[here.address],
            allow_other_workers=False,
            resources={words.RESOURCE: words.TASK_SHARE},
            retries=0,
            pure=False,
        )
        future.add_done_callback(lambda done: self._task_done(here.address, done))

    def acknowledge(self, node: str, count: int) -> None:
        if (here := self._named.get(node)) is not None:
            self._tell_node(here, {"op": "acknowledge", "count": count})

    def poll(self, timeout_s: float) -> Sequence[tuple[str, Sequence[Event]]]:
        if self._inbox.empty():
            self._arrived.wait(timeout_s)
        self._arrived.clear()
        said: Said = defaultdict(list)
        while not self._inbox.empty():
            self._hear(self._inbox.get(), said)
        # Dask's client connects again by itself, but then nobody hears the nodes any more: the job must begin anew.
        if self._started and (self._client.status != "running" or self._client.scheduler_comm is not self._stream):
            raise self._lost()
        self._offer_again()
        self._tell_of_waiting(said)
        return [(name, events) for name, events in said.items() if events]

    def drain(self) -> None:
        self._draining = True
        for node in self._nodes.values():
            if _has_worker(node):
                node.state = "draining"
                self._tell_node(node, {"op": "drain"})

    def close(self) -> None:
        if self._client is None:
            return
        if self._client.status == "running":
            for topic in self._topics:  # or the scheduler complains that nobody hears the nodes' last words
                self._client.unsubscribe_topic(topic)
            for node in self._nodes.values():
                if node.state not in ("busy", "fenced"):
                    self._tell_node(node, {"op": "stop"})
        for node in self._nodes.values():
            self._drop_tasks(node)
        self._client.close(timeout=CONNECT_S)
        self._client, self._started = None, False
        self._nodes.clear()
        self._named.clear()
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def report(self) -> list[dict[str, Any]]:
        """Every node for `status`: name, state and why, slots, requests, requests a second, deaths."""
        now = time.monotonic()
        return [
            {
                "node": node.name,
                "state": node.state,
                "reason": node.reason,
                "slots": node.slots,
                "requests": node.requests,
                "requests_per_s": round(node.requests / max(1e-9, now - node.working_since), 3),
                "deaths": node.deaths,
            }
            for node in self._nodes.values()
        ]

    # ------------------------------------------------------------ the cluster
    def _connect(self) -> None:
        dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGE})
        try:
            if self._local_nodes is not None:
                self._cluster = _local_cluster(self._local_nodes)
                self._scheduler = self._cluster.scheduler_address
            self._client = Client(
                self._scheduler,
                security=self._security,
                timeout=CONNECT_S,
                set_as_default=False,
                name=f"{words.PREFIX}-runner",
            )
        except (OSError, TimeoutError) as exc:
            raise ClusterError(
                f"no Dask scheduler answers at {self._scheduler!r}: {exc}. Start one (dask scheduler), "
                "then give the same command again"
            ) from exc
        self._stream = self._client.scheduler_comm
        for topic in self._topics:
            self._client.subscribe_topic(topic, self._leave_event)
        self._client.register_plugin(NodePlugin(), name=words.PLUGIN)

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the Dask scheduler at {self._scheduler!r} is gone. Everything recorded is safe; start the scheduler "
            "again, and the same command goes on where it was"
        )

    def _leave_event(self, event: tuple[float, words.Message]) -> None:
        self._inbox.put(event[1])
        self._arrived.set()

    def _task_done(self, address: str, future: Any) -> None:
        if future.status == "error":
            self._leave_event((0.0, {"op": "broken", "address": address, "error": repr(future.exception())}))

    def _tell(self, topic: str, message: words.Message) -> None:
        try:
            self._client.log_event(topic, message)
        except (OSError, TimeoutError) as exc:
            raise self._lost() from exc

    def _tell_node(self, node: RemoteNode, message: words.Message) -> None:
        self._tell(words.node_topic(node.address), {**message, "session": self._session})

    # ------------------------------------------------------------ what is heard
    def _hear(self, message: words.Message, said: Said) -> None:
        match message:
            case {"action": "remove-worker", "worker": address}:
                self._forget(address, "its connection to the scheduler ended", said)
            case {"op": "here", "address": address, "name": name}:
                self._offer(address, name)
            case {"address": address} if address in self._nodes:
                self._hear_node(self._nodes[address], message, said)
            case _:
                pass  # of a node that is gone, or nothing to us

    def _hear_node(self, node: RemoteNode, message: words.Message, said: Said) -> None:
        match message["op"]:
            case "free" if node.state == "offered":
                self._start_worker(node)
            case "busy":
                node.state, node.reason = "busy", message["owner"]
                said[node.name].append(NodeTold(f"is at work for {message['owner']}, and is used when that is done"))
            case "said" if message["life"] == node.life and node.state != "fenced":
                self._take(node, message, said[node.name])
            case "leaving":
                node.state = "draining"
            case "left":
                self._forget(node.address, "it was asked to stop", said)
            case "broken" if node.state != "fenced":
                said[node.name].append(WorkerFailed("ClusterError", f"a task failed there: {message['error']}"))

    def _take(self, node: RemoteNode, message: words.Message, said: list[Event]) -> None:
        if message["number"] != node.heard:
            # Events were lost on the way: what they said is not known, so the worker there begins anew.
            said.append(WorkerEnded())
            node.state = "ended"
            self._drop_tasks(node)
            return
        node.heard += 1
        for event in read_frames(message["frames"]):
            said.append(event)
            match event:
                case WorkerReady():
                    if node.state == "loading":
                        node.state = "working"
                        node.working_since = time.monotonic()
                    node.slots = event.slots
                case RequestFinished():
                    node.requests += 1
                case AssignmentFinished():
                    node.tasks.pop(event.shard, None)
                case WorkerDied() | WorkerEnded() | WorkerFailed():
                    node.deaths += isinstance(event, WorkerDied)
                    node.state = "ended"
                    self._drop_tasks(node)

    def _offer(self, address: str, name: str) -> None:
        known = self._nodes.get(address)
        if known is not None and known.state != "busy":
            return
        node = self._nodes[address] = self._named[name] = RemoteNode(name, address)
        self._tell_offer(node)

    def _tell_offer(self, node: RemoteNode) -> None:
        node.offered_at = time.monotonic()
        self._tell_node(node, {"op": "offer", "client": self._client.id, "owner": self._owner})

    def _offer_again(self) -> None:
        """To nodes that have not answered. One that has the offer already passes over it."""
        now = time.monotonic()
        for node in self._nodes.values():
            if node.state == "offered" and now - node.offered_at > OFFER_AGAIN_S:
                self._tell_offer(node)

    def _start_worker(self, node: RemoteNode) -> None:
        node.state, node.heard = "loading", 0
        node.life += 1
        self._tell_node(node, {"op": "start", "life": node.life, "job": self._job, **self._terms})

    def _tell_of_waiting(self, said: Said) -> None:
        """Once, when for some time there was nobody to do the work."""
        now = time.monotonic()
        if self._draining or any(node.state in ("working", "loading") for node in self._nodes.values()):
            self._idle_since, self._told_idle = now, False
        elif not self._told_idle and now - self._idle_since > SILENT_S:
            self._told_idle = True
            said["the cluster"].append(
                NodeTold("has no node that works; waiting for one (gemma4-batch node, docs/many-machines.md)")
            )

    def _forget(self, address: str, reason: str, said: Said) -> None:
        node = self._nodes.pop(address, None)
        if node is None:
            return
        self._drop_tasks(node)
        if self._named.get(node.name) is node:
            del self._named[node.name]
        if node.state not in ("busy", "fenced"):
            said[node.name].append(NodeLeft(reason))

    def _drop_tasks(self, node: RemoteNode) -> None:
        for future in node.tasks.values():
            future.release()
        node.tasks.clear()


def _has_worker(node: RemoteNode) -> bool:
    return node.state in ("loading", "working", "draining")


def _local_cluster(nodes: int) -> Any:
    """Scheduler and nodes as processes of this machine, for trying."""
    return LocalCluster(
        n_workers=nodes,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        memory_limit=0,
        resources={words.RESOURCE: 1},
    )
