# One new module is imported by all threads at once: its body runs once, everybody sees it whole; circular imports do not deadlock.
from race import *
import sys, os, tempfile, importlib, shutil
folder = tempfile.mkdtemp()
sys.path.insert(0, folder)
sys.dont_write_bytecode = True
def put(name, text):
    with open(os.path.join(folder, name + ".py"), "w") as f: f.write(text)
N = 12
for i in range(N):
    put(f"once{i}", "import builtins\nbuiltins.bodies = getattr(builtins, 'bodies', ())\nbuiltins.bodies += (__name__,)\nimport time\ntime.sleep(0.002)\nx = 1\ndef f(): return x\n")
    put(f"left{i}", f"import right{i}\nname = 'left'\ndef other(): return right{i}.name\n")
    put(f"right{i}", f"import left{i}\nname = 'right'\ndef other(): return left{i}.name\n")
count = iter(range(100))
def use(i, k):
    m = importlib.import_module(f"once{i}")
    check(m.f() == 1, "half a module")
    try:
        a = importlib.import_module(f"left{i}" if k & 1 else f"right{i}")
    except RuntimeError as e:
        # Two threads came from the two sides, and one met the other's module just before it was entered in sys.modules.
        check("deadlock detected" in str(e), e)
        return "deadlock"
    check(a.name in ("left", "right"))
    import json.decoder, email.message, xml.dom.minidom
def after(i, results):
    import builtins
    for name in (f"left{i}", f"right{i}") if "deadlock" not in results else ():
        check(sys.modules[name].other() in ("left", "right"))
    check(builtins.bodies.count(f"once{i}") == 1, "the body ran", builtins.bodies.count(f"once{i}"))
try: rounds(N, lambda: next(count), use, after=after)
finally: shutil.rmtree(folder)
