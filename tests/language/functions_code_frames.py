import types, sys
def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, e)
def f(a, b=1, *c, d=2, **e):
    x = 1
    def g():
        return x
    return g
def k(): return 'k'
t(lambda: setattr(f, '__code__', 3))
t(lambda: setattr(f, '__code__', f(1).__code__))
t(lambda: setattr(f, '__name__', 3))
t(lambda: setattr(f, '__qualname__', 3))
t(lambda: delattr(f, '__name__'))
t(lambda: setattr(f, '__defaults__', 3))
t(lambda: setattr(f, '__kwdefaults__', 3))
t(lambda: setattr(f, '__annotations__', 3))
t(lambda: setattr(f, '__annotate__', 3))
t(lambda: setattr(f, '__type_params__', 3))
t(lambda: delattr(f, '__annotate__'))
t(lambda: setattr(f, '__globals__', 3))
t(lambda: f.__annotations__)
t(lambda: f.__defaults__)
t(lambda: f.__kwdefaults__)
t(lambda: types.FunctionType(3, 4))
t(lambda: types.FunctionType(f.__code__, 4))
t(lambda: types.FunctionType(f(1).__code__, {}))
t(lambda: types.FunctionType(f(1).__code__, {}, closure=(3,)))
t(lambda: types.FunctionType(f(1).__code__, {}, closure=()))
t(lambda: types.FunctionType(f.__code__, {}, 3))
t(lambda: types.FunctionType(f.__code__, {}, 'a', 3))
t(lambda: types.FunctionType(f.__code__, {}, 'zz').__name__)
t(lambda: types.FunctionType(f.__code__, {}, kwdefaults=3))
t(lambda: types.FunctionType(k.__code__, {})())
c = f.__code__
print(c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_flags, c.co_varnames, c.co_cellvars, c.co_freevars, c.co_name, c.co_qualname, c.co_firstlineno, c.co_nlocals)
print(f(1).__code__.co_freevars)
t(lambda: c.replace(co_name=3))
t(lambda: c.replace(foo=3))
t(lambda: c.replace(co_name='zz').co_name)
print(c == c.replace(), hash(c) == hash(c.replace()), c == k.__code__)
t(lambda: types.TracebackType(3, 4, 5, 6))
t(lambda: types.TracebackType(None, sys._getframe(), 5, 6).tb_lineno)
def h():
    a = 1
    fr = sys._getframe()
    l = fr.f_locals
    print(type(l), fr.f_code is h.__code__, fr.f_back.f_code.co_name, fr.f_lineno - h.__code__.co_firstlineno)
    l['a'] = 5
    l['zz'] = 6
    print(a, l['zz'], list(l), len(l), 'a' in l, sys._getframe().f_locals['zz'])
    t(lambda: l.pop('zz'))
    t(lambda: l['nope'])
    t(lambda: l.pop('a'))
    t(fr.clear)
    def inner():
        sys._getframe(1).f_locals['a'] = [7]
    inner()
    print(a)
    print(locals()['a'])
h()
def tb():
    def deep():
        1 / 0
    try:
        deep()
    except Exception as e:
        return e.__traceback__
x = tb()
print(x.tb_lineno - tb.__code__.co_firstlineno, x.tb_next.tb_frame.f_code.co_name, x.tb_next.tb_next)
t(lambda: setattr(x, 'tb_next', x))
t(lambda: setattr(x, 'tb_next', 3))
x.tb_next = None
print(x.tb_next)
print(sorted(x.tb_frame.f_locals))
def annotated(a: int, b: "str") -> list[int]: pass
print(annotated.__annotations__)
