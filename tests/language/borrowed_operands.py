# Operands and arguments that a later operand rebinds.
class Box:
    def __init__(self, n):
        self.n = n
    def __add__(self, other):
        return ("add", self.n, other)
    def __repr__(self):
        return f"Box({self.n})"

def f(*args):
    return args

def call():
    x = Box(1)
    return f(x, (x := 2), x)

def add():
    x = Box(1)
    return x + (x := 5)

def method():
    x = [1]
    y = x
    x.append((x := 1))
    return x, y

def index():
    x = [10, 20]
    return x[(x := 1) - 1], x

def compare():
    x = 3
    return x < (x := 5), x

print(call())
print(add())
print(method())
print(index())
print(compare())

def text():
    s = "a"
    t = s
    s += "b"
    return s, t
print(text())

def deleted():
    x = Box(3)
    y = x
    del x
    try:
        x
    except UnboundLocalError as e:
        print(type(e).__name__, e)
    return y
print(deleted())
