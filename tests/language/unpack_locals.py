# Unpacking into locals that lie side by side: the source may be one of them, old values die, failures change nothing.
class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


def of_itself():
    a = (1, [2])
    a, b = a
    print(a, b)
    c = [3, (4,)]
    c, d = c
    print(c, d)
    e, f = "xy"
    print(e, f)
    g, h, i = range(3)
    print(g, h, i)
    j = k = 0
    k, l = (k, j), k
    print(j, k, l)


def olds():
    x = Noisy("x")
    y = Noisy("y")
    x, y = (1, 2)
    print("then", x, y)
    x, y = [Noisy("p"), Noisy("q")]
    print("held", x.name, y.name)
    t = (Noisy("r"), 5)
    x, y = t
    del t
    print("again", x.name, y)


def failing():
    a, b = 1, 2
    for source in (3,), (3, 4, 5), [3], [3, 4, 5], "z", 7, iter("abc"), {}, {1: 2, 3: 4, 5: 6}:
        try:
            a, b = source
        except (ValueError, TypeError) as e:
            print(type(e).__name__, e, a, b)
    a, b = {1: 2, 3: 4}
    print(a, b)


def loops():
    total = 0
    for i, (x, y) in enumerate([(1, 2), [3, 4], (5, 6)]):
        total += i * x + y
    print(total, i, x, y, [p + q for p, q in zip(range(3), range(3))], {k: v for k, v in {1: 2}.items()})


def generator():
    a, b = yield 1
    a, b = yield a, b
    yield a, b


def wide():
    n0 = n1 = 0
    names = [f"v{i}" for i in range(300)]
    body = ", ".join(names)
    space = {}
    exec(f"def f(s):\n    {body} = s\n    return v0 + v299 + v255 + v256", space)
    print(space["f"](range(300)), space["f"](tuple(range(300))), space["f"](list(range(300))))


def many():
    a, b, c, d, e, f, g, h, i, j = list("abcdefghij")
    print(a, b, c, d, e, f, g, h, i, j)
    a, b, c, d, e, f, g, h = list("ABCDEFGH")
    print(a, b, c, d, e, f, g, h, i, j)


of_itself()
olds()
failing()
loops()
g = generator()
print(next(g), g.send((2, [3])), g.send([4, g.__name__]))
wide()
many()
