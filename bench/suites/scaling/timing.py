"""Runs a case in several threads at once."""
import _thread
import time


def together(case, threads, loops):
    """Seconds until the last of `threads` threads has run `case` `loops` times, all of them having begun together."""
    ready = []
    go = _thread.allocate_lock()
    go.acquire()
    spans = []
    faults = []

    def work():
        ready.append(1)
        go.acquire()
        go.release()
        begin = time.perf_counter()
        try:
            for _ in range(loops):
                case()
        except BaseException as fault:
            faults.append(fault)
        spans.append((begin, time.perf_counter()))

    for _ in range(threads):
        _thread.start_new_thread(work, ())
    while len(ready) < threads:
        time.sleep(0.001)
    go.release()
    while len(spans) < threads:
        time.sleep(0.002)
    if faults:
        raise faults[0]
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def loops_for(case, seconds):
    """How often `case` must run to take about so long."""
    together(case, 1, 1)
    took = together(case, 1, 1)
    return max(1, min(10000, int(seconds / max(took, 1e-6)) + 1))


def measure(case, counts, repeats, seconds):
    """For each number of threads, all times: the counts take turns, so that drift hits all alike."""
    loops = loops_for(case, seconds)
    times = {n: [] for n in counts}
    for _ in range(repeats):
        for n in counts:
            times[n].append(together(case, n, loops))
    return {"loops": loops, "times": {str(n): times[n] for n in counts}}
