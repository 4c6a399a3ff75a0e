"""A ThreadPoolExecutor that really uses the cores: Collatz chains in chunks."""
import os
import time
from concurrent.futures import ThreadPoolExecutor

CHUNK = 2_000


def longest(start):
    best = (0, 0)
    for n in range(start, start + CHUNK):
        steps, x = 0, n
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            steps += 1
        best = max(best, (steps, n))
    return best


def run(workers, chunks):
    start = time.perf_counter()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        best = max(pool.map(longest, range(1, chunks * CHUNK, CHUNK)))
    return best, time.perf_counter() - start


def main():
    cores = os.cpu_count() or 1
    best, one = run(1, 30)
    again, many = run(cores, 30)
    assert best == again
    print(f"longest chain below {30 * CHUNK}: {best[0]} steps from {best[1]}")
    print(f"1 worker {one:.3f} s, {cores} workers {many:.3f} s: {one / many:.2f} times as fast")


main()
