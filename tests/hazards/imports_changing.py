# reload, deletion from sys.modules, failing imports, import hooks and lazily imported names.
from race import *
import sys, importlib, types
import colorsys
def reload(k):
    importlib.reload(colorsys)
def use(k):
    import colorsys as c
    check(c.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0))
def remove(k):
    sys.modules.pop("colorsys", None)
    import colorsys
    colorsys.rgb_to_hls
def failing(k):
    try:
        import no_such_module_at_all
        check(False)
    except ModuleNotFoundError: pass
    importlib.invalidate_caches(); importlib.util.find_spec("colorsys")
class Finder:
    def find_spec(self, name, path=None, target=None): return None
def hooks(k):
    f = Finder(); sys.meta_path.append(f)
    try: sys.meta_path.remove(f)
    except ValueError: pass
    m = types.ModuleType("made"); sys.modules[f"made{k}"] = m
    check(importlib.import_module(f"made{k}") is m); del sys.modules[f"made{k}"]
race(reload, use, remove, failing, hooks, use, use, use, allow=(ImportError, KeyError, RuntimeError, AttributeError))
