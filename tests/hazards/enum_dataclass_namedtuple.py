# Enums, dataclasses, named tuples and TypedDicts are made and used in all threads.
from race import *
import enum, dataclasses, collections, typing
class Color(enum.Enum):
    RED = 1
    BLUE = 2
class Perm(enum.Flag):
    R = enum.auto(); W = enum.auto(); X = enum.auto()
def enums(k):
    check(Color(1) is Color.RED and Color["BLUE"] is Color.BLUE and [*Color] == [Color.RED, Color.BLUE])
    check((Perm.R | Perm.W) is (Perm.W | Perm.R), "two objects for one flag")
    E = enum.Enum("E", {f"m{i}": i for i in range(4)})
    check(E.m2.value == 2 and E(3) is E.m3)
def datas(k):
    @dataclasses.dataclass(order=True, frozen=bool(k & 1))
    class D:
        x: int
        y: list = dataclasses.field(default_factory=list)
    check(D(k).x == k and D(1) < D(2) and repr(D(1)).endswith("D(x=1, y=[])") and dataclasses.replace(D(1), x=5).x == 5)
def tuples(k):
    T = collections.namedtuple("T", "a b c")
    check(T(1, 2, 3)._replace(b=k) == (1, k, 3) and T._make([1, 2, 3]).c == 3)
    class N(typing.NamedTuple):
        a: int
        b: str = "b"
    check(N(k) == (k, "b"))
def generic(k):
    T = typing.TypeVar("T")
    class G(typing.Generic[T]): pass
    check(G[int] == G[int] and typing.List[int] == typing.List[int] and (int | str) == (str | int) and typing.get_type_hints(datas) == {})
race(enums, datas, tuples, generic, seconds=0.5)
