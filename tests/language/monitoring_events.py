import sys
M = sys.monitoring
E = M.events
log = []
def rec(name):
    def cb(code, first, *args):
        if code.co_name not in ('f', 'gen', 'user', 'thrower'): return
        out = [first - code.co_firstlineno] if name == 'LINE' else []
        for a in args:
            if callable(a): a = a.__name__ if hasattr(a,'__name__') else type(a).__name__
            elif isinstance(a, BaseException): a = repr(a)
            elif a is M.MISSING: a = 'MISSING'
            elif isinstance(a, int) and name not in ('PY_RETURN','PY_YIELD'): a = 'off'
            elif not isinstance(a,(int,str,type(None))): a = type(a).__name__
            out.append(a)
        log.append((name, code.co_name, *out))
    return cb
def f(x):
    y = len([x])
    for i in range(2):
        y += i
    return y
def gen():
    yield 1
    yield 2
def user():
    for k in gen():
        pass
    return max(3, 4)
def thrower():
    g = gen()
    next(g)
    try:
        g.throw(ValueError('a'))
    except ValueError:
        pass
    try:
        int('z')
    except (KeyError, ValueError):
        return 7
def run(events, fn, *args):
    log.clear()
    M.use_tool_id(2, 't')
    for n in ('PY_START','PY_RESUME','PY_RETURN','PY_YIELD','CALL','LINE','JUMP','BRANCH_LEFT','BRANCH_RIGHT','STOP_ITERATION','RAISE','EXCEPTION_HANDLED','PY_UNWIND','PY_THROW','RERAISE','C_RETURN','C_RAISE'):
        M.register_callback(2, getattr(E,n), rec(n))
    M.set_events(2, events)
    try:
        fn(*args)
    finally:
        M.set_events(2, 0)
        M.free_tool_id(2)
    print('---', fn.__name__, hex(events))
    for l in log: print(l)
run(E.PY_START|E.PY_RETURN|E.PY_RESUME|E.PY_YIELD, f, 1)
run(E.CALL, f, 1)
run(E.LINE, f, 1)
run(E.PY_START|E.PY_RETURN|E.PY_RESUME|E.PY_YIELD|E.STOP_ITERATION, user)
run(E.RAISE|E.EXCEPTION_HANDLED|E.PY_UNWIND|E.PY_THROW|E.RERAISE, thrower)
run(E.CALL, thrower)
run(E.BRANCH_LEFT|E.BRANCH_RIGHT|E.LINE|E.JUMP, f, 1)

# What a callback switches off stays off until restart_events().
count = 0
def once(code, line):
    global count
    if code.co_name == 'f':
        count += 1
        return M.DISABLE
M.use_tool_id(3, 'once')
M.register_callback(3, E.LINE, once)
M.set_local_events(3, f.__code__, E.LINE)
f(1); f(1)
print('disabled', count)
M.restart_events()
f(1)
print('restarted', count)
M.set_local_events(3, f.__code__, 0)
f(1)
print('off', count, M.get_local_events(3, f.__code__))
M.free_tool_id(3)

# An event that is no place in the code cannot be switched off.
def bad(code, offset, exc):
    return M.DISABLE
M.use_tool_id(4, 'bad')
M.register_callback(4, E.RAISE, bad)
M.set_events(4, E.RAISE)
try:
    int('x')
except ValueError as e:
    print(type(e).__name__, e)
M.set_events(4, 0)
M.free_tool_id(4)

# An exception of a callback comes out of the place that the event is about.
def angry(code, offset):
    if code.co_name == 'f':
        raise KeyError('angry')
M.use_tool_id(4, 'angry')
M.register_callback(4, E.PY_START, angry)
M.set_events(4, E.PY_START)
try:
    f(1)
except KeyError as e:
    print('raised', e)
M.set_events(4, 0)
M.free_tool_id(4)
