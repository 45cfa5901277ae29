"""Dask workers on this machine, whose number stays the same whatever happens to them."""

import tempfile
from contextlib import contextmanager

import dask
from distributed import Adaptive, LocalCluster
from distributed.core import Status


@contextmanager
def local_cluster(n_workers):
    """Cluster of ``n_workers`` processes, each with one thread. One that dies is replaced, also while it starts."""
    with (
        # the folder that Dask takes by itself has one name for all users, and is the first one's alone
        tempfile.TemporaryDirectory(prefix="rmt-", ignore_cleanup_errors=True) as scratch,
        dask.config.set({"temporary-directory": scratch}),
        LocalCluster(n_workers=0, threads_per_worker=1, memory_limit=0, dashboard_address=":0") as cluster,
    ):
        # rather than a fixed number, which fails if one of the first workers does not come to start
        cluster.adapt(Adaptive=Replacing, minimum=n_workers, maximum=n_workers)
        yield cluster


class Replacing(Adaptive):
    """Dask goes on counting a worker that did not come to start; here it makes room for another."""

    async def adapt(self):
        """What Dask does every second."""
        if failed := [name for name, worker in self.cluster.workers.items() if worker.status == Status.failed]:
            await self.cluster.scale_down(failed)
        await super().adapt()
