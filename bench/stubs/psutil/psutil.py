"""What dask.distributed asks of psutil, answered from /proc (Linux) without a C extension."""
import collections
import os
import time

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")

Memory = collections.namedtuple("Memory", "total available percent used free")
NetIO = collections.namedtuple("NetIO", "bytes_sent bytes_recv")
DiskIO = collections.namedtuple("DiskIO", "read_count write_count read_bytes write_bytes")
ProcessMemory = collections.namedtuple("ProcessMemory", "rss vms")
CPUTimes = collections.namedtuple("CPUTimes", "user system children_user children_system")


class Error(Exception):
    pass


class NoSuchProcess(Error):
    pass


class AccessDenied(Error):
    pass


def _meminfo():
    out = {}
    with open("/proc/meminfo") as f:
        for line in f:
            name, _, rest = line.partition(":")
            out[name] = int(rest.split()[0]) * 1024
    return out


def virtual_memory():
    info = _meminfo()
    total, free = info["MemTotal"], info["MemFree"]
    available = info.get("MemAvailable", free)
    used = total - available
    return Memory(total, available, 100.0 * used / total, used, free)


def swap_memory():
    info = _meminfo()
    total, free = info["SwapTotal"], info["SwapFree"]
    used = total - free
    return Memory(total, free, 100.0 * used / total if total else 0.0, used, free)


def cpu_count(logical=True):
    return os.cpu_count()


def cpu_percent(interval=None, percpu=False):
    return [0.0] * os.cpu_count() if percpu else 0.0


def net_io_counters(pernic=False):
    sent = received = 0
    with open("/proc/net/dev") as f:
        for line in f.readlines()[2:]:
            words = line.partition(":")[2].split()
            received += int(words[0])
            sent += int(words[8])
    return NetIO(sent, received)


def disk_io_counters(perdisk=False):
    return DiskIO(0, 0, 0, 0)


def net_if_addrs():
    return {}


def pid_exists(pid):
    return os.path.exists(f"/proc/{pid}")


class Process:
    def __init__(self, pid=None):
        self.pid = os.getpid() if pid is None else pid
        self._last = None

    def _stat(self):
        try:
            with open(f"/proc/{self.pid}/stat") as f:
                return f.read().rpartition(")")[2].split()
        except OSError:
            raise NoSuchProcess(self.pid) from None

    def memory_info(self):
        with open(f"/proc/{self.pid}/statm") as f:
            words = f.read().split()
        return ProcessMemory(int(words[1]) * _PAGE, int(words[0]) * _PAGE)

    def memory_percent(self):
        return 100.0 * self.memory_info().rss / _meminfo()["MemTotal"]

    def cpu_times(self):
        words = self._stat()
        return CPUTimes(*(int(w) / _TICKS for w in words[11:15]))

    def cpu_percent(self, interval=None):
        times = self.cpu_times()
        now = (time.monotonic(), times.user + times.system)
        last, self._last = self._last, now
        if last is None or now[0] <= last[0]:
            return 0.0
        return 100.0 * (now[1] - last[1]) / (now[0] - last[0])

    def num_fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def num_threads(self):
        return int(self._stat()[17])

    def create_time(self):
        with open("/proc/uptime") as f:
            up = float(f.read().split()[0])
        return time.time() - up + int(self._stat()[19]) / _TICKS

    def children(self, recursive=False):
        return []

    def parent(self):
        return None

    def status(self):
        return self._stat()[0]

    def is_running(self):
        return pid_exists(self.pid)

    def oneshot(self):
        import contextlib
        return contextlib.nullcontext()
