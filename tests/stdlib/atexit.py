import atexit
def f(*a, **k): print('f', a, k)
print(atexit.register(f, 1, x=2) is f, atexit._ncallbacks())
atexit.register(f); atexit.register(print, 'p'); atexit._run_exitfuncs(); print(atexit._ncallbacks())
atexit.register(f, 3); atexit.register(print, 'q'); atexit.unregister(f); atexit._run_exitfuncs()
atexit.register(f, 9); atexit._clear(); atexit._run_exitfuncs()
for e in (lambda: atexit.register(), lambda: atexit.register(1)):
    try: e()
    except TypeError as x: print(x)
