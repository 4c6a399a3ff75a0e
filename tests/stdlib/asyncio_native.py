# _asyncio's futures and tasks, on a small loop of our own.
import _thread
import sys
import types

try:
    import asyncio
except ImportError:
    # Without sockets: what the native half asks of the package.
    for name in list(sys.modules):
        if name.startswith("asyncio"):
            del sys.modules[name]
    for name in ("", ".exceptions", ".coroutines", ".base_futures", ".base_tasks"):
        sys.modules["asyncio" + name] = types.ModuleType("asyncio" + name)
    exceptions = sys.modules["asyncio.exceptions"]
    exceptions.CancelledError = type("CancelledError", (BaseException,), {"__module__": "asyncio.exceptions"})
    exceptions.InvalidStateError = type("InvalidStateError", (Exception,), {"__module__": "asyncio.exceptions"})
    sys.modules["asyncio.coroutines"].iscoroutine = lambda c: isinstance(c, types.CoroutineType)
    sys.modules["asyncio.base_futures"]._future_repr = lambda f: "<Future>"
    sys.modules["asyncio.base_tasks"]._task_repr = lambda t: "<Task>"
import _asyncio


class InvalidState(Exception):
    pass


class Loop:
    def __init__(self, name):
        self.ready = []
        self.name = name

    def __repr__(self):
        return "<Loop %s>" % self.name

    def get_debug(self):
        return False

    def is_running(self):
        return _asyncio._get_running_loop() is self

    def call_soon(self, f, *args, context=None):
        self.ready.append((f, args, context))

    def call_exception_handler(self, context):
        print("handler:", context["message"], sorted(context))

    def run(self):
        _asyncio._set_running_loop(self)
        try:
            while self.ready:
                f, args, context = self.ready.pop(0)
                if context is None:
                    f(*args)
                else:
                    context.run(f, *args)
        finally:
            _asyncio._set_running_loop(None)


def show(f, *a, **k):
    try:
        r = f(*a, **k)
    except BaseException as e:
        print(type(e).__name__, e)
    else:
        print(repr(r))


@types.coroutine
def bare(value=None):
    return (yield value)


loop = Loop("a")
F, T = _asyncio.Future, _asyncio.Task

# futures
f = F(loop=loop)
show(f.done), show(f.cancelled), show(lambda: f._state), show(f.get_loop), show(lambda: (f._result, f._exception, f._callbacks, f._log_traceback, f._asyncio_future_blocking, f._cancel_message, f._asyncio_awaited_by))
show(f.result), show(f.exception)
calls = []
show(f.add_done_callback, calls.append), show(f.add_done_callback, print), show(f.remove_done_callback, print), show(f.remove_done_callback, print), show(lambda: len(f._callbacks))
show(f.set_result, 5), show(f.set_result, 6), show(f.set_exception, ValueError()), show(f.result), show(f.exception), show(f.cancel), show(lambda: f._state)
show(f.add_done_callback, calls.append)
loop.run()
show(lambda: [c is f for c in calls])
f = F(loop=loop)
show(f.set_exception, 5), show(f.set_exception, StopIteration), show(lambda: type(f.exception().__cause__)), show(f.result)
f = F(loop=loop)
f.set_exception(KeyError("x"))
show(lambda: f._log_traceback), show(setattr, f, "_log_traceback", True), show(f.result), show(lambda: f._log_traceback)
f = F(loop=loop)
f.set_exception(KeyError("lost"))
del f
f = F(loop=loop)
show(f.cancel, msg="why"), show(f.cancel), show(f.cancelled), show(f.result), show(f.exception), show(lambda: type(f._make_cancelled_error()))
show(F, 5), show(lambda: F[int]), show(lambda: F.__new__(F).set_result(1))
i = iter(F(loop=loop))
show(lambda: type(next(i))), show(next, i), show(i.throw, ValueError("v")), show(next, i), show(i.close)
f = F(loop=loop)
f.set_result(3)
show(next, iter(f)), show(lambda: f.__await__().send(None))

# tasks
log = []


async def waits(f, name):
    log.append((name, "start", _asyncio.current_task().get_name()))
    try:
        r = await f
        log.append((name, r))
        return r
    except BaseException as e:
        log.append((name, type(e).__name__, e.args))
        raise


f = F(loop=loop)
a = T(waits(f, "a"), loop=loop, name="A")
b = T(waits(f, "b"), loop=loop, name=5)


async def sets():
    await bare()
    log.append(("sets", sorted(t.get_name() for t in _asyncio.all_tasks()), {t.get_name() for t in f._asyncio_awaited_by} == {"A", "5"}))
    f.set_result("r")


c = T(sets(), loop=loop, name="C")
show(lambda: (a._must_cancel, a._fut_waiter, a.get_coro().__name__, a.cancelling(), a._log_destroy_pending))
loop.run()
print(log)
show(a.result), show(b.done), show(c.result), show(a.set_result, 1), show(a.set_exception, 1), show(a.cancel), show(b.get_name), show(b.set_name, "q"), show(b.get_name)
log.clear()
f = F(loop=loop)
a = T(waits(f, "a"), loop=loop)


async def cancels():
    await bare()
    log.append((a.cancel("msg"), a.cancelling(), a.uncancel(), f.cancelled()))


T(cancels(), loop=loop)
loop.run()
print(log, a.cancelled(), f.cancelled())
show(a.result)
log.clear()


async def stubborn():
    try:
        await bare()
    except BaseException as e:
        log.append(type(e).__name__)
    return "done"


t = T(stubborn(), loop=loop)
show(t.cancel), show(lambda: t._must_cancel), show(t.uncancel), show(lambda: t._must_cancel)
loop.run()
print(t.result(), log)


async def bad(value):
    try:
        return await bare(value)
    except RuntimeError as e:
        return str(e).split("<")[0]


other = F(loop=Loop("b"))
other._asyncio_future_blocking = True
for value in (5, F(loop=loop), other, (x for x in ())):
    t = T(bad(value), loop=loop)
    loop.run()
    show(t.result)


async def itself():
    try:
        await me
    except RuntimeError as e:
        return str(e).split("<")[0]


me = T(itself(), loop=loop)
loop.run()
show(me.result)


async def fails():
    raise ZeroDivisionError("z")


t = T(fails(), loop=loop)
loop.run()
show(t.exception), show(t.result), show(lambda: t._state)


class Stop(SystemExit):
    pass


async def leaves():
    raise Stop(3)


t = T(leaves(), loop=loop)
show(loop.run), show(t.exception)
show(T, 5, loop=loop), show(T), show(lambda: _asyncio.current_task(loop)), show(_asyncio.current_task), show(_asyncio.all_tasks), show(_asyncio.get_running_loop), show(_asyncio._get_running_loop)


# eager
async def quick(v):
    log.append(("quick", _asyncio.current_task().get_name()))
    return v


async def slow(v):
    log.append(("slow", _asyncio.current_task().get_name()))
    await bare()
    log.append("slow again")
    return v


async def outer():
    me = _asyncio.current_task()
    q = T(quick(1), loop=loop, eager_start=True, name="q")
    s = T(slow(2), loop=loop, eager_start=True, name="s")
    log.append((q.done(), q.result(), q.get_coro(), s.done(), _asyncio.current_task() is me, len(_asyncio.all_tasks())))
    return await s


log.clear()
t = T(outer(), loop=loop, name="o")
loop.run()
print(t.result(), log)

# registering by hand
_asyncio._set_running_loop(loop)


class NotOurs:
    _loop = loop

    def __repr__(self):
        return "NotOurs"

    def done(self):
        return False


n = NotOurs()
show(_asyncio._register_task, n), show(_asyncio.all_tasks), show(_asyncio._unregister_task, n), show(_asyncio.all_tasks), show(_asyncio._register_eager_task, n), show(_asyncio.all_tasks), show(_asyncio._unregister_eager_task, n)
show(_asyncio._enter_task, loop, n), show(_asyncio._enter_task, loop, 5), show(_asyncio.current_task), show(_asyncio._leave_task, loop, 5), show(_asyncio._swap_current_task, loop, None), show(_asyncio.current_task), show(_asyncio._enter_task, Loop("c"), n)
_asyncio._set_running_loop(None)


# one loop per thread
def thread(k, done):
    loop = Loop(k)
    total = []

    async def adds(n):
        for i in range(n):
            f = F(loop=loop)
            loop.call_soon(f.set_result, i)
            total.append(await f)

    tasks = [T(adds(50), loop=loop) for i in range(20)]
    loop.run()
    results.append((sum(total), all(t.done() for t in tasks)))
    done.release()


results = []
locks = [_thread.allocate_lock() for i in range(4)]
for k, l in enumerate(locks):
    l.acquire()
    _thread.start_new_thread(thread, (k, l))
for l in locks:
    l.acquire()
print(results)
