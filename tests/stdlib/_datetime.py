# The native datetime module (what needs no time.strftime).
import _datetime as D
from _datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
import copy
import _pickle as pickle


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(sorted(n for n in dir(D) if n[0] != "_" and n != "datetime_CAPI"), D.MINYEAR, D.MAXYEAR, UTC)
for c in (date, datetime, time, timedelta, timezone):
    print(c, c.__mro__[1:-1], c.min, c.max, getattr(c, "resolution", None), getattr(c, "utc", None), sorted(n for n in dir(c) if n[0] != "_"))

# timedelta
td = timedelta
print(td(), td(1), td(1, 2, 3), td(weeks=1, hours=-1), td(milliseconds=1.5), td(microseconds=0.5), td(microseconds=1.5), td(days=0.1), td(seconds=1e-7), td(hours=1e5), td(-1, 86399, 999999))
print(repr(td()), repr(td(1)), repr(td(0, 0, 1)), repr(td(-1, 5)), str(td(1)), str(td(-1)), str(td(2, 3661, 5)), str(td(-1, 1)))
a, b = td(1, 2, 3), td(0, 7200)
print(a + b, a - b, -a, +a, abs(-a), a * 3, 3 * a, a * 1.5, 0.1 * a, a / 2, a / 3, a / 1.5, a / b, a // b, a // 7, a % b, divmod(a, b), divmod(-a, b), bool(a), bool(td()))
print(a == td(1, 2, 3), a != b, a < b, a <= b, a > b, a >= b, a == 1, hash(a) == hash(td(1, 2, 3)), a.days, a.seconds, a.microseconds, a.total_seconds(), td(-1).total_seconds())
for f in (lambda: td("x"), lambda: td(days=10**9), lambda: td(-(10**9)), lambda: td(10**40), lambda: td(float("nan")), lambda: td(float("inf")), lambda: td.max + td(0, 0, 1), lambda: -td.max, lambda: a + 1, lambda: a / 0, lambda: a // 0, lambda: a / td(), lambda: a // td(), lambda: a % td(), lambda: divmod(a, td()), lambda: a * "x", lambda: a < 1, lambda: a / 0.0, lambda: a * float("nan"), lambda: 1 - a, lambda: a % 2, lambda: a * 10**20, lambda: setattr(a, "days", 1)):
    print(attempt(f))
print(a.__reduce__(), pickle.loads(pickle.dumps(a)) == a, copy.deepcopy(a) == a)


class TD(timedelta):
    pass


print(repr(TD(1)), type(TD(1) + TD(1)), TD(1) == td(1))

# date
d = date(2024, 2, 29)
print(d, repr(d), d.year, d.month, d.day, d.weekday(), d.isoweekday(), d.isocalendar(), repr(d.isocalendar()), d.isocalendar().week, d.toordinal(), date.fromordinal(730000), d.ctime(), d.isoformat(), d.replace(year=2020), d.__replace__(day=1), attempt(d.replace, year=2023))
print(d + td(1), d - td(60), td(5) + d, d - date(2023, 1, 1), date(2023, 1, 1) - d, d == date(2024, 2, 29), d < date(2025, 1, 1), d != 5, attempt(lambda: d < 5), hash(d) == hash(date(2024, 2, 29)))
for f in (lambda: date(0, 1, 1), lambda: date(10000, 1, 1), lambda: date(2023, 13, 1), lambda: date(2023, 2, 29), lambda: date(2023, 1, 0), lambda: date("x", 1, 1), lambda: date(1.5, 1, 1), lambda: date.max + td(1), lambda: date.min - td(1), lambda: date.fromordinal(0), lambda: date.fromordinal(10**7), lambda: d + d, lambda: d - 5, lambda: date.fromisocalendar(2020, 54, 1), lambda: date.fromisocalendar(2020, 1, 8), lambda: date.fromisocalendar(0, 1, 1), lambda: date.fromisocalendar(2021, 53, 1), lambda: date.fromtimestamp(1e20), lambda: date.fromtimestamp("x"), lambda: d.replace(foo=1)):
    print(attempt(f))
for y in range(1999, 2012):
    print(date(y, 1, 1).isocalendar()[:], date(y, 12, 31).isocalendar()[:], date.fromisocalendar(y, 1, 1), date.fromisocalendar(y, 52, 7), end=" ")
print()
for s in ("2020-01-02", "20200102", "2020-W01", "2020-W01-3", "2020W013", "2020W01", "2020-1-2", "2020-13-01", "", "2020-01-02x", "2020-0102", "202001-02", "2020-W54", "2020-W01-8", "2020W01-3", "0000-01-01", "２０２０-01-02", 5, "2020-02-30"):
    print(repr(s), attempt(date.fromisoformat, s))
assert all(date.fromordinal(n).toordinal() == n for n in range(1, 3652059, 997))
print(d.__reduce__(), pickle.loads(pickle.dumps(d)) == d, date(b"\x07\xe8\x02\x1d"), copy.copy(d) == d)


class MyDate(date):
    def __new__(cls, *a):
        self = super().__new__(cls, *a)
        self.extra = 1
        return self


m = MyDate(2020, 1, 1)
print(repr(m), type(m + td(1)), type(m.replace(day=5)), type(MyDate.fromordinal(5)), type(MyDate.fromisoformat("2020-01-01")), m == date(2020, 1, 1), pickle.loads(pickle.dumps(m)).extra)

# time
t = time(1, 2, 3, 4)
print(t, repr(t), repr(time(1)), repr(time(1, 2)), repr(time(1, 2, 3)), repr(time(1, tzinfo=UTC, fold=1)), t.isoformat("milliseconds"), [t.isoformat(x) for x in ("auto", "hours", "minutes", "seconds", "microseconds")], attempt(t.isoformat, "x"), t.replace(hour=5), t.hour, t.minute, t.second, t.microsecond, t.tzinfo, t.fold)
print(t < time(2), t == time(1, 2, 3, 4), attempt(lambda: t < 5), t == 5, hash(t) == hash(time(1, 2, 3, 4)), time(12, tzinfo=timezone(td(hours=1))) == time(11, tzinfo=UTC), attempt(lambda: time(1) < time(1, tzinfo=UTC)), time(1) == time(1, tzinfo=UTC), hash(time(12, tzinfo=timezone(td(hours=1)))) == hash(time(11, tzinfo=UTC)), bool(time(0)))
for f in (lambda: time(24), lambda: time(0, 60), lambda: time(0, 0, 60), lambda: time(0, 0, 0, 10**6), lambda: time(fold=2), lambda: time(tzinfo=5), lambda: time("x"), lambda: time(-1), lambda: t + td(1)):
    print(attempt(f))
for s in ("01", "01:02", "0102", "01:02:03", "010203", "01:02:03.1", "01:02:03,123456", "01:02:03.1234567", "T01:02", "01:02Z", "01:02+01", "01:02+01:30", "01:02-0130", "01:02+01:02:03.5", "24:00", "24:01", "25:00", "1:02", "01:0203", "0102:03", "01:02:", "01:02+24:00", "", "x", 5, "01:02:03.", "12:30:45.123456-00:00", "01:60"):
    print(repr(s), attempt(time.fromisoformat, s))
print(t.__reduce_ex__(4), time(1, fold=1).__reduce_ex__(4), time(1, fold=1).__reduce_ex__(2), pickle.loads(pickle.dumps(time(1, fold=1, tzinfo=UTC))), t.utcoffset(), t.dst(), t.tzname(), time(1, tzinfo=UTC).tzname())

# timezone
z = timezone(td(hours=-5, minutes=-30))
print(z, repr(z), repr(UTC), str(UTC), timezone(td(0)) is UTC, repr(timezone(td(0), "X")), timezone(td(hours=1), "N"), z == timezone(td(hours=-5, minutes=-30)), z != UTC, hash(z) == hash(timezone(td(hours=-5, minutes=-30))), z.utcoffset(None), z.tzname(None), z.dst(None), timezone(td(seconds=3723)), timezone(td(microseconds=1)), z == 5)
for f in (lambda: timezone(5), lambda: timezone(td(days=1)), lambda: timezone(td(1), 5), lambda: timezone(), lambda: timezone(td(hours=1), None), lambda: z.utcoffset(5), lambda: z.tzname("x"), lambda: z.fromutc(5), lambda: z.fromutc(datetime(2020, 1, 1)), lambda: tzinfo().utcoffset(None), lambda: tzinfo().tzname(None), lambda: tzinfo().dst(None), lambda: tzinfo().fromutc(None), lambda: z < UTC):
    print(attempt(f))
print(z.__getinitargs__(), pickle.loads(pickle.dumps(z)) == z, copy.deepcopy(UTC) is UTC, z.__reduce__())

# datetime
dt = datetime(2024, 3, 10, 1, 2, 3, 456789)
print(dt, repr(dt), repr(datetime(2024, 1, 1)), repr(datetime(2024, 1, 1, 1, 1, 1)), repr(datetime(2024, 1, 1, fold=1, tzinfo=UTC)), dt.date(), dt.time(), dt.replace(tzinfo=UTC).timetz(), dt.isoformat(" "), dt.isoformat(timespec="minutes"), dt.replace(tzinfo=z).isoformat(), str(dt.replace(tzinfo=z)), dt.ctime(), dt.toordinal(), dt.weekday(), dt.isocalendar()[:], dt.fold)
print(dt + td(1), dt - td(hours=5), td(1) + dt, dt - datetime(2024, 1, 1), dt == datetime(2024, 3, 10, 1, 2, 3, 456789), dt < datetime(2025, 1, 1), dt == date(2024, 3, 10), attempt(lambda: dt < date(2024, 3, 10)), attempt(lambda: dt - date(2024, 3, 10)), attempt(lambda: dt < 5), hash(dt) == hash(dt.replace()))
u = dt.replace(tzinfo=UTC)
w = u.astimezone(z)
print(w, w == u, hash(w) == hash(u), w - u, u < w, attempt(lambda: dt < u), attempt(lambda: dt - u), dt == u, u.timestamp(), w.timestamp(), u.utcoffset(), u.dst(), u.tzname(), w.tzname(), u.astimezone(UTC) is u, attempt(u.astimezone, 5))
print(datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(1700000000.123456, UTC), datetime.fromtimestamp(-1.5, z), datetime.fromtimestamp(1e9, tz=UTC), datetime.combine(date(2020, 1, 2), time(3, 4)), datetime.combine(date(2020, 1, 2), time(3, 4), UTC), datetime.fromtimestamp(0.0000005, UTC), datetime.fromtimestamp(0.0000015, UTC), datetime.fromtimestamp(0.9999999, UTC))
n = datetime.now()
print(type(n), n.tzinfo, abs((datetime.now(UTC) - datetime.now(z)).total_seconds()) < 5, datetime.now(UTC).tzinfo, type(datetime.today()), abs(n.timestamp() - datetime.now(UTC).timestamp()) < 5, type(date.today()), n.astimezone().utcoffset() == datetime.fromtimestamp(n.timestamp()).astimezone().utcoffset())
for f in (lambda: datetime(2024, 1, 1, 24), lambda: datetime(2024, 1, 32), lambda: datetime(2024, 1, 1, tzinfo=5), lambda: datetime.max + td(0, 0, 1), lambda: datetime.min - td(1), lambda: datetime.fromtimestamp(1e30), lambda: datetime.fromtimestamp(float("nan")), lambda: datetime.fromtimestamp("x"), lambda: datetime.fromtimestamp(10**12, UTC), lambda: datetime.combine(1, 2), lambda: datetime.combine(date(1, 1, 1), 2), lambda: dt.isoformat("ab"), lambda: dt.isoformat(5), lambda: dt.isoformat("T", "x"), lambda: dt.replace(month=13), lambda: dt + 5, lambda: dt + dt, lambda: datetime.now(5), lambda: dt.astimezone("x"), lambda: datetime(2020, 1, 1, fold=3)):
    print(attempt(f))
for s in ("2020-01-02", "2020-01-02T03:04", "2020-01-02 03:04:05.678", "20200102T030405Z", "2020-W01-1T10", "2020W011T10", "2020-01-02T24:00", "2020-12-31T24:00:00", "2020-01-02T24:00:01", "2020-01-02T", "2020-01-02T1", "2020-01-02é03:04", "2020-01-02T03:04+05:30", "2020-01-02T03:04:05-00:00", "x", "", 5, "2020-01-0203:04", "2020-W53-1T10", "2020-W011T10", "9999-12-31T24:00", "2020-01-02T03:04:05.123456789", "2020-01-02T25:00"):
    print(repr(s), attempt(datetime.fromisoformat, s))


class Eastern(tzinfo):
    def utcoffset(self, dt):
        return td(hours=-5) + self.dst(dt)

    def dst(self, dt):
        return td(hours=1) if dt is not None and 3 < dt.month < 11 else td(0)

    def tzname(self, dt):
        return "EDT" if self.dst(dt) else "EST"

    def __repr__(self):
        return "E"


e = Eastern()
x = datetime(2024, 7, 1, 12, tzinfo=e)
print(x, repr(x), x.utcoffset(), x.dst(), x.tzname(), x.astimezone(UTC), UTC.fromutc(x.astimezone(UTC)), datetime(2024, 7, 1, 16, tzinfo=UTC).astimezone(e), x - datetime(2024, 1, 1, 12, tzinfo=e), x == datetime(2024, 7, 1, 16, tzinfo=UTC), time(1, tzinfo=e), datetime.fromtimestamp(0, e))


class BadZone(tzinfo):
    def __init__(self, v):
        self.v = v

    def utcoffset(self, dt):
        return self.v

    def tzname(self, dt):
        return self.v

    dst = utcoffset


for v in (5, td(1), td(-1), "x", None):
    y = datetime(2020, 1, 1, tzinfo=BadZone(v))
    print(attempt(y.utcoffset), attempt(y.tzname), attempt(y.dst), attempt(str, y), attempt(y.astimezone, UTC) if v is not None else None, attempt(BadZone(v).fromutc, y) if v is not None else None)
print(dt.__reduce_ex__(4), datetime(2020, 1, 1, fold=1, tzinfo=UTC).__reduce_ex__(4)[1][0], datetime(2020, 1, 1, fold=1).__reduce_ex__(2), [pickle.loads(pickle.dumps(u, p)) == u for p in range(6)], copy.deepcopy(w) == w, datetime(b"\x07\xe8\x83\n\x01\x02\x03\x06\xf8U"))


class DT(datetime):
    pass


q = DT(2020, 1, 1, tzinfo=UTC)
print(repr(q), type(q + td(1)), type(q.replace(year=2021)), type(q.astimezone(z)), type(DT.now()), type(DT.fromtimestamp(0, UTC)), type(DT.fromisoformat("2020-01-01")), type(DT.combine(date(1, 1, 1), time())), type(q - q), type(q.date()), isinstance(q, date), q == datetime(2020, 1, 1, tzinfo=UTC))
