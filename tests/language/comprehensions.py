x = "outer"
print([x for x in range(3)], x)
print({k: v for k, v in zip("abc", range(3))}, {c for c in "aab"} == {"a", "b"})
print([[i * j for j in range(3)] for i in range(3)])
print([(a, b) for a in range(3) if a for b in range(a)])
def f():
    y = 2
    return [y * i for i in range(3)], [lambda: i for i in range(3)][0]()
print(f())
class C:
    a = [1, 2]
    b = [i for i in a]
print(C.b)
print(any(i > 2 for i in range(4)), [y := 5, y + 1], [last := i for i in range(3)], last)
print(list(map(lambda v: v + 1, filter(None, [0, 1, 2]))), list(enumerate("ab", 1)))
print([*range(2), *"ab"], {**{"a": 1}, "b": 2}, (*[1], 2))
d = {"a": 1}
d |= {"b": 2}
print(d, dict(a=1, **{"b": 2}), list(reversed([1, 2, 3])))
