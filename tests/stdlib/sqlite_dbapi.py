"""sqlite3: the DB-API, types, transactions, rows, blobs, callbacks and errors."""

import datetime
import sqlite3
import threading
import warnings

warnings.simplefilter('ignore', DeprecationWarning)


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e, getattr(e, 'sqlite_errorname', ''))


con = sqlite3.connect(':memory:')
cur = con.cursor()
cur.execute('create table t(id integer primary key, n real, s text, b blob)')
print(cur.execute('insert into t(n, s, b) values (?, ?, ?)', (1.5, 'h\xe9', b'\0\1')).lastrowid, cur.rowcount, con.in_transaction)
cur.executemany('insert into t(n, s) values (:n, :s)', [{'n': i, 's': str(i)} for i in range(5)])
print(cur.rowcount, con.total_changes, cur.description)
con.commit()
print(con.in_transaction, con.isolation_level, con.autocommit)
cur.execute('select * from t order by id')
print(cur.description, cur.fetchone(), cur.fetchmany(2), cur.fetchmany(size=1), cur.fetchall(), cur.fetchone())
print(list(con.execute('select count(*), sum(n), typeof(b), null from t group by typeof(b) order by 1')))
con.row_factory = sqlite3.Row
row = con.execute('select id as Key, s from t').fetchone()
print(row['key'], row[1], row.keys(), tuple(row), len(row), row == row, row[-1], row[0:1], hash(row) == hash(row))
attempt(lambda: row['none'])
attempt(lambda: row[7])
con.row_factory = lambda c, r: dict(zip([d[0] for d in c.description], r))
print(con.execute('select 1 as a, 2 as b').fetchone())
con.row_factory = None

for f in [lambda: con.execute('select'), lambda: con.execute('select 1; select 2'), lambda: con.execute('select ?'),
          lambda: con.execute('select :a', {}), lambda: con.execute('select ?', (object(),)), lambda: con.execute('select ?', (2 ** 70,)),
          lambda: con.execute('insert into t(id) values (1)'), lambda: con.execute('select * from none'), lambda: con.execute(7),
          lambda: con.executemany('select ?', [(1,)]), lambda: con.execute('select ?', 'ab'), lambda: con.execute('select :a', (1,)),
          lambda: con.execute('select 1\0'), lambda: sqlite3.connect('/nowhere/at/all'),          lambda: con.cursor(lambda c: 1), lambda: sqlite3.connect(':memory:', isolation_level='x'), lambda: con.executescript('select 1; bad'),
          lambda: con.execute('select cast(x\'ff\' as text)').fetchone(), lambda: list(con.execute('  -- nothing'))]:
    attempt(f)

with con:
    con.execute('update t set n = 10 where id = 1')
try:
    with con:
        con.execute('update t set n = 99')
        raise KeyError('undo')
except KeyError:
    pass
print(con.execute('select n from t').fetchall())
con.executescript('create table u(x); insert into u values (1); insert into u values (2);')
print(con.execute('select x from u').fetchall(), '\n'.join(con.iterdump())[:60])

auto = sqlite3.connect(':memory:', autocommit=False)
auto.execute('create table a(x)')
auto.commit()
auto.execute('insert into a values (1)')
auto.rollback()
print(auto.execute('select count(*) from a').fetchone(), auto.in_transaction, auto.autocommit)
auto.close()
attempt(lambda: auto.execute('select 1'))

# Adapters and converters.
sqlite3.register_adapter(complex, lambda c: f'{c.real};{c.imag}')
sqlite3.register_converter('cplx', lambda b: complex(*map(float, b.split(b';'))))
typed = sqlite3.connect(':memory:', detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES)
typed.execute('create table c(z cplx, d date)')
typed.execute('insert into c values (?, ?)', (1 + 2j, datetime.date(2020, 2, 29)))
print(typed.execute('select z, d, z as "w [cplx]" from c').fetchone())
print([d[0] for d in typed.execute('select z as "w [cplx]" from c').description])
typed.text_factory = bytes
print(typed.execute("select 'x'").fetchone())
typed.close()


class Point:
    def __conform__(self, protocol):
        return 'point' if protocol is sqlite3.PrepareProtocol else None


print(con.execute('select ?', (Point(),)).fetchone(), sqlite3.adapt(1j))


# Functions, aggregates, windows, collations.
class Sum:
    def __init__(self):
        self.all = []

    def step(self, x):
        self.all.append(x)

    def inverse(self, x):
        self.all.remove(x)

    def value(self):
        return sum(self.all)

    finalize = value


con.create_function('double', 1, lambda x: x * 2, deterministic=True)
con.create_function('count_args', -1, lambda *a: len(a))
con.create_function('bad', 0, lambda: 1 / 0)
con.create_aggregate('mysum', 1, Sum)
con.create_window_function('winsum', 1, Sum)
con.create_collation('backwards', lambda a, b: (a < b) - (a > b))
print(con.execute("select double(21), double('ab'), double(null is null), count_args(1, 2, 3), mysum(x) from u").fetchall())
print(con.execute('select winsum(id) over (order by id rows between 1 preceding and 1 following) from t').fetchall())
print(con.execute('select s from t order by s collate backwards').fetchall())
attempt(lambda: con.execute('select bad()'))
attempt(lambda: con.create_function('f', -100, len))
con.create_function('inner_query', 0, lambda: con.execute('select count(*) from u').fetchone()[0])
print(con.execute('select inner_query()').fetchone())

# Watching.
seen = []
con.set_trace_callback(seen.append)
con.execute('select ? + 1', (2,)).fetchall()
con.set_trace_callback(None)
print(seen)
con.set_authorizer(lambda action, *rest: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_DELETE else sqlite3.SQLITE_OK)
attempt(lambda: con.execute('delete from u'))
con.set_authorizer(None)
con.set_progress_handler(lambda: 1, 100)
attempt(lambda: con.execute('with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from (select n from r limit 100000)').fetchone())
con.set_progress_handler(None, 0)

# Blobs, backup, serialisation, limits.
con.execute('insert into t(id, b) values (100, zeroblob(6))')
with con.blobopen('t', 'b', 100) as blob:
    blob.write(b'abc')
    blob[-1] = 120
    blob[3:5] = b'yz'
    blob.seek(1)
    print(blob.read(2), blob.tell(), len(blob), blob[0], blob[::2], blob[:])
    attempt(lambda: blob[6])
    attempt(lambda: blob.write(b'too long'))
    attempt(lambda: blob.__setitem__(0, 256))
attempt(lambda: blob.read())
other = sqlite3.connect(':memory:')
steps = []
con.commit()
con.backup(other, pages=1, progress=lambda *a: steps.append(a[0]))
print(other.execute('select count(*) from t').fetchone(), steps[-1] == sqlite3.SQLITE_DONE)
copy = sqlite3.connect(':memory:')
copy.deserialize(con.serialize())
print(copy.execute('select count(*) from u').fetchone())
print(con.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) > 100, con.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100) > 100)
attempt(lambda: con.execute('select 1' + ' ' * 200))
con.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_FKEY)
print(con.getconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_FKEY), sqlite3.complete_statement('select 1;'), sqlite3.complete_statement('select'))

# A cursor that is dropped lets its table go; cursors of one statement do not disturb each other.
half = con.execute('select x from u')
half.fetchone()
del half
import gc
gc.collect()
con.execute('drop table u')
a, b = con.execute('select id from t'), con.execute('select id from t')
print(a.fetchone(), b.fetchone(), a.fetchone(), b.fetchone())
for c in (other, copy):
    c.close()

# Threads: each its own connection is refused to others, a shared one is not.
box = []


def use(c):
    try:
        box.append(c.execute('select 1').fetchone())
    except sqlite3.ProgrammingError as e:
        box.append(str(e).partition('.')[0])


t = threading.Thread(target=use, args=(con,))
t.start()
t.join()
print(box)
shared = sqlite3.connect(':memory:', check_same_thread=False)
shared.execute('create table n(x)')


lock = threading.Lock()


def work(k):
    for i in range(100):
        with lock:
            shared.execute('insert into n values (? + ?)', (k * 1000, i))
            shared.execute('select count(*) from n where x > 3').fetchone()


threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
shared.commit()
print(shared.execute('select count(*), count(distinct x), sum(x) from n').fetchone())
shared.close()
con.close()
