# Context variables: each thread has its own context; a shared Context runs in one thread at a time; copies are snapshots.
from race import *
import contextvars
var = contextvars.ContextVar("var", default=0)
other = [contextvars.ContextVar(f"v{i}") for i in range(40)]
shared = contextvars.copy_context()
def own(k):
    t = var.set(k)
    for v in other: v.set((v.name, k))
    check(var.get() == k and all(v.get() == (v.name, k) for v in other), "another thread's value")
    c = contextvars.copy_context()
    check(c.run(var.get) == k and c[var] == k and len(c) >= 41)
    var.reset(t)
def together(k):
    def inside():
        var.set(k); check(var.get() == k)
        for v in other[:5]: v.set(k)
    try: shared.run(inside)
    except RuntimeError as e: check("already entered" in str(e), str(e))
def look(k):
    for v, x in shared.items(): v.name, x
    shared.get(var), list(shared), shared.copy(), len(shared), other[0] in shared
race(own, together, look, together)
