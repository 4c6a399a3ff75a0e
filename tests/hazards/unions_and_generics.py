# Types of annotations made together: unions, aliases, TypeVars, type statements evaluated lazily.
from race import *
import typing, types
type Alias[T] = list[T] | Late
def make():
    ns = {}
    exec("type A = list[B]\ntype B = int\ndef f[T: (int, str)](x: T) -> A: ...\nclass C[T]: \n  x: T", ns)
    return ns
def use(ns, k):
    f = ns["f"]
    check(ns["A"].__value__ == list[ns["B"]] and ns["B"].__value__ is int)
    check(f.__type_params__[0].__constraints__ == (int, str))
    check(set(f.__annotations__) == {"x", "return"} and set(ns["C"].__annotations__) == {"x"})
    return ns["A"].__value__.__args__[0]
rounds(60, make, use, after=lambda ns, r: check(all(x is ns["B"] for x in r)))
def unions(k):
    check(int | str | None == typing.Union[int, str, None] and list[int] == list[int] and hash(dict[str, int]) == hash(dict[str, int]))
    list[int].__parameters__, typing.Optional[int], typing.Callable[[int], str], tuple[int, ...].__args__
race(unions, seconds=0.15)
Late = int
