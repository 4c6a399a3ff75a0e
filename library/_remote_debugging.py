"""What asyncio.tools imports to look into other processes: weft cannot, and says so when it is asked to."""

from collections import namedtuple

PROCESS_VM_READV_SUPPORTED = False

FrameInfo = namedtuple('FrameInfo', ['filename', 'lineno', 'funcname'])
CoroInfo = namedtuple('CoroInfo', ['call_stack', 'task_name'])
TaskInfo = namedtuple('TaskInfo', ['task_id', 'task_name', 'coroutine_stack', 'awaited_by'])
ThreadInfo = namedtuple('ThreadInfo', ['thread_id', 'frame_info'])
AwaitedInfo = namedtuple('AwaitedInfo', ['thread_id', 'awaited_by'])


class RemoteUnwinder:
    """Would read the stacks of another process."""

    def __init__(self, pid, *, all_threads=False, only_active_thread=False, debug=False):
        raise RuntimeError(f'weft cannot look into other processes (pid {pid})')
