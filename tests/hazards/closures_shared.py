# Closure cells written and emptied by all threads.
from race import *
import types
def make():
    x = 0
    def read(): return x
    def write(v):
        nonlocal x
        x = v
    def delete():
        nonlocal x
        del x
    return read, write, delete
read, write, delete = make()
cell = read.__closure__[0]
def reader(k):
    v = read()
    check(v == 0 or v[0] == v[1], "torn", v)
def writer(k):
    write((k, k))
    cell.cell_contents = (k + 1, k + 1)
def deleter(k):
    delete()
    write(0)
def looker(k):
    cell.cell_contents, repr(cell), cell == types.CellType(1)
race(reader, writer, deleter, looker, allow=(NameError, ValueError))
