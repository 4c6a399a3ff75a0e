def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, e)
def run(c):
    try:
        while True:
            v = c.send(None)
            print('awaited', v)
    except StopIteration as e:
        return e.value
class Aw:
    def __init__(self, v):
        self.v = v
    def __await__(self):
        x = yield self.v
        return x
async def gen():
    try:
        x = yield 1
        print('got', x)
        await Aw('w')
        yield 2
    finally:
        print('cleanup')
async def main():
    async for i in gen():
        print(i)
    g = gen()
    print(await g.asend(None))
    print(await g.asend('sent'))
    print(await g.aclose())
    try:
        await g.asend(None)
    except StopAsyncIteration:
        print('stopped')
    g = gen()
    await g.__anext__()
    try:
        await g.athrow(ValueError(3))
    except ValueError as e:
        print('thrown', e)
    print(await anext(gen(), 'default'))
    async def empty():
        return
        yield
    print(await anext(empty(), 'default'))
    print([i async for i in gen()])
run(main())
async def ignoring():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass
async def m2():
    g = ignoring()
    await anext(g)
    try:
        await g.aclose()
    except RuntimeError as e:
        print(e)
run(m2())
g = gen()
a = g.asend(None)
t(lambda: a.send(None))
t(lambda: a.send(None))
b = g.aclose()
t(lambda: b.send(None))
t(lambda: b.send(None))
print(g.ag_running, g.ag_code.co_name, g.ag_await)
