ns = {}
exec("x = 1\ndef f(): return x + 1\nclass K: pass", ns)
print(ns["x"], ns["f"](), ns["K"].__name__)
print(eval("1 + 2 * a", {"a": 4}), eval("[i for i in range(3)]"))
code = compile("a + b", "<t>", "eval")
print(eval(code, {"a": 1, "b": 2}), code.co_name, code.co_filename)
for bad in ("1 +", "def f(:", "x = = 2", "return 1", "break", "for", "'abc", "(1, 2", "a b"):
    try:
        compile(bad, "<t>", "exec")
    except SyntaxError as e:
        print(type(e).__name__, e.msg, e.lineno, e.offset)
deep = "(" * 100000
try:
    compile(deep, "<t>", "exec")
except (SyntaxError, MemoryError, RecursionError) as e:
    print(type(e).__name__)
