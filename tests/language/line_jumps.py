"""frame.f_lineno: jumps that are possible, and what is said about the others."""
import sys

class Jumper:
    def __init__(self, code, start, to):
        self.code, self.start, self.to, self.done = code, start, to, False
    def __call__(self, frame, event, arg):
        if frame.f_code is not self.code or self.done:
            return self
        if event == 'line' and frame.f_lineno == frame.f_code.co_firstlineno + self.start:
            self.done = True
            frame.f_lineno = frame.f_code.co_firstlineno + self.to
        return self

def jump(f, start, to):
    out = []
    sys.settrace(Jumper(f.__code__, start, to))
    try:
        f(out)
    except Exception as e:
        out.append(f'{type(e).__name__}: {str(e).split(" ", 2)[-1] if "line " in str(e) else e}')
    finally:
        sys.settrace(None)
    print(f.__name__, start, to, out)

def straight(out):
    out.append(1)
    out.append(2)
    out.append(3)
jump(straight, 1, 3)
jump(straight, 3, 1)
jump(straight, 2, 50)
jump(straight, 2, -1)

def loop(out):
    out.append(1)
    for i in 1, 2:
        out.append(i)
        out.append(-i)
    out.append(5)
jump(loop, 1, 3)
jump(loop, 3, 5)
jump(loop, 4, 2)

def handlers(out):
    try:
        out.append(1)
        1 / 0
        out.append(2)
    except ZeroDivisionError:
        out.append(3)
        out.append(4)
    finally:
        out.append(5)
    out.append(6)
jump(handlers, 2, 6)
jump(handlers, 2, 4)
jump(handlers, 3, 4)
jump(handlers, 6, 10)
jump(handlers, 10, 2)

def managed(out):
    class CM:
        def __enter__(self): out.append('enter')
        def __exit__(self, *a): out.append('exit')
    out.append(1)
    with CM():
        out.append(2)
        out.append(3)
    out.append(4)
jump(managed, 4, 6)
jump(managed, 6, 8)
jump(managed, 6, 7)

def generator(out):
    def g():
        out.append(1)
        yield 1
        out.append(2)
        out.append(3)
    for x in g():
        out.append('x')
jump(generator, 6, 1)

for event in 'call', 'return', 'exception':
    def tracer(frame, what, arg, event=event):
        if frame.f_code is straight.__code__ and what == event:
            frame.f_lineno = frame.f_code.co_firstlineno + 2
        return tracer
    sys.settrace(tracer)
    try:
        straight([])
        print(event, 'allowed')
    except ValueError as e:
        print(event, e)
    finally:
        sys.settrace(None)
try:
    sys._getframe().f_lineno = 1
except ValueError as e:
    print(e)
for bad in 'x', 1.5, None:
    def tracer(frame, what, arg):
        if frame.f_code is straight.__code__ and what == 'line':
            frame.f_lineno = bad
        return tracer
    sys.settrace(tracer)
    try:
        straight([])
    except ValueError as e:
        print(e)
    finally:
        sys.settrace(None)
