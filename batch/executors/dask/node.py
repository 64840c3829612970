"""A node: the supervised worker of one machine, for whichever runner of the cluster is at work.

Runs inside the Dask worker's process. One thread of its own keeps the worker (worker_process.py); Dask's event loop
and tasks only leave messages for it.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from distributed import Client

from batch import wire
from batch.config.job import JobConfig
from batch.errors import BatchError
from batch.executors.dask import words
from batch.executors.dask.check import ModelHere, checked_job
from batch.executors.dask.frames import read_frames
from batch.executors.dask.shipping import Shipment, ShippedFolder
from batch.executors.worker_process import WorkerProcess
from batch.records import Assignment, AssignmentFinished, Event, WorkerDied, WorkerEnded, WorkerFailed, WorkerJob

POLL_S = 0.25
LEAVE_S = 60.0
CLOSE_S = 8.0  # a worker that does not heed SIGTERM is killed before
SUBSCRIBED_S = 0.2  # by then the scheduler has what was sent to it


@dataclass(frozen=True)
class Session:
    """One run of a job: its name, and the runner's Dask client, whose end is the session's."""

    name: str
    client: str
    owner: str


@dataclass
class Task:
    """An assignment that came as a Dask task, which ends with it."""

    session: str
    assignment: Assignment
    shipment: Shipment
    ended: threading.Event


class Node:
    """See words.py for what it hears and says."""

    def __init__(self, worker: Any, path_map: dict[str, str]) -> None:
        """`worker`: the Dask worker. `path_map`: of this machine, before the job's own."""
        self.address = str(worker.address)
        self.name = str(worker.name)
        self._dask = worker
        self._path_map = path_map
        self._inbox: queue.SimpleQueue[words.Message | Task] = queue.SimpleQueue()
        self._arrived = threading.Event()
        self._gone = threading.Event()
        self._session: Session | None = None
        self._process = WorkerProcess(stall_s=120.0, arrived=self._arrived)
        self._tasks: dict[int, Task] = {}
        self._life = 0
        self._said = 0
        self._leaving = False
        self._shipped = ShippedFolder()

    # ------------------------------------------------------------ Dask's event loop
    async def join(self) -> None:
        self._client = await Client(
            self._dask.scheduler.address,
            security=self._dask.security,
            asynchronous=True,
            set_as_default=False,
            name=f"{words.PREFIX}-node",
        )
        self._client.subscribe_topic(words.node_topic(self.address), self._hear)
        self._client.subscribe_topic(words.CALL, self._hear)
        threading.Thread(target=self._run, name="gemma4-node", daemon=True).start()

    def _hear(self, event: tuple[float, words.Message]) -> None:
        self._leave_message(event[1])

    def _hear_of_client(self, event: tuple[float, words.Message]) -> None:
        message = event[1]
        if message.get("action") == "remove-client":
            self._leave_message({"op": "gone", "client": message["client"]})

    def _leave_message(self, item: words.Message | Task) -> None:
        self._inbox.put(item)
        self._arrived.set()

    async def close(self) -> None:
        """At once: the Dask worker ends."""
        self._leave_message({"op": "close"})
        await asyncio.to_thread(self._gone.wait, CLOSE_S)
        await self._client.close()

    def leave(self) -> None:
        """In good order: finish what runs, then be gone. Blocks up to LEAVE_S."""
        self._leave_message({"op": "leave"})
        self._gone.wait(LEAVE_S)

    # ------------------------------------------------------------ a Dask task's thread
    def work(self, session: str, assignment: Assignment, shipment: Shipment) -> None:
        """Have the worker do this; returns when it has said everything of it, or is gone."""
        task = Task(session, assignment, shipment, threading.Event())
        self._leave_message(task)
        task.ended.wait()

    # ------------------------------------------------------------ the node's own thread
    def _run(self) -> None:
        try:
            self._keep_on()
        except Exception as error:
            logging.getLogger(__name__).exception("the node gives up")
            if self._session is not None:
                self._say(self._session.name, {"op": "broken", "error": repr(error)})
            self._end_worker()
            self._gone.set()
            raise

    def _keep_on(self) -> None:
        self._say_here()
        while not self._gone.is_set():
            if self._process.running:
                self._forward(self._process.poll(POLL_S))
            else:
                self._arrived.wait(POLL_S)
                self._arrived.clear()
            while not self._inbox.empty():
                self._obey(self._inbox.get())

    def _obey(self, item: words.Message | Task) -> None:
        match item:
            case Task():
                self._take(item)
            case {"op": "call"}:
                self._say_here()
            case {"op": "offer"}:
                self._answer_offer(Session(item["session"], item["client"], item["owner"]))
            case {"op": "gone"}:
                if self._session is not None and self._session.client == item["client"]:
                    self._end_session()
            case {"op": "close"}:
                self._end_worker()
                self._shipped.close()
                self._gone.set()
            case {"op": "leave"}:
                self._begin_leaving()
            case {"session": session} if self._session is not None and self._session.name == session:
                self._obey_runner(item)
            case _:
                pass  # of a session that is over

    def _obey_runner(self, message: words.Message) -> None:
        match message["op"]:
            case "start":
                self._start(message)
            case "acknowledge":
                self._process.acknowledge(message["count"])
            case "drain":
                self._process.drain()
            case "stop":
                self._end_session()

    def _answer_offer(self, offered: Session) -> None:
        if self._session is not None and self._session != offered:
            self._say(offered.name, {"op": "busy", "owner": self._session.owner})
            return
        if self._leaving:
            return
        self._session = offered
        self._dask.loop.add_callback(self._accept, offered)

    async def _accept(self, offered: Session) -> None:
        """Only once the end of the runner would be heard of is it told to begin. It may have ended meanwhile: then
        nobody would ever tell."""
        if self._client.status != "running":
            return
        self._client.subscribe_topic(offered.client, self._hear_of_client)
        await asyncio.sleep(SUBSCRIBED_S)
        past = await self._client.scheduler.events(topic=offered.client)
        for event in past:
            self._hear_of_client(event)
        self._say(offered.name, {"op": "free"})

    def _start(self, message: words.Message) -> None:
        self._end_worker()
        self._life, self._said = message["life"], 0
        try:
            job = self._checked(message)
        except BatchError as error:
            self._forward([WorkerFailed(type(error).__name__, str(error))])
            return
        self._process = WorkerProcess(JobConfig.model_validate_json(job.config).engine.stall_s, self._arrived)
        self._process.start(job)

    def _checked(self, message: words.Message) -> WorkerJob:
        job: WorkerJob
        (job,) = read_frames(message["job"])
        there = ModelHere(message["version"], message["identity"], message["ple_grade"])
        paths = {**message["path_map"], **self._path_map}
        if message["shipped"] is None:
            config, path = checked_job(job.config, there, paths, job.files)
            return replace(job, config=config, model_path=path)
        folder = self._shipped.path
        for here, named in message["shipped"].items():
            paths[here] = str(folder / named)
            (folder / named).mkdir(parents=True, exist_ok=True)
        config, path = checked_job(job.config, there, paths)
        return replace(job, config=config, model_path=path, shipped=str(folder))

    def _take(self, task: Task) -> None:
        if self._session is None or task.session != self._session.name or not self._process.running:
            task.ended.set()
            return
        self._shipped.keep(task.assignment.shard.index, task.shipment)
        self._tasks[task.assignment.shard.index] = task
        self._process.submit(task.assignment)

    def _forward(self, events: Sequence[Event]) -> None:
        if not events or self._session is None:
            return
        frames = b"".join(map(wire.encode, events))
        self._say(self._session.name, {"op": "said", "life": self._life, "number": self._said, "frames": frames})
        self._said += 1
        for event in events:
            if isinstance(event, AssignmentFinished) and (task := self._tasks.pop(event.shard, None)):
                self._end_task(task)
            elif isinstance(event, WorkerDied | WorkerEnded | WorkerFailed):
                self._end_tasks()
                if self._leaving:
                    self._say_left()

    def _begin_leaving(self) -> None:
        self._leaving = True
        if self._session is None or not self._process.running:
            self._say_left()
            return
        self._say(self._session.name, {"op": "leaving"})
        self._process.drain()

    def _say_left(self) -> None:
        if self._session is not None:
            self._say(self._session.name, {"op": "left"})
        self._gone.set()

    def _end_session(self) -> None:
        self._end_worker()
        if self._session is not None:
            self._dask.loop.add_callback(self._forget_client, self._session.client)
        self._session = None
        if not self._leaving:
            self._say_here()

    def _forget_client(self, client: str) -> None:
        if self._client.status == "running":
            self._client.unsubscribe_topic(client)

    def _end_worker(self) -> None:
        self._process.close()
        self._end_tasks()

    def _end_tasks(self) -> None:
        for task in self._tasks.values():
            self._end_task(task)
        self._tasks.clear()

    def _end_task(self, task: Task) -> None:
        self._shipped.drop(task.assignment.shard.index, task.shipment)
        task.ended.set()

    def _say_here(self) -> None:
        self._dask.log_event(words.NODES, {"op": "here", "address": self.address, "name": self.name})

    def _say(self, session: str, message: words.Message) -> None:
        self._dask.log_event(words.session_topic(session), {**message, "address": self.address})
