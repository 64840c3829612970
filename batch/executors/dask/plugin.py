"""What Dask carries to its workers: the plugin that keeps a node, and the task that is an assignment."""

from typing import Any

from distributed import WorkerPlugin, get_worker, secede

from batch.executors.dask import words
from batch.executors.dask.frames import read_frames
from batch.executors.dask.node import Node
from batch.executors.dask.shipping import Shipment


class NodePlugin(WorkerPlugin):  # type: ignore[misc]
    """One node in each Dask worker, now and in those that join later. It stays when runners come and go."""

    name = words.PLUGIN
    idempotent = True
    node: Node | None = None

    async def setup(self, worker: Any) -> None:
        self.node = Node(worker, path_map=getattr(worker, "gemma4_path_map", {}))
        await self.node.join()

    async def teardown(self, worker: Any) -> None:
        if self.node is not None:
            await self.node.close()


def work(session: str, frame: bytes, rows: bytes, files: dict[str, bytes]) -> None:
    """An assignment as a task, with what goes with it (see Shipment). Ends when the node's worker has said all of
    it."""
    secede()  # it only waits: the next assignment may come beside it, as far as the node's `mlx` goes
    plugin = get_worker().plugins[words.PLUGIN]
    (assignment,) = read_frames(frame)
    plugin.node.work(session, assignment, Shipment(rows, files))
