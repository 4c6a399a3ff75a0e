# sys.monitoring tools come and go, with global and local events, while others run the code.
from race import *
import sys
m = sys.monitoring
E = m.events
def target(n):
    t = 0
    for i in range(n):
        if i & 1: t += i
    return t
def run(k): check(target(20) == 100)
def gen(k):
    check(list(i for i in range(10) if i) == list(range(1, 10)))
def tool(number, events):
    def f(k):
        try: m.use_tool_id(number, "t")
        except ValueError: return
        m.register_callback(number, E.LINE, lambda c, l: check(l > 0)); m.register_callback(number, E.PY_START, lambda c, o: m.DISABLE if k & 1 else None)
        m.register_callback(number, E.INSTRUCTION, lambda c, o: None); m.register_callback(number, E.BRANCH_LEFT, lambda c, a, b: m.DISABLE)
        m.set_events(number, events)
        target(5)
        m.set_local_events(number, target.__code__, E.LINE | E.INSTRUCTION)
        target(5)
        m.restart_events()
        m.set_local_events(number, target.__code__, 0); m.set_events(number, 0)
        m.free_tool_id(number)
    return f
race(run, tool(1, E.LINE), run, tool(2, E.PY_START | E.PY_RETURN | E.CALL), gen, tool(3, E.BRANCH_LEFT | E.JUMP), run, tool(4, E.INSTRUCTION))
