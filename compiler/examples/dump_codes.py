"""Prints what CPython's code objects say about variables and lines, in the form of dump_codes.rs."""
import sys

def dump(co, out):
    np = co.co_argcount + co.co_kwonlyargcount + bool(co.co_flags & 4) + bool(co.co_flags & 8)
    vars = list(co.co_varnames[:np]) + sorted(co.co_varnames[np:])
    lines = sorted({l for _, _, l in co.co_lines() if l})
    out.append("%s|%d|%x|%d %d %d|%s|%s|%s|{%s}" % (co.co_qualname, co.co_firstlineno, co.co_flags,
        co.co_argcount, co.co_posonlyargcount, co.co_kwonlyargcount, ",".join(vars), ",".join(sorted(co.co_cellvars)),
        ",".join(co.co_freevars), ", ".join(map(str, lines))))
    for c in co.co_consts:
        if hasattr(c, "co_code"):
            dump(c, out)

for path in sys.argv[1:]:
    print("#" + path)
    try:
        co = compile(open(path, "rb").read(), path, "exec", dont_inherit=True)
    except Exception as e:
        print(getattr(e, "msg", e))
        continue
    out = []
    dump(co, out)
    print("\n".join(sorted(out)))
