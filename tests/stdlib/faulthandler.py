# Tracebacks of crashes.
import faulthandler, os, re, signal, tempfile, threading, time

def error(f, *args, **kw):
    try:
        print("no error:", f(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)

def shown(fd):
    os.lseek(fd, 0, 0)
    text = os.read(fd, 100000).decode()
    os.ftruncate(fd, 0)
    os.lseek(fd, 0, 0)
    text = re.sub(r"0x[0-9a-f]+( \[.*?\])?", "0xID", text)
    return re.sub(r'"[^"]*/', '"', text)

def awaited(fd, mark, times):
    # Another thread writes it, when it gets to run.
    end = time.monotonic() + 20
    while os.pread(fd, 100000, 0).decode().count(mark) < times and time.monotonic() < end:
        time.sleep(0.01)
    return shown(fd)

fd = os.open(tempfile.mkstemp()[1], os.O_RDWR)
def inner():
    faulthandler.dump_traceback(fd, all_threads=False)
def outer():
    inner()
outer()
print(shown(fd))
def outer2():
    faulthandler.dump_traceback(file=fd)
outer2()
print(shown(fd))
ready, end = threading.Event(), threading.Event()
def waiting():
    ready.set()
    end.wait()
t = threading.Thread(target=waiting)
t.start()
ready.wait()
time.sleep(0.05)
faulthandler.dump_traceback(fd)
text = shown(fd)
print("in waiting" in text, text.count("Thread 0xID"), text.count("Current thread 0xID"))
end.set()
t.join()
print(faulthandler.is_enabled(), faulthandler.enable(fd), faulthandler.is_enabled(), faulthandler.disable(), faulthandler.disable(), faulthandler.is_enabled())
print(faulthandler.register(signal.SIGUSR1, fd, all_threads=False))
def raising():
    signal.raise_signal(signal.SIGUSR1)
raising()
print(shown(fd))
print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))
error(faulthandler.register, signal.SIGSEGV)
error(faulthandler.register, 0)
error(faulthandler.register, 100)
error(faulthandler.unregister, signal.SIGABRT)
print(faulthandler.dump_traceback_later(0.05, file=fd))
text = awaited(fd, "in <module>", 1)
print(text.splitlines()[0], "in <module>" in text)
print(faulthandler.dump_traceback_later(0.05, repeat=True, file=fd))
seen = awaited(fd, "Timeout (0:00:00.050000)!", 2)
print(faulthandler.cancel_dump_traceback_later(), seen.count("Timeout (0:00:00.050000)!") > 1)
print(faulthandler.dump_traceback_later(100, file=fd), faulthandler.cancel_dump_traceback_later())
error(faulthandler.dump_traceback_later, 0)
error(faulthandler.dump_traceback_later, -1)
error(faulthandler.dump_traceback_later, "a")
for crash, sig in (("_sigsegv", 11), ("_sigabrt", 6), ("_sigfpe", 8)):
    pid = os.fork()
    if pid == 0:
        faulthandler.enable(fd)
        getattr(faulthandler, crash)()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    lines = shown(fd).splitlines()
    print(lines[0], lines[2], lines[3])
error(faulthandler.enable, -1)
error(faulthandler.enable, object())
