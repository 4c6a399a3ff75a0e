def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    def get():
        return n
    return inc, get
inc, get = counter()
print(inc(), inc(5), get())

def make():
    fs = []
    for i in range(3):
        def f(i=i):
            return i
        fs.append(f)
        fs.append(lambda: i)
    return fs
print([f() for f in make()])

def outer():
    def inner():
        return value
    try:
        inner()
    except NameError as e:
        print(e)
    value = 3
    return inner()
print(outer())

def deep(a):
    def b():
        def c():
            nonlocal a
            a += 1
            return a
        return c
    return b
print(deep(1)()(), [x * y for x in range(3) for y in range(2)])

class A:
    z = 3
    f = [z for _ in range(2)] if False else [z]
    def m(self):
        return __class__.__name__
print(A.f, A().m())

def defaults(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, kw
print(defaults(1, c=3), defaults(1, 5, 6, 7, c=8, e=9))
for bad in (lambda: defaults(), lambda: defaults(1), lambda: defaults(1, c=1, a=2), lambda: counter(3)):
    try:
        bad()
    except TypeError as e:
        print(e)
def posonly(a, /, b):
    return a, b
print(posonly(1, b=2))
try:
    posonly(a=1, b=2)
except TypeError as e:
    print(e)
