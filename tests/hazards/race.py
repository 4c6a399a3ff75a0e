"""Eight threads that start together and do things to the same objects.

    race(f, g, ...)          each thread calls one of the functions, f(k) with its number, over and over until the time is up
    rounds(n, make, f, ...)  n times: make() gives a fresh object, each thread calls f(object, k) once; gives back what the calls returned
    check(condition, what)   notes an impossible outcome

An exception that is not named in `allow` is an impossible outcome too. At the end, and at exit, the script fails if there was any.
"""
import atexit
import os
import sys
import threading
import time

THREADS = 8
SECONDS = float(os.environ.get("HAZARD_SECONDS", "0.3"))
wrong = []


def check(condition, what="impossible", *details):
    if not condition and len(wrong) < 20:
        wrong.append(f"{what} {details!r}" if details else str(what))


def race(*functions, allow=(), seconds=None, threads=THREADS, times=None):
    end = time.monotonic() + (SECONDS if seconds is None else seconds)
    start = threading.Barrier(threads)
    counts = [0] * threads

    def work(k):
        f = functions[k % len(functions)]
        start.wait()
        n = 0
        while time.monotonic() < end and (times is None or n < times):
            try:
                f(k)
            except allow:
                pass
            except BaseException as e:
                report(f, e)
                break
            n += 1
        counts[k] = n

    run_all(work, threads)
    return counts


def report(f, e):
    tb = e.__traceback__
    while tb is not None and tb.tb_next is not None:
        tb = tb.tb_next
    check(False, f"{getattr(f, '__name__', f)}: {type(e).__name__}: {e} (line {tb.tb_lineno if tb else '?'})")


def run_all(work, threads=THREADS):
    ts = [threading.Thread(target=work, args=(k,)) for k in range(threads)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()


def rounds(n, make, *functions, allow=(), after=None, threads=THREADS):
    """Fresh object each round; `after(object, results)` looks at it when all are done. Stops early when the time is up."""
    end = time.monotonic() + 3 * SECONDS
    start = threading.Barrier(threads)
    done = threading.Barrier(threads)
    state = {"object": None, "go": True}
    results = [None] * threads

    def work(k):
        f = functions[k % len(functions)]
        for i in range(n):
            if k == 0:
                try:
                    state["object"] = make()
                except BaseException as e:
                    report(make, e)
                    state["go"] = False
                if time.monotonic() > end:
                    state["go"] = False
            start.wait()
            if not state["go"]:
                return
            try:
                results[k] = f(state["object"], k)
            except allow as e:
                results[k] = e
            except BaseException as e:
                results[k] = e
                report(f, e)
            done.wait()
            if k == 0 and after is not None:
                try:
                    after(state["object"], list(results))
                except BaseException as e:
                    report(after, e)

    run_all(work, threads)


@atexit.register
def verdict():
    for w in dict.fromkeys(wrong):
        print("impossible outcome:", w, file=sys.stderr)
    if wrong:
        sys.stderr.flush()
        os._exit(3)
