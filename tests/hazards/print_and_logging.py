# print and logging from all threads: lines stay whole.
from race import *
import io, logging, sys
out, logged = io.StringIO(), io.StringIO()
log = logging.getLogger("hazard"); log.propagate = False; log.setLevel(10)
handler = logging.StreamHandler(logged); handler.setFormatter(logging.Formatter("%(threadName)s|%(message)s")); log.addHandler(handler)
def printing(k):
    out.write(f"<{k}>\n")
    print(end="", file=out)
def logs(k):
    log.info("<%d>", k); log.getChild(str(k)).debug("<%d>", k)
def configure(k):
    h = logging.NullHandler(); log.addHandler(h); log.removeHandler(h); logging.getLogger(f"n{k}"); log.isEnabledFor(10)
race(printing, logs, configure, logs)
for text in (out.getvalue(), logged.getvalue()):
    for line in text.splitlines():
        check(line[-3] == "<" and line[-1] == ">", "torn line", line)
