# The interactive prompt: on a terminal made for the test, and without one.
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

CONTROL = re.compile(rb'\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r')


class Terminal:
    def __init__(self, folder, **extra):
        env = {k: v for k, v in os.environ.items() if k not in ('NO_COLOR', 'FORCE_COLOR') and not k.startswith('PYTHON')}
        env.update(TERM='xterm-256color', HOME=folder, PYTHON_HISTORY=os.path.join(folder, 'history'), LINES='40', COLUMNS='120')
        env.update(extra)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable], env)
        self.raw = b''

    def until(self, pattern, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, CONTROL.sub(b'', self.raw), re.S):
                raw, self.raw = self.raw, b''
                return raw
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    data = b''
                if not data:
                    break
                self.raw += data
        print('MISSING', pattern, CONTROL.sub(b'', self.raw)[-500:])
        return b''

    def send(self, data):
        for piece in data.split(b'\r'):
            if piece:
                os.write(self.fd, piece)
        if data.endswith(b'\r'):
            time.sleep(0.05)
            os.write(self.fd, b'\r')


def seen(what, raw, *patterns):
    plain = CONTROL.sub(b'', raw)
    print(what, [bool(re.search(p, plain)) for p in patterns])


def prompt_on_a_terminal():
    with tempfile.TemporaryDirectory() as folder:
        startup = os.path.join(folder, 'startup.py')
        with open(startup, 'w') as f:
            f.write('from_startup = 12345\n')
        t = Terminal(folder, PYTHONSTARTUP=startup)
        seen('banner', t.until(rb'>>> $'), rb'Python 3\.14', rb'Type "help"')
        t.send(b'from_startup * 2\r')
        seen('startup file', t.until(rb'24690\n>>> $'), rb'24690')
        t.send(b'def double(x):\r')
        t.until(rb'\.\.\. +$')
        t.send(b'return x * 2\r')
        t.until(rb'\.\.\. +$')
        t.send(b'\r')
        seen('several lines', t.until(rb'\n>>> $'), rb'>>> $')
        t.send(b'double(21)\r')
        seen('call', t.until(rb'42\n>>> $'), rb'42')
        t.send(b'1/0\r')
        raw = t.until(rb'by zero\n>>> $')
        seen('traceback', raw, rb'<python-input-\d>', rb'ZeroDivisionError: division by zero')
        print('coloured', b'\x1b[1;35mZeroDivisionError\x1b[0m' in raw)
        t.send(b'\x1bOA\x1bOA')
        t.until(rb'double\(21\)$')
        t.send(b'\r')
        seen('history', t.until(rb'42\n>>> $'), rb'42')
        t.send(b'impo\t')
        seen('completion', t.until(rb'import ?$'), rb'import')
        t.send(b'\x03')
        seen('Ctrl-C while typing', t.until(rb'KeyboardInterrupt\n>>> $'), rb'KeyboardInterrupt')
        t.send(b'import time; print("begun"); time.sleep(1000)\r')
        t.until(rb'\nbegun')
        t.send(b'\x03')
        seen('Ctrl-C while running', t.until(rb'KeyboardInterrupt\n>>> $'), rb'KeyboardInterrupt')
        t.send(b'_ = 5; import sys; sys.ps1 = "next> "\r')
        seen('ps1', t.until(rb'next> $'), rb'next> $')
        t.send(b'\x04')
        print('Ctrl-D', os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]))
        with open(os.path.join(folder, 'history')) as f:
            print('history file', 'double(21)' in f.read())
        t = Terminal(folder)
        t.until(rb'>>> $')
        t.send(b'exit(7)\r')
        print('exit', os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]))
        t = Terminal(folder, TERM='dumb')
        t.until(rb'>>> $')
        t.send(b'6*7\r')
        seen('dumb terminal', t.until(rb'42\n>>> $'), rb'42')
        t.send(b'\x04')
        print('Ctrl-D', os.waitstatus_to_exitcode(os.waitpid(t.pid, 0)[1]))


def prompt_without_a_terminal():
    typed = 'x = 6\nif x:\n    print(x * 7)\n\n_\n"shown"\n_\n1/0\nx=\nimport sys\nsys.ps1, sys.ps2\ntype(sys.last_exc)\nexit(3)\n'
    for options in (['-i', '-q'], ['-i', '-q', '-c', 'y = 1; raise SystemExit(9)']):
        r = subprocess.run([sys.executable, *options], input=typed, capture_output=True, text=True, env={**os.environ, 'NO_COLOR': '1'})
        print(r.returncode)
        print(r.stdout)
        print(r.stderr)
    r = subprocess.run([sys.executable, '-'], input='print(__name__, 1)\nprint(__file__ if "__file__" in dir() else None)\n', capture_output=True, text=True)
    print(r.returncode, r.stdout, r.stderr)
    r = subprocess.run([sys.executable, '-c', 'import os; os.environ["PYTHONINSPECT"] = "1"'], input='print("not asked")\n', capture_output=True, text=True)
    print(r.returncode, repr(r.stdout))


prompt_on_a_terminal()
prompt_without_a_terminal()
