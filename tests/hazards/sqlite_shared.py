# One sqlite connection (check_same_thread=False) and one per thread.
from race import *
import sqlite3
con = sqlite3.connect(":memory:", check_same_thread=False)
con.execute("create table t (a, b)")
def insert(k):
    con.execute("insert into t values (?, ?)", (k, k))
def read(k):
    for a, b in con.execute("select a, b from t limit 50"): check(a == b, "torn row")
def own(k):
    c = sqlite3.connect(":memory:"); c.execute("create table x (y)"); c.executemany("insert into x values (?)", [(i,) for i in range(5)])
    check([y for y, in c.execute("select y from x")] == list(range(5))); c.close()
def foreign(k):
    c = sqlite3.connect(":memory:")
    holder.append(c)
    try: holder[0].execute("select 1")
    except sqlite3.ProgrammingError: pass
    if len(holder) > 5: holder.clear()
holder = []
race(insert, read, own, foreign, allow=(sqlite3.Error, IndexError, SystemError), seconds=0.3)
