import sys
def t(f):
    try: print(repr(f()))
    except BaseException as e: print(type(e).__name__, e)
# groups
try:
    raise ExceptionGroup("eg", [ValueError(1), TypeError(2)])
except* ValueError as g:
    print(g.exceptions)
except* TypeError as g:
    print(g.exceptions)
eg=ExceptionGroup("eg",[ValueError(1), TypeError(2)])
eg.add_note('n')
a,b=eg.split(ValueError)
print(a.__notes__, b.__notes__, a.__notes__ is eg.__notes__)
t(lambda: ExceptionGroup[int])
t(lambda: isinstance(eg, Exception))
class E(Exception):
    def __init__(self, *a, **k): self.k=k
print(repr(E(1,2,z=3)), E(1).args)
class F(OSError):
    def __new__(cls, *a): return super().__new__(cls,*a)
    def __init__(self, *a): pass
print(F(2,'x').errno)
try:
    open
    raise FileNotFoundError(2,'No such','f')
except OSError as e:
    print(e, e.filename, e.args, e.errno)
x=StopIteration(1,2); print(x.value, x.args)
x=KeyError('a'); x.args=(1,2); print(x, x.args)
def gen():
    yield 1
g=gen()
next(g)
t(lambda: g.throw(ValueError))
t(lambda: setattr(x,'__cause__',3))
t(lambda: setattr(x,'__context__',3))
t(lambda: delattr(x,'__cause__'))
t(lambda: ImportError('m',name='n',path='p').path)
t(lambda: SyntaxError('m',('f',1,2,'t',3,4)).end_offset)
t(lambda: UnicodeDecodeError('utf8',bytearray(b'abc'),1,2,'r').object)
def rec(): rec()
try: rec()
except RecursionError as e: print(e)
class Meta(type):
    def __call__(cls,*a): return super().__call__(*a)
class C(metaclass=Meta): pass
print(type(C()))
print([*(lambda:0).__code__.co_lines()][0][2] > 0)
t(lambda: sys._getframe().f_back.f_code.co_name)
def outer():
    v=1
    def inner():
        nonlocal v
        sys._getframe(1).f_locals['v']=9
        return v
    return inner(), v
print(outer())
async def co(): pass
c=co(); print(c.cr_frame.f_locals, c.cr_code.co_name); c.close()
def gg():
    q=1
    yield q
g=gg(); next(g); print(dict(g.gi_frame.f_locals)); g.gi_frame.f_locals['q']=7; print(g.gi_frame.f_locals['q'], g.gi_frame.f_back)
t(g.gi_frame.clear)
