import sys
events = []
def tracer(frame, event, arg):
    name = frame.f_code.co_name
    if name in ('f', 'g', 'gen', 'h', 'boom', 'K', '<listcomp>', 'm', '__init__', 'deco', 'withit', 'lam', 'agen','loop1','tryit','nested'):
        if event == 'exception':
            arg = (arg[0].__name__, str(arg[1]))
        events.append((name, frame.f_lineno - frame.f_code.co_firstlineno, event, arg))
        return tracer
def f(x):
    y = x + 1
    if y > 2:
        y = g(y)
    else:
        y = 0
    return y
def g(z):
    for i in range(2):
        z += i
    return z
def gen():
    yield 1
    x = yield 2
    return 3
def h():
    for v in gen():
        pass
    return [k for k in range(2)]
def boom():
    try:
        1/0
    except ZeroDivisionError as e:
        pass
    finally:
        x = 1
    raise ValueError('v')
def loop1():
    for i in range(3): pass
    while i: i -= 1
def withit():
    class CM:
        def __enter__(self): return 1
        def __exit__(self, *a): return True
    with CM() as c:
        c + 1
        raise KeyError(1)
    return 5
def nested():
    def inner(a=(1,
                 2)):
        return a
    return inner(
        3
    )
def tryit():
    try:
        boom()
    except ValueError:
        return 1
    finally:
        print
def K():
    class C:
        a = 1
        def __init__(self):
            self.z = 2
    return C()
for fn, args in ((f,(1,)),(f,(2,)),(h,()),(loop1,()),(withit,()),(nested,()),(tryit,()),(K,())):
    events.clear()
    sys.settrace(tracer)
    try:
        fn(*args)
    except Exception as e:
        pass
    sys.settrace(None)
    print('---', fn.__name__)
    for e in events: print(e[:3], e[3] if not hasattr(e[3],'__dict__') else '')
