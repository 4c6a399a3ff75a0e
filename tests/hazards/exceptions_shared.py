# One exception instance is raised, chained and annotated by all threads.
from race import *
import traceback
e = ValueError("shared")
def throw(k):
    try:
        raise e
    except ValueError as x:
        check(x is e and x.args == ("shared",))
def chained(k):
    try:
        try: raise KeyError(k)
        except KeyError as a: raise e from a
    except ValueError as x:
        c = x.__cause__
        check(c is None or type(c) is KeyError, "cause", c)
def text(k):
    traceback.format_exception(e)
    tb = e.__traceback__
    while tb is not None:
        tb.tb_lineno, tb.tb_frame.f_code; tb = tb.tb_next
def change(k):
    e.__traceback__ = None; e.__cause__ = None; e.__context__ = None; e.with_traceback(None)
    e.add_note("n"); e.__notes__.clear(); e.__suppress_context__ = False
race(throw, chained, text, change, allow=(AttributeError,), seconds=0.2)
