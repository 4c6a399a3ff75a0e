# Clocks, dates, time zones.
import time, posix

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "EST5EDT,M3.2.0,M11.1.0", "Australia/Sydney"):
    posix.putenv("TZ", zone)
    time.tzset()
    print(zone, time.tzname, time.timezone, time.altzone, time.daylight)
    for t in (0, 1e9, 1751364000, -1.5, 4102444800):
        l = time.localtime(t)
        print(l, l.tm_zone, l.tm_gmtoff)
        print(time.mktime(l), time.asctime(l), time.ctime(t), time.strftime("%Y-%m-%d %H:%M:%S %Z %z %a %A %b %B %j %U %W %w %y %x %X %p %I %c %%", l))
posix.putenv("TZ", "UTC")
time.tzset()
g = time.gmtime(1e9)
print(g, g.tm_zone, g.tm_gmtoff, g[0], len(g), g == tuple(g), g.__reduce__())
print(time.struct_time(range(9)), time.struct_time(range(11)).tm_gmtoff, time.struct_time(range(9)).tm_zone)
print(time.struct_time.n_fields, time.struct_time.n_sequence_fields, time.struct_time.__match_args__)
error(time.struct_time, (1, 2))
error(time.struct_time, range(12))
error(time.struct_time, 5)
error(time.struct_time)
error(time.struct_time, range(9), 5)
print(time.struct_time(range(9), {"tm_zone": "X"}).tm_zone)
error(time.struct_time, range(9), {"y": 1})
error(g.__replace__, foo=1)
print(g.__replace__(tm_year=1999, tm_zone="Q").tm_zone)
for t in ((2000, 13, 1, 0, 0, 0, 0, 1, 0), (2000, 0, 0, 0, 0, 0, 0, 0, 0), (2000, 1, 32, 0, 0, 0, 0, 1, 0), (2000, 1, 1, 24, 0, 0, 0, 1, 0),
          (2000, 1, 1, 0, 60, 0, 0, 1, 0), (2000, 1, 1, 0, 0, 62, 0, 1, 0), (2000, 1, 1, 0, 0, 0, -2, 1, 0), (2000, 1, 1, 0, 0, 0, 0, 367, 0),
          (2000, 1, 1, 0, 0, 0, 0, 1, -3), (2000, 1, 1, 0, 0, 61, 0, 366, 5), (1, 2), 5, (2000, 1, "a", 0, 0, 0, 0, 1, 0), (99999, 1, 1, 0, 0, 0, 0, 1, 0),
          (10**10, 1, 1, 0, 0, 0, 0, 1, 0)):
    error(time.asctime, t)
    error(time.strftime, "%Y %m %d %H %M %S %w %j", t)
    error(time.mktime, t)
error(time.strftime, 5)
error(time.strftime, "%")
error(time.strftime, "a\0b", g)
print(ascii(time.strftime("\xe9%Y\ud800\u4e2d%m", g)), repr(time.strftime("", g)))
for v in ("a", float("nan"), 1e300, 10**30, float("inf")):
    error(time.gmtime, v)
    error(time.sleep, v)
error(time.sleep, -1)
for c in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    print(time.get_clock_info(c))
error(time.get_clock_info, "x")
error(time.get_clock_info, 1)
error(time.clock_gettime, 99)
error(time.clock_settime, 99, 0)
error(time.clock_settime_ns, 99, 0)
error(time.clock_getres, 99)
print(time.clock_getres(time.CLOCK_MONOTONIC))
print(abs(time.time() - time.time_ns() / 1e9) < 1, abs(time.clock_gettime(time.CLOCK_REALTIME) - time.time()) < 1, time.clock_gettime_ns(0) > 10**18)
a, b = time.monotonic_ns(), time.monotonic_ns()
print(a <= b, time.perf_counter() > 0, time.process_time() >= 0, time.thread_time_ns() >= 0)
t = time.monotonic()
time.sleep(0.02)
time.sleep(0)
print(time.monotonic() - t >= 0.02)
print(sorted(n for n in dir(time) if not n.startswith("__")))
