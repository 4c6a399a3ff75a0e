"""Profiling with little overhead: the interface of the profile module over the native collector in _lsprof."""

__all__ = ["run", "runctx", "Profile"]

import _lsprof
import importlib
import importlib.machinery
import importlib.util
import io
import profile as _pyprofile
import types


def run(statement, filename=None, sort=-1):
    """Runs a statement under the profiler; prints the report, or saves the data in a file."""
    return _pyprofile._Utils(Profile).run(statement, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1):
    """As run(), with namespaces for the statement."""
    return _pyprofile._Utils(Profile).runctx(statement, globals, locals, filename, sort)


def label(code):
    """How pstats names a code object, or the text that stands for a native function."""
    if isinstance(code, str):
        return ("~", 0, code)
    return (code.co_filename, code.co_firstlineno, code.co_name)


class Profile(_lsprof.Profiler):
    """Profile(timer=None, timeunit=0.0, subcalls=True, builtins=True)

    Collects how often and how long functions run. A timer is a function that gives the time; if it gives ints, timeunit is the
    length of one of its units in seconds.
    """

    def print_stats(self, sort=-1):
        """Prints a report."""
        import pstats
        if not isinstance(sort, tuple):
            sort = (sort,)
        pstats.Stats(self).strip_dirs().sort_stats(*sort).print_stats()

    def dump_stats(self, file):
        """Saves the data for pstats."""
        import marshal
        self.create_stats()
        with open(file, "wb") as out:
            marshal.dump(self.stats, out)

    def create_stats(self):
        """Stops collecting and makes the table that pstats reads."""
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        """Makes the table from what has been collected so far."""
        table = {}
        callers_of = {}
        entries = self.getstats()
        for entry in entries:
            callers = callers_of.setdefault(_key(entry.code), {})
            name = label(entry.code)
            primitive = entry.callcount - entry.reccallcount
            if name in table:
                # Several code objects can have one name.
                cc, nc, tt, ct, callers = table[name]
                table[name] = (cc + primitive, nc + entry.callcount, tt + entry.inlinetime, ct + entry.totaltime, callers)
                callers_of[_key(entry.code)] = callers
            else:
                table[name] = (primitive, entry.callcount, entry.inlinetime, entry.totaltime, callers)
        for entry in entries:
            name = label(entry.code)
            for sub in entry.calls or ():
                callers = callers_of.get(_key(sub.code))
                if callers is None:
                    continue
                primitive = sub.callcount - sub.reccallcount
                now = (sub.callcount, primitive, sub.inlinetime, sub.totaltime)
                before = callers.get(name)
                if before is not None:
                    now = tuple(a + b for a, b in zip(now, before))
                callers[name] = now
        self.stats = table

    def run(self, cmd):
        """Profiles a statement in the main module's namespace."""
        import __main__
        namespace = __main__.__dict__
        return self.runctx(cmd, namespace, namespace)

    def runctx(self, cmd, globals, locals):
        """Profiles a statement in the given namespaces."""
        self.enable()
        try:
            exec(cmd, globals, locals)
        finally:
            self.disable()
        return self

    def runcall(self, func, /, *args, **kw):
        """Profiles one call, and gives back what it returns."""
        self.enable()
        try:
            return func(*args, **kw)
        finally:
            self.disable()

    def __enter__(self):
        self.enable()
        return self

    def __exit__(self, *exc_info):
        self.disable()


def _key(code):
    return code if isinstance(code, str) else id(code)


def main():
    import os
    import pstats
    import sys
    from optparse import OptionParser

    usage = "cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ..."
    parser = OptionParser(usage=usage)
    parser.allow_interspersed_args = False
    parser.add_option("-o", "--outfile", dest="outfile", default=None, help="Save stats to <outfile>")
    parser.add_option("-s", "--sort", dest="sort", default=2, choices=sorted(pstats.Stats.sort_arg_dict_default),
                      help="Sort order when printing to stdout, based on pstats.Stats class")
    parser.add_option("-m", dest="module", action="store_true", default=False, help="Profile a library module")
    if not sys.argv[1:]:
        parser.print_usage()
        sys.exit(2)
    options, args = parser.parse_args()
    sys.argv[:] = args
    # The script may change its directory.
    if options.outfile is not None:
        options.outfile = os.path.abspath(options.outfile)
    if not args:
        parser.print_usage()
        return parser
    if options.module:
        code = "run_module(modname, run_name='__main__')"
        namespace = {"run_module": importlib.import_module("runpy").run_module, "modname": args[0]}
        module = types.ModuleType("__main__")
        module.__dict__.update(namespace)
        namespace = module.__dict__
    else:
        program = args[0]
        sys.path.insert(0, os.path.dirname(program))
        with io.open_code(program) as source:
            code = compile(source.read(), program, "exec")
        spec = importlib.machinery.ModuleSpec(name="__main__", loader=None, origin=program)
        module = importlib.util.module_from_spec(spec)
        # What the program pickles must find its classes in __main__.
        sys.modules["__main__"] = module
        namespace = module.__dict__
        namespace.update({"__spec__": spec, "__file__": program, "__name__": "__main__", "__package__": None, "__cached__": None})
    try:
        runctx(code, namespace, None, options.outfile, options.sort)
    except BrokenPipeError as exc:
        # Nobody reads the report: no message at exit either.
        sys.stdout = None
        sys.exit(exc.errno)
    return parser


if __name__ == "__main__":
    main()
