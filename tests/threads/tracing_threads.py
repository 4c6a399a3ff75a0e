"""Tracing, profiling and monitoring while threads run: set for all of them, and switched on and off by another thread."""
import sys
import threading

def work(n):
    total = 0
    for i in range(n):
        total += helper(i)
    return total

def helper(i):
    return i & 3

# A function for all threads reaches those that run already.
stop = threading.Event()
seen = {}
lock = threading.Lock()
ready = threading.Barrier(4)

def spin():
    ready.wait()
    while not stop.is_set():
        work(50)

def profiler(frame, event, arg):
    if event == 'call' and frame.f_code is helper.__code__:
        with lock:
            seen[threading.get_ident()] = seen.get(threading.get_ident(), 0) + 1
            if len(seen) == 3:
                stop.set()

threads = [threading.Thread(target=spin) for _ in range(3)]
for t in threads:
    t.start()
ready.wait()
threading.setprofile_all_threads(profiler)
for t in threads:
    t.join(60)
threading.setprofile_all_threads(None)
print('profiled', len(seen), stop.is_set(), sys.getprofile())

# Tracing of all threads, likewise.
stop.clear()
seen.clear()
ready = threading.Barrier(4)

def tracer(frame, event, arg):
    if frame.f_code is helper.__code__:
        if event == 'line':
            with lock:
                seen[threading.get_ident()] = True
                if len(seen) == 3:
                    stop.set()
        return tracer

threads = [threading.Thread(target=spin) for _ in range(3)]
for t in threads:
    t.start()
ready.wait()
threading.settrace_all_threads(tracer)
for t in threads:
    t.join(60)
threading.settrace_all_threads(None)
print('traced', len(seen), stop.is_set(), sys.gettrace())

# Monitoring switched on and off while threads compute: results stay right, and events come only while it is on.
M = sys.monitoring
count = 0
def started(code, offset):
    global count
    count += 1
results = []
def compute():
    for _ in range(40):
        results.append(work(200))
threads = [threading.Thread(target=compute) for _ in range(3)]
M.use_tool_id(1, 'toggle')
M.register_callback(1, M.events.PY_START, started)
M.register_callback(1, M.events.LINE, lambda code, line: None)
for t in threads:
    t.start()
for _ in range(30):
    M.set_events(1, M.events.PY_START | M.events.LINE)
    M.set_events(1, 0)
    M.set_local_events(1, helper.__code__, M.events.LINE)
    M.restart_events()
    M.set_local_events(1, helper.__code__, 0)
for t in threads:
    t.join()
M.free_tool_id(1)
print('results', len(results), set(results) == {work(200)})
before = count
work(10)
print('quiet', count == before)

# A thread's own trace function is its own; new threads get threading.settrace()'s.
names = []
def by_thread(frame, event, arg):
    if frame.f_code is helper.__code__ and event == 'call':
        names.append(threading.current_thread().name)
threading.settrace(by_thread)
t = threading.Thread(target=work, args=(2,), name='traced')
t.start()
t.join()
threading.settrace(None)
t = threading.Thread(target=work, args=(2,), name='plain')
t.start()
t.join()
work(2)
print(names)
