def g(n):
    for i in range(n):
        r = yield i
        if r:
            print("got", r)
    return "ret"
it = g(3)
print(next(it), it.send("x"), next(it))
try:
    next(it)
except StopIteration as e:
    print("stop", e.value)
print(list(g(4)), sum(g(5)), [x for x in g(3) if x])

def outer():
    r = yield from g(2)
    print("inner returned", r)
    yield "end"
print(list(outer()))

def thrower():
    while True:
        try:
            yield 1
        except ValueError as e:
            print("caught", e)
            yield 2
t = thrower()
next(t)
print(t.throw(ValueError("v")))
t.close()
try:
    next(t)
except StopIteration:
    print("closed")

def bad():
    yield 1
    raise StopIteration
try:
    list(bad())
except RuntimeError as e:
    print(e, repr(e.__cause__))
x = (i * i for i in range(4))
print(next(x), list(x), list(x))

def self_running():
    yield next(me)
me = self_running()
try:
    next(me)
except ValueError as e:
    print(e)

def fin():
    try:
        yield 1
    finally:
        print("cleanup")
for v in fin():
    break
print("after break")
async def co(x):
    return x + 1
async def main():
    a = await co(1)
    b = await co(a)
    return a, b
c = main()
try:
    c.send(None)
except StopIteration as e:
    print(e.value)
class Aw:
    def __await__(self):
        v = yield "suspended"
        return v
async def waiter():
    return await Aw()
w = waiter()
print(w.send(None))
try:
    w.send(42)
except StopIteration as e:
    print(e.value)
def fib(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, a + b
print(list(fib(15)))
