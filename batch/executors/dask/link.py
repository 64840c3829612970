"""The runner's connection to the scheduler: messages to nodes and from them, assignments as Dask tasks.

Dask's thread only leaves messages here, for the thread that polls.
"""

import logging
import queue
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import dask
from distributed import Client, LocalCluster

from batch import wire
from batch.errors import ClusterError
from batch.executors.dask import words
from batch.executors.dask.plugin import NodePlugin, work
from batch.executors.dask.shipping import Shipment
from batch.records import Assignment

CONNECT_S = 10.0
LARGE = "1GiB"  # media that go with an assignment are no mistake


class SchedulerLink:
    """Raises ClusterError when the scheduler cannot be reached, or is gone."""

    def __init__(self, scheduler: str, security: Any, local_nodes: int | None) -> None:
        """`local_nodes`: start so many on this machine, with a scheduler of their own."""
        self.session = uuid.uuid4().hex
        self._topics = (words.NODES, words.session_topic(self.session), words.ALL)
        self._scheduler = scheduler
        self._inbox: queue.SimpleQueue[words.Message] = queue.SimpleQueue()
        self._arrived = threading.Event()
        self._cluster: Any = None
        # What Dask's client says of a lost scheduler is a page of traceback; here it is one sentence (see check).
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGE})
        try:
            if local_nodes is not None:
                self._cluster = _local_cluster(local_nodes)
                self._scheduler = self._cluster.scheduler_address
            self._client = Client(
                self._scheduler,
                security=security,
                timeout=CONNECT_S,
                set_as_default=False,
                name=f"{words.PREFIX}-runner",
            )
        except (OSError, TimeoutError) as exc:
            raise ClusterError(
                f"no Dask scheduler answers at {self._scheduler!r}: {exc}. Start one (dask scheduler), with TLS on "
                "both sides or on none, then give the same command again"
            ) from exc
        self._stream = self._client.scheduler_comm
        for topic in self._topics:
            self._client.subscribe_topic(topic, lambda event: self.leave(event[1]))
        self._client.register_plugin(NodePlugin(), name=words.PLUGIN)

    @property
    def client_id(self) -> str:
        return str(self._client.id)

    def leave(self, message: words.Message) -> None:
        """From any thread."""
        self._inbox.put(message)
        self._arrived.set()

    def heard(self, timeout_s: float) -> Iterator[words.Message]:
        """What has arrived, waiting for the first of it."""
        if self._inbox.empty():
            self._arrived.wait(timeout_s)
        self._arrived.clear()
        while not self._inbox.empty():
            yield self._inbox.get()

    def check(self) -> None:
        """Dask's client connects again by itself, but then nobody hears the nodes any more: the job must begin
        anew."""
        if self._client.status != "running" or self._client.scheduler_comm is not self._stream:
            raise self._lost()

    def tell(self, topic: str, message: words.Message) -> None:
        try:
            self._client.log_event(topic, message)
        except (OSError, TimeoutError) as exc:
            raise self._lost() from exc

    def tell_node(self, address: str, message: words.Message) -> None:
        self.tell(words.node_topic(address), {**message, "session": self.session})

    def submit(self, address: str, assignment: Assignment, shipment: Shipment) -> Any:
        """The task, for this node alone; to be kept until it is done."""
        index = assignment.shard.index
        future = self._client.submit(
            work,
            self.session,
            wire.encode(assignment),
            shipment.rows,
            dict(shipment.files),
            key=f"shard-{index}-{uuid.uuid4().hex[:8]}",
            workers=[address],
            allow_other_workers=False,
            resources={words.RESOURCE: words.TASK_SHARE},
            retries=0,
            pure=False,
        )
        future.add_done_callback(lambda done: self._task_done(address, done))
        return future

    def unsubscribe(self) -> None:
        """Before nodes are told to stop, or the scheduler complains that nobody hears their last words."""
        if self._client.status == "running":
            for topic in self._topics:
                self._client.unsubscribe_topic(topic)

    @property
    def running(self) -> bool:
        return bool(self._client.status == "running")

    def close(self) -> None:
        self._client.close(timeout=CONNECT_S)
        if self._cluster is not None:
            self._cluster.close()

    def _task_done(self, address: str, future: Any) -> None:
        if future.status == "error":
            self.leave({"op": "broken", "address": address, "error": repr(future.exception())})

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the Dask scheduler at {self._scheduler!r} is gone. Everything recorded is safe; start the scheduler "
            "again, and the same command goes on where it was"
        )


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
