def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, str(e))
t(lambda: ImportError('a', name='b', path='c').name)
t(lambda: ImportError('a', foo=1))
t(lambda: AttributeError('a', foo=1))
t(lambda: ValueError(a=1))
t(lambda: SyntaxError('a', (1, 2)))
t(lambda: SyntaxError('a', (1, 2, 3, 4, 5)))
t(lambda: str(SyntaxError('a', ("x/f.py", 2, 3, "t"))))
t(lambda: str(SyntaxError('a')))
t(lambda: UnicodeDecodeError('a', 3))
t(lambda: UnicodeDecodeError('a', 3, 1, 2, 'x'))
t(lambda: UnicodeDecodeError(1, b'3', 1, 2, 'x'))
t(lambda: str(UnicodeDecodeError('utf-8', b'3abc', 1, 2, 'bad')))
t(lambda: str(UnicodeDecodeError('utf-8', b'3abc', 1, 20, 'bad')))
t(lambda: str(UnicodeEncodeError('ascii', 'a\u20acb', 1, 2, 'bad')))
t(lambda: str(UnicodeTranslateError('a\u20acb', 1, 2, 'bad')))
t(lambda: UnicodeEncodeError('a', b'3', 1, 2, 'x'))
t(lambda: ExceptionGroup('a'))
t(lambda: ExceptionGroup(1, []))
t(lambda: ExceptionGroup('a', []))
t(lambda: ExceptionGroup('a', 3))
t(lambda: ExceptionGroup('a', [1]))
t(lambda: ExceptionGroup('a', [KeyboardInterrupt()]))
t(lambda: BaseExceptionGroup('a', [KeyError()]))
t(lambda: ExceptionGroup('a', [KeyError()]).split(3))
t(lambda: ExceptionGroup('a', [KeyError(), ExceptionGroup('b', [ValueError(1), KeyError(2)])]).split(KeyError))
t(lambda: ExceptionGroup('a', [KeyError(), ValueError()]).subgroup(lambda e: isinstance(e, ValueError)))
t(lambda: str(ExceptionGroup('a', [KeyError(), KeyError()])))
class A(ExceptionGroup):
    def derive(self, e):
        return 3
t(lambda: A('a', [KeyError(), ValueError()]).split(KeyError))
class B(BaseExceptionGroup, ValueError):
    pass
t(lambda: B('a', [KeyboardInterrupt()]))
t(lambda: ImportError('a', name='b').__reduce__())
t(lambda: AttributeError('a', name='b', obj=3).__reduce__())
t(lambda: OSError(2, 'b', 'f').__reduce__())
t(lambda: OSError(2, 'b', 'f', None, 'g').__reduce__())
t(lambda: str(OSError(2, 'b', 'f', None, 'g')))
t(lambda: str(OSError(2, 'b')))
t(lambda: OSError(2, 'b'))
t(lambda: OSError(32, 'b'))
t(lambda: BlockingIOError(1, 'b', 3).characters_written)
t(lambda: BlockingIOError(1, 'b').characters_written)
t(lambda: KeyError().__setstate__(3))
t(lambda: KeyError().with_traceback(3))
t(lambda: KeyError().add_note(3))
t(lambda: str(KeyError('a')))
t(lambda: SystemExit(1, 2).code)
t(lambda: StopIteration(4).value)
t(lambda: ExceptionGroup.__mro__)
t(lambda: IOError is OSError)
e = ValueError(1)
e.add_note("x")
e.add_note("y")
print(e.__notes__)
e.__cause__ = KeyError()
print(e.__suppress_context__, repr(e.__cause__))
class OE(OSError):
    def __init__(self, a, b, c):
        super().__init__(a, b)
t(lambda: OE(2, 'b', 3).errno)
try:
    try:
        1 / 0
    except ZeroDivisionError as x:
        raise KeyError(1) from x
except KeyError as y:
    print(repr(y.__cause__), repr(y.__context__))
try:
    raise ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2), ValueError(3)]), OSError(4)])
except* ValueError as g:
    print(repr(g))
except* (TypeError, OSError) as g:
    print(repr(g))
try:
    try:
        raise ExceptionGroup("g", [ValueError(1), KeyError(2), OSError(3)])
    except* ValueError:
        raise RuntimeError("new")
except BaseException as g:
    print(repr(g))
try:
    raise KeyboardInterrupt(1)
except* KeyboardInterrupt as g:
    print(repr(g))
