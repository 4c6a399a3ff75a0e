"""symtable, suggestions, UUIDs of the time, key derivation."""

import hashlib
import hmac
import symtable
import uuid

import _suggestions

SOURCE = '''
from os import path as p
x = 1
def f(a, /, b=2, *args, c, **kw):
    def inner():
        nonlocal a
        a = b
        return (j for j in kw)
    class C:
        y = p
        def m(self): return x
    return lambda z: z + a
'''


def show(t, indent=''):
    print(indent, t.get_type(), t.get_name(), t.get_lineno(), t.is_nested(), t.is_optimized())
    for s in t.get_symbols():
        marks = [n[3:] for n in dir(s) if n.startswith('is_') and n not in ('is_namespace',) and getattr(s, n)()]
        print(indent, '   ', s.get_name(), marks, s.is_namespace())
    if isinstance(t, symtable.Function):
        print(indent, '    ', t.get_parameters(), t.get_locals(), t.get_globals(), t.get_nonlocals(), t.get_frees())
    for c in t.get_children():
        if c.get_type() != 'annotation':
            show(c, indent + '  ')


show(symtable.symtable(SOURCE, 'f.py', 'exec'))
show(symtable.symtable('a + b', 'f.py', 'eval'))
for args in [('x =', 'f', 'exec'), ('x', 'f', 'bad'), (1, 'f', 'exec'), ('def f():\n nonlocal q', 'f', 'exec')]:
    try:
        symtable.symtable(*args)
    except Exception as e:
        print(type(e).__name__, e)

for names, wrong in [(['append', 'extend', 'insert'], 'apend'), (['Foo', 'fop'], 'foo'), ([], 'a'), (['abc'], 'xyz'), (['a' * 50], 'a' * 49 + 'b'),
                     (['caf\xe9'], 'cafe'), (['same'], 'same')]:
    print(names[:1], wrong, _suggestions._generate_suggestions(names, wrong))
for args in [(1, 'a'), ([1], 'a'), (['a'], 1)]:
    try:
        _suggestions._generate_suggestions(*args)
    except TypeError as e:
        print(e)

made = [uuid.uuid1() for _ in range(1000)]
print(len(set(made)), {u.version for u in made}, {u.variant for u in made}, made == sorted(made, key=lambda u: u.time), len({u.node for u in made}))

for name in ['md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b', 'blake2s']:
    print(name, hashlib.pbkdf2_hmac(name, b'password', b'salt', 50, 24).hex())
print(hashlib.pbkdf2_hmac('sha256', b'p' * 200, bytearray(b's'), 1).hex(), hashlib.scrypt(b'pw', salt=b'NaCl', n=16, r=2, p=3, dklen=40).hex())
print(hashlib.scrypt(b'', salt=b'', n=16, r=1, p=1, dklen=64).hex())
print(hashlib.new('sha256', b'x').hexdigest()[:16], hmac.new(b'k', b'm', 'sha512').hexdigest()[:16], hmac.digest(b'k', b'm', 'md5').hex())
for f in [lambda: hashlib.pbkdf2_hmac('sha256', b'', b'', 0), lambda: hashlib.pbkdf2_hmac('sha256', b'', b'', 1, -1)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
