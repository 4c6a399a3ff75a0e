"""ThreadPoolExecutor: tiny tasks per second (the cost of handing over), and tasks that compute per second."""
import concurrent.futures
import time


def tiny(n):
    return n


def compute(n):
    total = 0
    for i in range(2000):
        total += i * n % 7
    return total


def rate(task, workers, count):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(task, range(workers * 4)))
        begin = time.perf_counter()
        done = sum(1 for _ in pool.map(task, range(count)))
        took = time.perf_counter() - begin
    if done != count:
        raise RuntimeError(f"{done} of {count} tasks came back")
    return count / took


def measure(counts, repeats, scale):
    out = {}
    for name, task, count in (("tiny", tiny, 5000), ("compute", compute, 1000)):
        number = max(50, int(count * scale))
        rates = {n: [] for n in counts}
        for _ in range(repeats):
            for n in counts:
                rates[n].append(rate(task, n, number))
        out[name] = {str(n): rates[n] for n in counts}
    return out
