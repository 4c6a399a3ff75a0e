from string.templatelib import Template, Interpolation
def t(f):
    try:
        print(repr(f()))
    except BaseException as e:
        print(type(e).__name__, e)
x = t"a{1}b{2!r:>3}"
print(x)
print(list(x))
print(x.strings, x.interpolations, x.values)
print(x + t"c{3}")
t(lambda: x + 'z')
t(lambda: Template('a', 'b', Interpolation(3), 'c'))
t(lambda: Template(3))
t(lambda: Template(a=3))
t(lambda: Interpolation(3, 'e', 'z'))
t(lambda: Interpolation(3, 'e', 's', '>2'))
t(lambda: Interpolation(3, 4))
match Interpolation(3, 'e', 's', '>2'):
    case Interpolation(v, e, c, s):
        print(v, e, c, s)
y = 5
print(t"{y=}")
print(t"")
