"""A bytearray and views of it used by many threads at once: every operation is whole, and memory does not move under a view."""
import _thread
import time


def run(jobs):
    done = []

    def work(f, args):
        try:
            f(*args)
        finally:
            done.append(1)

    for f, *args in jobs:
        _thread.start_new_thread(work, (f, args))
    while len(done) < len(jobs):
        time.sleep(0.001)


shared = bytearray()
COUNT = 2000



def use():
    for _ in range(COUNT):
        try:
            with memoryview(shared) as m:
                n = len(m)
                if n:
                    m[n - 1]
                    m[: n // 2].tobytes()
        except BufferError:
            pass
        len(bytes(shared)) + shared.count(1) + shared.find(2)


def careful(value):
    done = 0
    while done < COUNT:
        try:
            shared.append(value)
            done += 1
        except BufferError:
            pass


run([(careful, i) for i in range(4)] + [(use,)] * 2)
print(len(shared), [shared.count(i) for i in range(4)])

view = memoryview(bytearray(b"abc" * 1000))
failures = []


def look():
    try:
        for _ in range(COUNT):
            assert view[1] == 98
            assert view.tobytes()[:3] == b"abc"
    except ValueError as e:
        failures.append(str(e))


def give_up():
    for _ in range(100):
        pass
    view.release()


run([(look,)] * 3 + [(give_up,)])
print(set(failures) <= {"operation forbidden on released memoryview object"})

text = iter("x" * 40000)
taken = []


def take():
    n = 0
    for _ in text:
        n += 1
    taken.append(n)


run([(take,)] * 4)
print(sum(taken))
