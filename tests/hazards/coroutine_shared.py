# One coroutine, awaited by many threads: it runs once.
from race import *
import types, sys, warnings
warnings.simplefilter("ignore")
@types.coroutine
def pause():
    yield 1
def make():
    log = []
    async def c():
        for i in range(50):
            await pause()
            log.append(i)
        return "end"
    return c(), log
def drive(o, k):
    ends = 0
    while True:
        try:
            o[0].send(None)
        except StopIteration as e:
            check(e.value == "end", "value", e.value)
            ends += 1
        except ValueError:
            continue
        except RuntimeError as e:
            check("cannot reuse" in str(e), str(e))
            return ends
        o[0].cr_await, o[0].cr_frame, o[0].cr_running
def after(o, results):
    check(sum(results) == 1, "ended more than once", results)
    check(o[1] == list(range(50)), "lost its order")
rounds(80, make, drive, after=after)
