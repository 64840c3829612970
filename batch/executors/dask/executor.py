"""The runner's side of a cluster: one worker on each node, assignments as Dask tasks, events streamed back.

Which node does what is decided by the schedule; Dask carries it, and says who joined and who is gone (link.py). All
state is kept by the thread that polls.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from batch import __version__, wire
from batch.config.job import JobConfig
from batch.executors.dask import words
from batch.executors.dask.check import absolute
from batch.executors.dask.frames import read_frames
from batch.executors.dask.link import SchedulerLink
from batch.executors.dask.packing import Packing
from batch.executors.dask.remote_node import RemoteNode
from batch.executors.dask.shipping import Shipment, rooted
from batch.records import Assignment, Event, NodeLeft, NodeTold, WorkerEnded, WorkerFailed, WorkerJob

SILENT_S = 10.0
# What is said before the scheduler knows of the other side's ears is lost: a node's answer to the first call, its first
# offer. So both are repeated, the call for ever, as it costs a message.
OFFER_AGAIN_S = 1.0
CALL_AGAIN_S, CALL_RARELY_S = 1.0, 10.0
Said = dict[str, list[Event]]


class DaskExecutor:
    """See batch.executor. Raises ClusterError when the scheduler cannot be reached, or is gone; with `ship_media` also
    what reading the source raises."""

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
        ship_media: bool = False,
    ) -> None:
        """`identity` and `ple_grade` of the model, which every node must have; `owner` says whose job it is;
        `ship_media`: rows are read here and sent along."""
        self._address = (scheduler, security, local_nodes)
        self._terms = {
            "version": __version__,
            "identity": dict(identity),
            "ple_grade": ple_grade,
            "path_map": dict(path_map),
            "shipped": None,
        }
        self._ship_media = ship_media
        self._owner = owner
        self._nodes: dict[str, RemoteNode] = {}  # by address
        self._named: dict[str, RemoteNode] = {}
        self._link: SchedulerLink | None = None
        self._packing: Packing | None = None
        self._job = b""
        self._draining = False
        self._started = False
        self._idle_since, self._told_idle = time.monotonic(), False
        self._called_at = 0.0

    # ------------------------------------------------------------ what the loop asks
    @property
    def nodes(self) -> Sequence[str]:
        return [node.name for node in self._nodes.values() if node.state == "working"] if not self._draining else []

    @property
    def most_rows(self) -> int | None:
        return None if self._packing is None else self._packing.most_rows

    @property
    def drained(self) -> bool:
        return not self._started or (self._draining and not any(node.has_worker for node in self._nodes.values()))

    def start(self, job: WorkerJob) -> None:
        job = replace(job, config=absolute(job.config))
        self._job = wire.encode(job)
        self._started, self._draining = True, False
        if self._link is None:
            self._link = SchedulerLink(*self._address)
        if self._ship_media and self._packing is None:
            self._packing = Packing(job, self._link.leave)
            self._terms["shipped"] = self._packing.folders
            config = rooted(JobConfig.model_validate_json(job.config))
            self._job = wire.encode(replace(job, config=config.model_dump_json(by_alias=True)))
        for node in self._nodes.values():
            if node.state == "ended":
                self._start_worker(node)
        self._call(self._link)

    def restart(self, node: str) -> None:
        here = self._named.get(node)
        if here is not None and not self._draining and here.state == "ended":
            self._start_worker(here)

    def fence(self, node: str, reason: str) -> bool:
        here = self._named.get(node)
        if here is not None:
            here.state, here.reason = "fenced", reason
            here.drop_tasks()
            self._tell(here, {"op": "stop"})
        return any(other.state != "fenced" for other in self._nodes.values())

    def submit(self, node: str, assignment: Assignment) -> None:
        here = self._named.get(node)
        if here is None:
            return
        if self._packing is None:
            self._send(here, assignment, Shipment())
        else:
            self._packing.want(here.address, here.life, assignment)

    def acknowledge(self, node: str, count: int) -> None:
        if (here := self._named.get(node)) is not None:
            self._tell(here, {"op": "acknowledge", "count": count})

    def poll(self, timeout_s: float) -> Sequence[tuple[str, Sequence[Event]]]:
        said: Said = defaultdict(list)
        if self._link is None:
            return []
        for message in self._link.heard(timeout_s):
            self._hear(message, said)
        self._link.check()
        if time.monotonic() - self._called_at > (CALL_RARELY_S if self._nodes else CALL_AGAIN_S):
            self._call(self._link)
        self._offer_again()
        self._tell_of_waiting(said)
        return [(name, events) for name, events in said.items() if events]

    def drain(self) -> None:
        self._draining = True
        for node in self._nodes.values():
            if node.has_worker:
                node.state = "draining"
                self._tell(node, {"op": "drain"})

    def close(self) -> None:
        if self._packing is not None:
            self._packing.close()
        if self._link is None:
            return
        self._link.unsubscribe()
        for node in self._nodes.values():
            if self._link.running and node.state not in ("busy", "fenced"):
                self._tell(node, {"op": "stop"})
            node.drop_tasks()
        self._link.close()
        self._link = self._packing = None
        self._started = False
        self._nodes.clear()
        self._named.clear()

    def report(self) -> list[dict[str, Any]]:
        """Every node for `status`."""
        return [node.report() for node in self._nodes.values()]

    # ------------------------------------------------------------ what is told
    def _tell(self, node: RemoteNode, message: words.Message) -> None:
        if self._link is not None:
            self._link.tell_node(node.address, message)

    def _send(self, node: RemoteNode, assignment: Assignment, shipment: Shipment) -> None:
        if self._link is not None:
            node.tasks[assignment.shard.index] = self._link.submit(node.address, assignment, shipment)

    def _call(self, link: SchedulerLink) -> None:
        """Nodes say that they are here; those that are known already are passed over."""
        self._called_at = time.monotonic()
        link.tell(words.CALL, {"op": "call"})

    def _start_worker(self, node: RemoteNode) -> None:
        node.begin_life()
        self._tell(node, {"op": "start", "life": node.life, "job": self._job, **self._terms})

    def _offer(self, address: str, name: str) -> None:
        known = self._nodes.get(address)
        if known is not None and known.state != "busy":
            return
        node = self._nodes[address] = self._named[name] = RemoteNode(name, address)
        node.reason = known.reason if known else None
        self._tell_offer(node)

    def _tell_offer(self, node: RemoteNode) -> None:
        node.offered_at = time.monotonic()
        if self._link is not None:
            self._tell(node, {"op": "offer", "client": self._link.client_id, "owner": self._owner})

    def _offer_again(self) -> None:
        """To nodes that have not answered. One that has the offer already passes over it."""
        now = time.monotonic()
        for node in self._nodes.values():
            if node.state == "offered" and now - node.offered_at > OFFER_AGAIN_S:
                self._tell_offer(node)

    # ------------------------------------------------------------ what is heard
    def _hear(self, message: words.Message, said: Said) -> None:
        match message:
            case {"action": "remove-worker", "worker": address}:
                self._forget(address, "its connection to the scheduler ended", said)
            case {"op": "here", "address": address, "name": name}:
                self._offer(address, name)
            case {"op": "unreadable", "error": error}:
                raise error
            case {"address": address} if address in self._nodes:
                self._hear_node(self._nodes[address], message, said)
            case _:
                pass  # of a node that is gone, or nothing to us

    def _hear_node(self, node: RemoteNode, message: words.Message, said: Said) -> None:
        match message["op"]:
            case "free" if node.state == "offered":
                node.reason = None
                self._start_worker(node)
            case "busy":
                if node.reason != message["owner"]:
                    told = f"is at work for {message['owner']}, and is used when that is done"
                    said[node.name].append(NodeTold(told))
                node.state, node.reason = "busy", message["owner"]
            case "said" if message["life"] == node.life and node.state != "fenced":
                self._take(node, message, said[node.name])
            case "packed" if message["life"] == node.life and node.state == "working":
                self._send(node, message["assignment"], message["shipment"])
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
            node.drop_tasks()
            return
        node.heard += 1
        events = read_frames(message["frames"])
        node.take(events)
        said += events

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
        node.drop_tasks()
        if self._named.get(node.name) is node:
            del self._named[node.name]
        if node.state not in ("busy", "fenced"):
            said[node.name].append(NodeLeft(reason))
