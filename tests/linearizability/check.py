"""Linearizability tests in the style of jcstress.

A program is two or three threads with one to three operations each on one shared object, made from a seed. What may come of it is found by running all
interleavings of the operations in one thread: each gives the operations' results and the object's last state. Then the threads run it on many fresh
objects at once; an outcome that no interleaving has fails the test. `docs/thread-safety.md` says which operations are promised to be one step: those
are the ones used here.

    weft tests/linearizability/check.py [--programs N] [--objects N] [--seed N] [--kind NAME]
"""
import argparse
import collections
import itertools
import queue
import random
import sys
import threading


class Plain:
    pass


class Slotted:
    __slots__ = ("a", "b", "c")


def simple_queue(items):
    q = queue.SimpleQueue()
    for x in items:
        q.put(x)
    return q


def drain(q):
    out = []
    while not q.empty():
        out.append(q.get_nowait())
    return tuple(out)


def instance(cls, names):
    o = cls()
    for n in names:
        setattr(o, n, n)
    return o


def attributes(o):
    return tuple((n, getattr(o, n)) for n in "abc" if hasattr(o, n))


def set_item(o, k, v):
    o[k] = v


def set_slice(o, s, v):
    o[s] = v


def delete(o, k):
    del o[k]


def in_place(name):
    # The method of `x += y` and the like, without storing the result.
    return lambda o, v: getattr(o, name)(v) is o


# By kind: how to make one, its operations as (text, function), and its state.
KINDS = {
    "list": (
        lambda: [1, 2, 3],
        [("append(8)", lambda o: o.append(8)), ("append(9)", lambda o: o.append(9)), ("pop()", lambda o: o.pop()), ("pop(0)", lambda o: o.pop(0)),
         ("insert(0, 7)", lambda o: o.insert(0, 7)), ("[0]", lambda o: o[0]), ("[-1]", lambda o: o[-1]), ("[0] = 6", lambda o: set_item(o, 0, 6)),
         ("[1] = 5", lambda o: set_item(o, 1, 5)), ("len", len), ("extend([4, 5])", lambda o: o.extend([4, 5])), ("clear()", lambda o: o.clear()),
         ("reverse()", lambda o: o.reverse()), ("copy()", lambda o: tuple(o.copy())), ("[:]", lambda o: tuple(o[:])), ("[1:] = [0]", lambda o: set_slice(o, slice(1, None), [0])),
         ("del [0]", lambda o: delete(o, 0)), ("sort()", lambda o: o.sort()), ("+= (3, 3)", lambda o: in_place("__iadd__")(o, (3, 3))), ("*= 2", lambda o: in_place("__imul__")(o, 2)),
         ("tuple", lambda o: tuple(o[:]))],
        tuple),
    "dict": (
        lambda: {1: "a", 2: "b"},
        [("[1]", lambda o: o[1]), ("[1] = c", lambda o: set_item(o, 1, "c")), ("[3] = d", lambda o: set_item(o, 3, "d")), ("get(3)", lambda o: o.get(3)),
         ("pop(1)", lambda o: o.pop(1)), ("pop(3, None)", lambda o: o.pop(3, None)), ("setdefault(3, x)", lambda o: o.setdefault(3, "x")),
         ("setdefault(3, y)", lambda o: o.setdefault(3, "y")), ("popitem()", lambda o: o.popitem()), ("len", len), ("clear()", lambda o: o.clear()),
         ("copy()", lambda o: tuple(o.copy().items())), ("1 in", lambda o: 1 in o), ("3 in", lambda o: 3 in o), ("del [2]", lambda o: delete(o, 2)),
         ("list", lambda o: tuple(list(o))), ("[2] = e", lambda o: set_item(o, 2, "e"))],
        lambda o: tuple(o.items())),
    "dict of tuples": (
        lambda: {(1, 1): "a", (2, 2): "b"},
        [("[1]", lambda o: o[(1, 1)]), ("[1] = c", lambda o: set_item(o, (1, 1), "c")), ("[3] = d", lambda o: set_item(o, (3, 3), "d")),
         ("get(3)", lambda o: o.get((3, 3))), ("pop(1)", lambda o: o.pop((1, 1))), ("setdefault(3, x)", lambda o: o.setdefault((3, 3), "x")),
         ("del [2]", lambda o: delete(o, (2, 2))), ("clear()", lambda o: o.clear()), ("popitem()", lambda o: o.popitem()), ("3 in", lambda o: (3, 3) in o)],
        lambda o: tuple(o.items())),
    "set": (
        lambda: {1, 2},
        [("add(1)", lambda o: o.add(1)), ("add(3)", lambda o: o.add(3)), ("discard(1)", lambda o: o.discard(1)), ("remove(2)", lambda o: o.remove(2)),
         ("pop()", lambda o: o.pop()), ("1 in", lambda o: 1 in o), ("3 in", lambda o: 3 in o), ("len", len), ("copy()", lambda o: frozenset(o.copy())),
         ("clear()", lambda o: o.clear()), ("remove(3)", lambda o: o.remove(3))],
        frozenset),
    "deque": (
        lambda: collections.deque([1, 2, 3]),
        [("append(8)", lambda o: o.append(8)), ("appendleft(9)", lambda o: o.appendleft(9)), ("pop()", lambda o: o.pop()), ("popleft()", lambda o: o.popleft()),
         ("rotate(1)", lambda o: o.rotate(1)), ("len", len), ("clear()", lambda o: o.clear()), ("[0]", lambda o: o[0]), ("[-1] = 7", lambda o: set_item(o, -1, 7)),
         ("reverse()", lambda o: o.reverse()), ("insert(1, 5)", lambda o: o.insert(1, 5)), ("del [0]", lambda o: delete(o, 0))],
        tuple),
    "bounded deque": (
        lambda: collections.deque([1, 2], maxlen=3),
        [("append(8)", lambda o: o.append(8)), ("append(7)", lambda o: o.append(7)), ("appendleft(9)", lambda o: o.appendleft(9)), ("pop()", lambda o: o.pop()),
         ("popleft()", lambda o: o.popleft()), ("len", len)],
        tuple),
    "queue": (
        lambda: simple_queue([1, 2]),
        [("put(8)", lambda o: o.put(8)), ("put(9)", lambda o: o.put(9)), ("get_nowait()", lambda o: o.get_nowait()), ("qsize()", lambda o: o.qsize()),
         ("empty()", lambda o: o.empty())],
        drain),
    "attributes": (
        lambda: instance(Plain, "ab"),
        [("a", lambda o: o.a), ("c", lambda o: o.c), ("a = 1", lambda o: setattr(o, "a", 1)), ("b = 2", lambda o: setattr(o, "b", 2)), ("c = 3", lambda o: setattr(o, "c", 3)),
         ("c = 4", lambda o: setattr(o, "c", 4)), ("del a", lambda o: delattr(o, "a")), ("del c", lambda o: delattr(o, "c")), ("hasattr c", lambda o: hasattr(o, "c")),
         ("__dict__", lambda o: len(o.__dict__) >= 0)],
        attributes),
    "slots": (
        lambda: instance(Slotted, "ab"),
        [("a", lambda o: o.a), ("c", lambda o: o.c), ("a = 1", lambda o: setattr(o, "a", 1)), ("c = 3", lambda o: setattr(o, "c", 3)), ("del a", lambda o: delattr(o, "a")),
         ("del c", lambda o: delattr(o, "c")), ("hasattr c", lambda o: hasattr(o, "c"))],
        attributes),
    "bytearray": (
        lambda: bytearray(b"abc"),
        [("append", lambda o: o.append(120)), ("pop()", lambda o: o.pop()), ("pop(0)", lambda o: o.pop(0)), ("extend", lambda o: o.extend(b"yz")), ("[0]", lambda o: o[0]),
         ("[0] = w", lambda o: set_item(o, 0, 119)), ("len", len), ("clear()", lambda o: o.clear()), ("bytes", bytes), ("insert", lambda o: o.insert(0, 118)),
         ("reverse()", lambda o: o.reverse()), ("del [0]", lambda o: delete(o, 0))],
        bytes),
    "count": (
        lambda: itertools.count(),
        [("next", next)],
        lambda o: next(o)),
    "iterator": (
        lambda: iter([1, 2, 3]),
        [("next", lambda o: next(o, "end"))],
        lambda o: tuple(o)),
}


def step(f, o):
    try:
        return f(o)
    except Exception as e:
        return type(e).__name__


def make_program(rng, kind):
    make, operations, state = KINDS[kind]
    threads = rng.choice((2, 2, 3))
    return [[rng.choice(operations) for _ in range(rng.randint(1, 3 if threads == 2 else 2))] for _ in range(threads)]


def interleavings(counts):
    if not any(counts):
        yield ()
        return
    for t, n in enumerate(counts):
        if n:
            rest = list(counts)
            rest[t] -= 1
            for tail in interleavings(rest):
                yield (t, *tail)


def allowed(kind, program):
    make, _, state = KINDS[kind]
    out = set()
    for order in interleavings([len(t) for t in program]):
        o = make()
        results = [[] for _ in program]
        for t in order:
            _, f = program[t][len(results[t])]
            results[t].append(step(f, o))
        out.add((tuple(map(tuple, results)), state(o)))
    return out


class Team:
    """Threads that run one program after the other."""

    def __init__(self, size):
        self.start, self.end = threading.Barrier(size + 1), threading.Barrier(size + 1)
        self.job = None
        self.threads = [threading.Thread(target=self.work, args=(t,), daemon=True) for t in range(size)]
        for t in self.threads:
            t.start()

    def work(self, me):
        while True:
            self.start.wait()
            objects, program, results, close = self.job
            functions, mine = [f for _, f in program[me]], results[me]
            for i, o in enumerate(objects):
                # Who is ahead waits a little for the others, or all would run one after the other.
                if i % 16 == 0:
                    close.wait()
                mine[i] = tuple([step(f, o) for f in functions])
            self.end.wait()

    def run(self, kind, program, count):
        make, _, state = KINDS[kind]
        objects = [make() for _ in range(count)]
        results = [[None] * count for _ in program]
        self.job = objects, program, results, threading.Barrier(len(program))
        self.start.wait()
        self.end.wait()
        return collections.Counter((tuple(r[i] for r in results), state(o)) for i, o in enumerate(objects))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--programs", type=int, default=40, help="of each kind")
    p.add_argument("--objects", type=int, default=320, help="that each program runs on")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--kind", choices=KINDS)
    a = p.parse_args()
    sys.setswitchinterval(0.0005)
    teams = {2: Team(2), 3: Team(3)}
    failed = several = total = 0
    for kind in [a.kind] if a.kind else KINDS:
        rng = random.Random(f"{a.seed} {kind}")
        for n in range(a.programs):
            program = make_program(rng, kind)
            may = allowed(kind, program)
            seen = teams[len(program)].run(kind, program, a.objects)
            total += 1
            several += len(seen) > 1
            for outcome, times in seen.items():
                if outcome not in may:
                    failed += 1
                    text = "  ||  ".join("; ".join(t for t, _ in thread) for thread in program)
                    print(f"{kind}, program {n}: {text}\n  got {outcome}, {times} times of {a.objects}", flush=True)
                    break
    print(f"{total} programs, {failed} with an outcome that no order of their operations has; {several} showed more than one outcome")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
