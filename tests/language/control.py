def loops():
    for i in range(5):
        if i == 1:
            continue
        if i == 4:
            break
        print(i, end=" ")
    else:
        print("no break")
    for i in range(2):
        pass
    else:
        print("else", i)
    while i < 4:
        i += 1
    else:
        print("while else", i)
loops()

def tries(n):
    try:
        if n == 0:
            return "return"
        if n == 1:
            raise KeyError("k")
        if n == 2:
            1 / 0
        return "end"
    except KeyError as e:
        return "key", e.args
    except (ZeroDivisionError, TypeError):
        return "zero"
    else:
        return "else"
    finally:
        print("finally", n)
for n in range(4):
    print(tries(n))

def nested():
    for i in range(3):
        try:
            try:
                if i == 1:
                    continue
                if i == 2:
                    break
            finally:
                print("inner", i)
        finally:
            print("outer", i)
    return "done"
print(nested())

class CM:
    def __init__(self, swallow):
        self.swallow = swallow
    def __enter__(self):
        print("enter")
        return self
    def __exit__(self, t, v, tb):
        print("exit", t.__name__ if t else None)
        return self.swallow
with CM(True) as c:
    raise ValueError
try:
    with CM(False):
        raise KeyError(1)
except KeyError as e:
    print("out", e)
def with_return():
    with CM(False):
        return 5
print(with_return())

def chain():
    try:
        try:
            raise ValueError("a")
        except ValueError as e:
            raise KeyError("b") from e
    except KeyError as k:
        print(repr(k.__cause__), k.__suppress_context__)
    try:
        try:
            raise ValueError("a")
        except ValueError:
            raise TypeError("c")
    except TypeError as t:
        print(repr(t.__context__))
chain()

def match(v):
    match v:
        case 0:
            return "zero"
        case [x, y]:
            return "pair", x, y
        case [x, *rest]:
            return "list", x, rest
        case {"k": k, **rest}:
            return "map", k, rest
        case str() as s if s:
            return "str", s
        case int() | float():
            return "num"
        case _:
            return "other"
for v in (0, [1, 2], [1, 2, 3], {"k": 1, "j": 2}, "s", "", 2.5, None):
    print(match(v))
a, (b, *c), d = 1, (2, 3, 4), 5
print(a, b, c, d)
try:
    a, b = 1, 2, 3
except ValueError as e:
    print(e)
print(1 < 2 < 3, 1 < 3 < 2, not [] and {} or 7)
