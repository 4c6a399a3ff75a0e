# Names of keyword arguments are not mangled in classes; parameters are.
class C:
    def m(self):
        return dict(__a=1), dict(__b=2, **{"c": 3}), dict(**{"d": 4}, __e=5)

    def f(self, *, __k=2, **kw):
        return __k, kw

    def g(self):
        return self.f(__k=3), self.f(_C__k=4)


print(C().m())
print(C().g())
