# One event loop per thread; call_soon_threadsafe, run_coroutine_threadsafe, cancellation and all_tasks across loops.
from race import *
import asyncio, threading
async def sub(n):
    await asyncio.sleep(0)
    return n
async def main(k):
    r = await asyncio.gather(*(sub(i) for i in range(20)))
    check(r == list(range(20)), "results of others", r)
    t = asyncio.create_task(asyncio.sleep(10)); await asyncio.sleep(0); t.cancel()
    try: await t
    except asyncio.CancelledError: pass
    q = asyncio.Queue(); await q.put(k); check(await q.get() == k)
    check(all(not x.done() for x in asyncio.all_tasks()))
    return k
def loops(k):
    check(asyncio.run(main(k)) == k)
loop = asyncio.new_event_loop()
t = threading.Thread(target=loop.run_forever); t.start()
def foreign(k):
    check(asyncio.run_coroutine_threadsafe(sub(k), loop).result(8) == k)
    asyncio.all_tasks(loop)
def cancel(k):
    f = asyncio.run_coroutine_threadsafe(asyncio.sleep(10), loop); f.cancel()
    e = threading.Event(); loop.call_soon_threadsafe(e.set); check(e.wait(8))
race(loops, foreign, loops, cancel, seconds=0.4)
loop.call_soon_threadsafe(loop.stop); t.join(); loop.close()
