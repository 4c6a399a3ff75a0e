"""Prints CPython's trees in the form of dump_tree.rs."""
import sys
import ast, struct, sys

NO_POS = (ast.arguments, ast.withitem, ast.match_case, ast.comprehension)
DROP = {"type_comment", "type_ignores"}

def bits(x):
    return "%016x" % struct.unpack("<Q", struct.pack("<d", x))[0]

def const(v):
    if isinstance(v, str):
        return "s" + v.encode("utf-8", "surrogatepass").hex() + ";"
    if isinstance(v, bytes):
        return "b" + v.hex() + ";"
    if isinstance(v, float):
        return "f" + bits(v) + ";"
    if isinstance(v, complex):
        return "c" + bits(v.real) + "," + bits(v.imag) + ";"
    return str(v) + ";"

def dump(n, out, parent=None, field=None):
    if isinstance(n, list):
        out.append("[")
        for x in n:
            dump(x, out, parent, field)
            out.append(",")
        out.append("]")
    elif isinstance(n, (ast.operator, ast.boolop, ast.unaryop, ast.cmpop, ast.expr_context)):
        out.append(type(n).__name__ + ";")
    elif isinstance(n, ast.AST):
        out.append(type(n).__name__)
        if not isinstance(n, NO_POS):
            out.append("@%d:%d-%d:%d" % (n.lineno, n.col_offset, n.end_lineno, n.end_col_offset))
        out.append("(")
        for f in n._fields:
            if f in DROP:
                continue
            dump(getattr(n, f, None), out, n, f)
        out.append(")")
    elif isinstance(parent, ast.Constant) and field == "value" or isinstance(parent, ast.MatchSingleton):
        out.append(const(n))
    elif isinstance(parent, ast.Interpolation) and field == "str":
        out.append(const(n))
    else:
        out.append(str(n) + ";")

for path in sys.argv[1:]:
    print("#" + path)
    try:
        src = open(path, "rb").read()
        tree = ast.parse(src)
    except Exception as e:
        print(e)
        continue
    out = ["["]
    for s in tree.body:
        dump(s, out)
        out.append("\n,")
    out.append("]")
    print("".join(out))
