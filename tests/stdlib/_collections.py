from _collections import deque, defaultdict, _count_elements, _tuplegetter
d = deque([1, 2, 3]); d.append(4); d.appendleft(0); print(d, len(d), d[0], d[-1], d[2], bool(deque()))
print(d.pop(), d.popleft(), d); d.extend('ab'); d.extendleft('xy'); print(d)
d.rotate(2); print(d); d.rotate(-3); print(d); d.reverse(); print(d)
m = deque(range(10), maxlen=3); print(m, m.maxlen); m.append(10); m.appendleft(6); print(m, m + deque([1]), m * 2)
print(deque(maxlen=0), deque([1, 2]) * 2, 2 * deque('a'), deque('ab') + deque('cd'))
d = deque('abcabc'); print(d.index('c'), d.index('c', 3), d.count('b'), 'z' in d, 'a' in d); d.remove('b'); print(d)
d.insert(1, 'X'); d.insert(-1, 'Y'); d.insert(100, 'Z'); print(d); del d[0]; d[0] = 'Q'; print(d)
print(list(reversed(d)), list(d), d.copy() == d, d.copy() is d, deque([1, 2]) < deque([1, 3]), deque([1]) == [1], deque([1]) != deque([2]))
d += 'k'; d *= 2; print(d); d.clear(); print(d)
d.append(d); print(d)
for f in (lambda: deque().pop(), lambda: deque().popleft(), lambda: deque([1])[5], lambda: deque([1]).index(9), lambda: deque([1]).remove(9), lambda: deque('ab', 2).insert(0, 1),
          lambda: deque(maxlen=-1), lambda: deque(1), lambda: deque(['a'])['x'], lambda: deque() + [1], lambda: hash(deque()), lambda: deque(maxlen='a')):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
d = deque([1, 2, 3])
try:
    for x in d: d.append(x)
except RuntimeError as e: print(e)
d = deque([1, 2], 5); print(d.__reduce__()[:3], list(d.__reduce__()[3]))
d.extend(d); print(d); it = iter(d); next(it); print(it.__length_hint__(), type(it), deque, deque[int])
class S(deque):
    pass
s = S('abc', 2); print(s, s.copy(), type(s.copy())); s.x = 1; print(s.x)
x = deque('abc')
match x:
    case [a, *r]: print(a, r)

dd = defaultdict(list); dd['a'].append(1); dd['b']; print(dd, dd.default_factory, dict(dd))
dd = defaultdict(int, {'a': 1}, b=2); dd['z'] += 5; print(dd, dd.copy(), type(dd.copy()), dd.get('nope'), 'nope' in dd)
try: defaultdict()['k']
except KeyError as e: print(repr(e))
try: defaultdict(1)
except TypeError as e: print(e)
print(dd | {'q': 1}, {'q': 1} | dd, isinstance(dd, dict), defaultdict.__mro__)
dd |= {'w': 3}; print(dd); dd.default_factory = None; print(dd, dd.__reduce__()[:4])
class D(defaultdict):
    pass
print(D(list), D(int)['x'])
m = {}; _count_elements(m, 'abracadabra'); print(m)
m = {'a': 1.5}; _count_elements(m, 'ab'); print(m)
class M(dict):
    def __setitem__(self, k, v): super().__setitem__(k, v * 10)
m = M(); _count_elements(m, 'aa'); print(m)
class P(tuple):
    x = _tuplegetter(0, 'the x')
print(P((7, 8)).x, P.x, P.x.__doc__, P.x.__reduce__())
try: P((1,)).x = 3
except AttributeError as e: print(e)
