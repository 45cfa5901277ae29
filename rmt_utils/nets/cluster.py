"""Dask workers on this machine, whose number stays the same whatever happens to them."""

from distributed import Adaptive, LocalCluster
from distributed.core import Status


def local_cluster(n_workers):
    """Cluster of ``n_workers`` processes, each with one thread. One that dies is replaced, also while it starts."""
    cluster = LocalCluster(n_workers=0, threads_per_worker=1, memory_limit=0, dashboard_address=":0")
    # rather than a fixed number, which fails if one of the first workers does not come to start
    cluster.adapt(Adaptive=Replacing, minimum=n_workers, maximum=n_workers)
    return cluster


class Replacing(Adaptive):
    """Dask goes on counting a worker that did not come to start; here it makes room for another."""

    async def adapt(self):
        """What Dask does every second."""
        if failed := [name for name, worker in self.cluster.workers.items() if worker.status == Status.failed]:
            await self.cluster.scale_down(failed)
        await super().adapt()
