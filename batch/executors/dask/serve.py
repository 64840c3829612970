"""A machine as a node of a cluster: a Dask worker that joins the scheduler, and joins again when that comes back."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from distributed import Worker
from distributed.comm import connect

from batch.executors.dask import words
from batch.executors.dask.address import TLS

AGAIN_S = 2.0
CONNECT_S = 10.0
LOOPBACK_ANY_PORT = "127.0.0.1:0"


@dataclass(frozen=True)
class NodeOptions:
    """`path_map`: folders of the runner's machine, and where this one has them."""

    scheduler: str
    name: str
    tls: TLS
    path_map: Mapping[str, str]


def serve(options: NodeOptions, tell: Callable[[str], None]) -> None:
    """Until SIGINT or SIGTERM: then what runs is finished first; a second one ends at once."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is told
    asyncio.run(_serve(options, tell))


async def _serve(options: NodeOptions, tell: Callable[[str], None]) -> None:
    asked, insisted = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: insisted.set() if asked.is_set() else asked.set())
    security = options.tls.security(options.scheduler, "worker", "client")
    told = ""
    while not asked.is_set():
        try:
            worker = await _unless(asked, _join(options, security))
            if worker is None:
                break
        except (OSError, TimeoutError, RuntimeError) as exc:  # Dask wraps what hindered it in a RuntimeError
            now = f"cannot join {options.scheduler}; trying again until it can ({_why(exc, options)})"
            if now != told:
                tell(told := now)
            await _first(asyncio.sleep(AGAIN_S), asked.wait())
            continue
        tell(told := f"joined {options.scheduler} as {options.name}")
        await _first(worker.finished(), asked.wait())
        if asked.is_set():
            tell("stopping: what runs is finished first; once more to stop at once")
            await _first(asyncio.to_thread(_leave, worker), insisted.wait(), worker.finished())
        else:
            tell(told := f"lost {options.scheduler}; joining again when it is back")
        await worker.close()


def _why(error: Exception, options: NodeOptions) -> str:
    why = error.__cause__ or error
    if "name taken" in str(why):
        return f"there is a node {options.name!r}: if that is another machine, give this one a --name of its own"
    return f"{type(why).__name__}: {why}"


async def _join(options: NodeOptions, security: Any) -> Any:
    # A Dask worker tries for ever and says nothing; whether there is a scheduler that takes our certificate shows here.
    trial = await connect(options.scheduler, timeout=CONNECT_S, **security.get_connection_args("worker"))
    await trial.close()
    worker = Worker(
        options.scheduler,
        nthreads=1,
        name=options.name,
        resources={words.RESOURCE: 1},
        security=security,
        memory_limit=0,  # the model is in the child, which watches itself
        dashboard=False,
        dashboard_address=LOOPBACK_ANY_PORT,
    )
    worker.gemma4_path_map = dict(options.path_map)
    return await worker


def _leave(worker: Any) -> None:
    plugin = worker.plugins.get(words.PLUGIN)
    if plugin is not None and plugin.node is not None:
        plugin.node.leave()


async def _unless(asked: asyncio.Event, wanted: Coroutine[Any, Any, Any]) -> Any:
    """What is wanted; None where the end is asked for first. Raises what it raises."""
    task = asyncio.ensure_future(wanted)
    await asyncio.wait([task, asyncio.ensure_future(asked.wait())], return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        return None
    return task.result()


async def _first(*waiting: Any) -> None:
    """Until the first of these is done; the others are dropped."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
