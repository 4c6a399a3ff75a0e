# Terminals.
import termios, os

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

r, w = os.pipe()
for f in (termios.tcgetattr, termios.tcdrain, termios.tcgetwinsize):
    error(f, r)
    error(f, 99999)
    error(f, "a")
    error(f, -1)
error(termios.tcflush, r, 0)
print(termios.error.__mro__)
for n in sorted(dir(termios)):
    # Speeds are numbered in more than one way.
    if isinstance(getattr(termios, n), int) and not (n[0] == 'B' and n[1:].isdigit()) and n not in ('EXTA', 'EXTB'):
        print(n, getattr(termios, n))
