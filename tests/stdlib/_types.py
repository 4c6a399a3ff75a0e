# Names of builtin types.
import _types
import types

for n in sorted(n for n in dir(_types) if not n.startswith("__")):
    print(n, getattr(_types, n), getattr(types, n) is getattr(_types, n))
