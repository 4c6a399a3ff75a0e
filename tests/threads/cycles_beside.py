"""Collections while threads move references about, drop structures, resurrect objects and use weak references: nothing live is lost, nothing dead is kept."""
import gc
import threading
import weakref


class Node:
    def __init__(self, name):
        self.name = name
        self.links = []


def pair(name):
    a, b = Node(name), Node(name + "'")
    a.links.append(b)
    b.links.append(a)
    a.other, b.other = b, a
    return a


# --- live structures whose references move all the time ---
THREADS = 3
ROUNDS = 60
slots = [[pair(f"{t}.{i}") for i in range(50)] for t in range(THREADS)]
wrong = []


def mover(t):
    mine = slots[t]
    for n in range(ROUNDS):
        for i in range(len(mine)):
            j = (i * 7 + n) % len(mine)
            mine[i], mine[j] = mine[j], mine[i]
            held = mine[j]
            mine[j] = None
            # The only reference is in a local, then in a fresh object, then back.
            box = {"in": [held]}
            held = None
            mine[j] = box.pop("in").pop()
            if mine[j].other.other is not mine[j] or mine[j].links[0].links[0] is not mine[j]:
                wrong.append((t, n, i))


def littering():
    for n in range(ROUNDS * 20):
        a = pair("litter")
        a.more = {"self": a, "tuple": (a, [a])}


def collector():
    for n in range(ROUNDS):
        gc.collect(n % 3)


threads = [threading.Thread(target=mover, args=(t,)) for t in range(THREADS)]
threads += [threading.Thread(target=littering), threading.Thread(target=collector)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("wrong:", wrong, sorted(n.name for s in slots for n in s) == sorted(f"{t}.{i}" for t in range(THREADS) for i in range(50)))

# --- everything that is let go of dies, and its weak references with it ---
refs = [weakref.ref(n) for s in slots for n in s]
dead = []
for s in slots:
    for n in s:
        weakref.finalize(n, dead.append, n.name)
slots.clear()
s = n = None
gc.collect()
print("dead:", sum(r() is None for r in refs), len(dead), len(set(dead)))


# --- __del__ once each, whoever collects; resurrected objects are whole ---
class Phoenix:
    ran = []
    kept = []

    def __init__(self, n):
        self.n = n
        self.me = self
        self.payload = [n, {"n": n}]

    def __del__(self):
        Phoenix.ran.append(self.n)
        if self.n % 10 == 0:
            Phoenix.kept.append(self)


def burn(t):
    for i in range(200):
        Phoenix(t * 1000 + i)
        if i % 50 == 0:
            gc.collect()


threads = [threading.Thread(target=burn, args=(t,)) for t in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
gc.collect()
print("finalised:", len(Phoenix.ran), len(set(Phoenix.ran)))
print("kept:", sorted(p.n for p in Phoenix.kept) == [t * 1000 + i for t in range(3) for i in range(0, 200, 10)])
print("whole:", all(p.me is p and p.payload == [p.n, {"n": p.n}] for p in Phoenix.kept))
Phoenix.kept.clear()
gc.collect()
print("not again:", len(Phoenix.ran))

# --- weak references race with the collector: never a half-dead object ---
targets = {}
failures = []


def upgrader():
    while not stop:
        for r in list(targets.values()):
            o = r()
            if o is not None and o.links[0].links[0] is not o:
                failures.append(o)


def maker():
    for i in range(1500):
        a = pair(str(i))
        targets[i % 16] = weakref.ref(a)
        a = None
        if i % 100 == 0:
            gc.collect(i // 100 % 2 * 2)


stop = False
threads = [threading.Thread(target=upgrader) for _ in range(2)]
work = threading.Thread(target=maker)
for t in threads + [work]:
    t.start()
work.join()
stop = True
for t in threads:
    t.join()
gc.collect()
print("upgrades:", len(failures), all(r() is None for r in targets.values()))
