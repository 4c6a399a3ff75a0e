# Eight threads change one object of each kind while others read: no crash, no impossible value.
import _thread
import time

class C:
    def __init__(self):
        self.a = 0

shared_list = [0] * 10
shared_dict = {}
shared_obj = C()
shared_set = set()
errors = []
done = []
def gen():
    i = 0
    while i < 20000:
        yield i
        i += 1
shared_gen = gen()
seen = []

def work(k):
    try:
        for i in range(2000):
            shared_list.append(i)
            if len(shared_list) > 50:
                try:
                    shared_list.pop()
                except IndexError:
                    pass
            v = shared_list[0] if shared_list else 0
            if not isinstance(v, int):
                errors.append(v)
            shared_dict[i % 50] = (k, i)
            x = shared_dict.get((i + 7) % 50)
            if x is not None and (len(x) != 2 or not 0 <= x[0] < 8):
                errors.append(x)
            if i % 10 == 0:
                shared_dict.pop(i % 50, None)
            shared_obj.a = i
            setattr(shared_obj, "b%d" % (i % 5), k)
            if not isinstance(shared_obj.a, int):
                errors.append(shared_obj.a)
            if i % 100 == 0:
                shared_obj.__dict__
            shared_set.add(i % 30)
            shared_set.discard((i + 3) % 30)
            try:
                seen.append(next(shared_gen))
            except (ValueError, StopIteration):
                pass
            C.x = i
            C.y = shared_obj.a
    except Exception as e:
        errors.append(repr(e))
    done.append(k)
for k in range(8):
    _thread.start_new_thread(work, (k,))
while len(done) < 8:
    time.sleep(0.005)
print("errors", errors[:5])
print("each once", len(seen) == len(set(seen)))
