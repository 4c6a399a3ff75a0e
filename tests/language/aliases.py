import types, typing
def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, e)
T = typing.TypeVar('T')
U = int | str
for n in ['__name__', '__qualname__', '__module__', '__origin__', '__args__', '__parameters__', 'foo']:
    t(lambda: getattr(U, n))
t(lambda: typing.Union)
t(lambda: types.UnionType is typing.Union)
t(lambda: typing.Union[()])
t(lambda: typing.Union[int])
t(lambda: typing.Union[int, str, int, None])
t(lambda: int | 'x')
t(lambda: int | 3)
t(lambda: isinstance(3, int | list[int]))
t(lambda: isinstance('a', int | list[int]))
t(lambda: issubclass(int, int | str))
t(lambda: issubclass(3, int | str))
t(lambda: typing.Union())
t(lambda: hash(int | str) == hash(str | int))
t(lambda: (int | str) == (str | int))
t(lambda: (int | list[T])[str])
t(lambda: int | None | int)
t(lambda: list[int][int])
t(lambda: isinstance([], list[int]))
t(lambda: issubclass(list, list[int]))
t(lambda: types.GenericAlias(list))
t(lambda: types.GenericAlias(list, ()))
t(lambda: list[int, ...])
t(lambda: list[int].foo)
t(lambda: next(iter(tuple[int])))
t(lambda: list[int].__name__)
t(lambda: list[int].__reduce__())
t(lambda: list[int] == list[int])
t(lambda: hash(list[int]) == hash(list[int]))
t(lambda: list[int]((1, 2)))
t(lambda: dict[T, list[T]][int])
t(lambda: dict[T, list[T]].__parameters__)
t(lambda: dict[T, int][str, str])
t(lambda: list[int].__origin__)
class L(list[int]):
    pass
print(L.__mro__, L.__orig_bases__)
def bad():
    class C(int | str):
        pass
t(bad)
t(lambda: types.SimpleNamespace(1))
t(lambda: types.SimpleNamespace({1: 2}))
t(lambda: types.SimpleNamespace(1, 2))
t(lambda: types.SimpleNamespace({'a': 2}, b=3))
n = types.SimpleNamespace(a=1)
n.self = n
print(n, n == types.SimpleNamespace(a=1), types.SimpleNamespace(a=1) == types.SimpleNamespace(a=1))
t(lambda: n.__replace__(a=3).a)
class A:
    def f(self):
        return 'A.f'
class B(A):
    def f(self):
        return super().f() + 'B'
    @classmethod
    def c(cls):
        return super().__repr__
    def g(self):
        return super()
print(B().f(), B().g().__thisclass__, B().g().__self_class__)
t(lambda: super(B, 3))
t(lambda: super(B, A()))
t(lambda: super(B, B()).foo)
t(lambda: super(B))
t(lambda: super(B, B))
t(lambda: super(3))
t(lambda: super(B, B(), 3))
t(lambda: super(a=3))
t(lambda: super())
t(lambda: super(B).foo)
