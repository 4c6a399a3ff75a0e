# A getter that raises, called on an object that dies with the load: the object dies once.
class Raw:
    pass


class Inner:
    def __init__(self):
        self._raw = Raw()

    @property
    def name(self):
        return self.raw.name

    @property
    def raw(self):
        return self._raw

    @property
    def many(self):
        yield self._raw
        raise KeyError(self._raw is None)

    def detach(self):
        self._raw = None

    def __del__(self):
        print("del Inner", type(self._raw).__name__)


class Outer:
    def __init__(self):
        self._inner = Inner()

    @property
    def inner(self):
        return self._inner

    @property
    def name(self):
        return self.inner.name

    def fresh(self):
        return Inner().name

    def __del__(self):
        print("del Outer")


t = Outer()
for i in range(20):
    try:
        t.name
    except AttributeError as e:
        print(e)
    try:
        t.fresh()
    except AttributeError as e:
        print(e)
    for x in t.inner.many:
        print(type(x).__name__)
        break
t.inner.detach()
for i in range(3):
    try:
        t.name
    except AttributeError as e:
        print(e)
print("x")
del t
print("y")
