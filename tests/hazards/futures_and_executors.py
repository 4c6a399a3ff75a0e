# concurrent.futures: submit, cancel, callbacks and shutdown race; every future ends once.
from race import *
from concurrent.futures import ThreadPoolExecutor, Future, wait, as_completed, CancelledError
def make(): return ThreadPoolExecutor(3)
def use(ex, k):
    calls = []
    try: fs = [ex.submit(pow, i, 2) for i in range(10)]
    except RuntimeError: return
    for f in fs: f.add_done_callback(calls.append)
    if k & 1: fs[-1].cancel()
    for i, f in enumerate(fs):
        try: check(f.result(8) == i * i)
        except CancelledError: check(f.cancelled())
    if k == 7: ex.shutdown(wait=False, cancel_futures=True)
def after(ex, results): ex.shutdown()
rounds(25, make, use, after=after)
def one():
    f = Future(); f.calls = []; f.add_done_callback(f.calls.append)
    return f
def settle(f, k):
    try: f.set_result(k) if k & 1 else f.set_exception(ValueError(k))
    except Exception: return "late"
    return "won"
def won(f, results): check(results.count("won") == 1 and len(f.calls) == 1, "settled", results)
rounds(60, one, settle, after=won)
