# Tables that code objects make lazily; replace(), compile and exec in all threads.
from race import *
import dis, inspect, types
def target(a, b=2, *c, d, **e):
    try: return [x + a for x in c if x]
    finally: b += 1
code = target.__code__
lines, positions = list(code.co_lines()), list(code.co_positions())
def tables(k):
    check(list(code.co_lines()) == lines and list(code.co_positions()) == positions)
    code.co_code, code.co_consts, code.co_varnames, hash(code), code == code.replace(), code.replace(co_name="x")
def compiling(k):
    ns = {}
    exec(compile(f"def f(x): return x + {k}\ny = [f(i) for i in range(5)]", "<s>", "exec"), ns)
    check(ns["y"] == [i + k for i in range(5)])
    check(eval("k * 2") == k * 2)
def look(k):
    inspect.signature(target), list(dis.get_instructions(code))[:3]
def lambdas(k):
    fs = [lambda i=i: i for i in range(10)]
    check([f() for f in fs] == list(range(10)))
    types.FunctionType(code, {})
race(tables, compiling, look, lambdas, seconds=0.3)
