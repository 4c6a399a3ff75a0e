"""asyncio with one event loop per thread: switches between tasks per second over all threads."""
import asyncio
import threading
import time

TASKS = 20


async def ping(queue_in, queue_out, turns):
    for _ in range(turns):
        queue_out.put_nowait(await queue_in.get())


async def spin(turns):
    for _ in range(turns):
        await asyncio.sleep(0)


async def work(turns):
    a, b = asyncio.Queue(), asyncio.Queue()
    a.put_nowait(1)
    spinners = [spin(turns) for _ in range(TASKS)]
    await asyncio.gather(ping(a, b, turns), ping(b, a, turns), *spinners)


def once(threads, turns):
    """Switches per second."""
    barrier = threading.Barrier(threads + 1)
    faults = []

    def body():
        barrier.wait()
        try:
            asyncio.run(work(turns))
        except BaseException as fault:
            faults.append(fault)

    workers = [threading.Thread(target=body) for _ in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    begin = time.perf_counter()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - begin
    if faults:
        raise faults[0]
    return threads * turns * (TASKS + 2) / took


def measure(counts, repeats, scale):
    turns = max(50, int(1000 * scale))
    once(1, turns // 5)
    rates = {n: [] for n in counts}
    for _ in range(repeats):
        for n in counts:
            rates[n].append(once(n, turns))
    return {str(n): rates[n] for n in counts}
