# Prompt destruction, at each place a value can die.
class D:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)

def local():
    d = D("local")
    print("in local")
local()
print("after local")

x = D("rebound")
x = D("second")
print("after rebinding")
del x
print("after del")

def temp():
    return D("temp").name
print(temp())

l = [D("item0"), D("item1")]
l[0] = None
print("after item")
l.pop()
print("after pop")

d = {"k": D("value")}
d["k"] = 1
print("after dict")

def raising():
    d = D("unwound")
    raise ValueError("x")
try:
    raising()
except ValueError:
    print("caught")
print("after try")

def gen():
    try:
        yield 1
    finally:
        print("finally")
g = gen()
print(next(g))
del g
print("after generator")

class Resurrect:
    def __del__(self):
        global saved
        saved = self
r = Resurrect()
del r
print(type(saved).__name__)
