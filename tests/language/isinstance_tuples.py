# None is an instance of nothing but its own type, also in tuples of classes.
print(isinstance(None, (str, int)), isinstance(None, (str,)), isinstance(None, ()), isinstance(None, (int, type(None))))
print(isinstance(None, (int, (str, bytes))), issubclass(bool, (str, (int,))))


class Meta(type):
    def mro(cls):
        return [cls, dict, object]


try:
    class Bad(object, metaclass=Meta):
        pass
except TypeError as e:
    print(e)


class A:
    pass


A.__call__ = A()
try:
    A()()
except RecursionError:
    print("RecursionError")
