# Asynchronous generators driven from many threads: values once, RuntimeError when another thread runs one.
from race import *
async def numbers():
    try:
        for i in range(200):
            yield i
    finally:
        pass
def drain(ag, k):
    out = []
    for _ in range(2000):
        step = ag.__anext__() if k & 1 else ag.asend(None)
        try:
            step.send(None)
        except StopIteration as e:
            out.append(e.value)
        except StopAsyncIteration:
            break
        except (RuntimeError, ValueError):
            pass
        finally:
            step.close()
    return out
def closer(ag, k):
    ag.ag_frame, ag.ag_running, ag.ag_await
    c = ag.aclose()
    try:
        c.send(None)
    except (StopIteration, RuntimeError, ValueError):
        pass
    return []
def after(ag, results):
    seen = [x for r in results for x in r]
    check(len(seen) == len(set(seen)), "a value came twice")
rounds(40, numbers, drain, after=after)
rounds(40, numbers, drain, drain, drain, closer, after=after)
