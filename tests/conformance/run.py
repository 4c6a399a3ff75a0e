"""Runs CPython 3.14's own tests on an interpreter and compares with the committed table.

    python3 tests/conformance/run.py --interpreter target/release/weft --lib-test /path/to/Lib/test [--group core] [names ...]

The table (tests/conformance/table.json) has a status for every method: pass, fail, error, skip, crash or hang. What got worse is printed and makes the
exit status 1; --update writes the new table and docs/conformance.md.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import units

TABLE = HERE / 'table.json'
REPORT = HERE.parent.parent / 'docs' / 'conformance.md'


def run_unit(interpreter, package, name, timeout):
    """{method: status} of one file, with reasons."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, 'outcome')
        env = {k: v for k, v in os.environ.items() if not k.startswith('PYTHON')}
        env['PYTHONPATH'] = str(package)
        command = [interpreter, '-u', str(HERE / 'record.py'), output, name]
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        tail = b''
        try:
            tail, _ = process.communicate(timeout=timeout)
            ended = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            tail, _ = process.communicate()
            ended = 'hang'
        rows = {}
        started = None
        done = False
        if os.path.exists(output):
            with open(output, encoding='utf-8') as f:
                for line in f:
                    try:
                        row = json.loads(line)
                    except ValueError:
                        continue
                    if 'start' in row:
                        started = row['start']
                    elif 'id' in row:
                        rows[row['id']] = (row['status'], row['reason'])
                        started = None
                    done = done or 'done' in row
        text = tail.decode('utf-8', 'replace')[-400:]
        if ended == 'hang':
            rows[started or name] = ('hang', f'no end after {timeout} s')
        elif isinstance(ended, int) and ended < 0:
            rows[started or name] = ('crash', f'signal {-ended}: {text[-200:]}')
        elif not done and not rows:
            rows[name] = ('error', text.strip().splitlines()[-1][:200] if text.strip() else 'no output')
        elif not done and started:
            rows[started] = ('error', 'the process ended: ' + text[-150:])
        return rows, time.monotonic() - began


def short(method, name):
    """The name in the table: without the package and the file."""
    for prefix in (f'test.{name}.', f'{name}.'):
        if method.startswith(prefix):
            return method[len(prefix):]
    return method


def counts(table, names):
    """{status: number} over files."""
    total = {}
    for name in names:
        for status in table.get(name, {}).values():
            total[status] = total.get(status, 0) + 1
    return total


def rate(total):
    """Share of the methods that were not skipped which pass."""
    ran = sum(n for s, n in total.items() if s != 'skip')
    return total.get('pass', 0) / ran if ran else 0.0


def without_folders(text):
    """The text with each absolute path cut to its last part: the table is the same wherever it is made."""
    return re.sub(r'(?<![\w/.])/(?:[\w.+-]+/)+', '', text)


def report(table, reasons):
    """docs/conformance.md"""
    known = set(table)
    groups = [('Core language', units.CORE), ('Threads and asyncio', units.THREADS),
              ('Library', sorted(known - set(units.CORE) - set(units.THREADS)))]
    lines = ["# CPython's own tests", '',
             "How many methods of CPython 3.14's test suite pass, file by file. Made by `tests/conformance/run.py --update`; the method-wise",
             'table is `tests/conformance/table.json`.', '',
             '| group | files | pass | fail | error | skip | crash | hang | passing of those run |', '|---|---|---|---|---|---|---|---|---|']
    for title, names in groups:
        names = [n for n in names if n in known]
        c = counts(table, names)
        lines.append(f"| {title} | {len(names)} | " + ' | '.join(str(c.get(s, 0)) for s in ('pass', 'fail', 'error', 'skip', 'crash', 'hang'))
                     + f' | {rate(c):.1%} |')
    bad = [(n, m, s) for n in sorted(known) for m, s in table[n].items() if s in ('crash', 'hang')]
    lines += ['', '## Crashes and hangs', '']
    lines += [f'- {s}: {n} {m}' for n, m, s in bad] or ['None.']
    lines += ['', '## Files, worst first', '', '| file | pass | fail | error | skip | crash and hang | a reason |', '|---|---|---|---|---|---|---|']
    order = sorted(known, key=lambda n: (-sum(v for k, v in counts(table, [n]).items() if k not in ('pass', 'skip')), n))
    for name in order:
        c = counts(table, [name])
        other = c.get('crash', 0) + c.get('hang', 0)
        if c.get('fail', 0) + c.get('error', 0) + other:
            reason = without_folders(reasons.get(name, '')).replace('|', '\\|').replace('\n', ' ')[:110]
            lines.append(f"| {name} | {c.get('pass', 0)} | {c.get('fail', 0)} | {c.get('error', 0)} | {c.get('skip', 0)} | {other} | {reason} |")
    lines += ['', '## Left out', '']
    lines += [f"- {reason}: {', '.join(names)}" for reason, names in units.EXCLUDED.items()]
    return '\n'.join(lines) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--interpreter', default='target/release/weft')
    parser.add_argument('--lib-test', required=True, help="CPython 3.14's Lib/test")
    parser.add_argument('--group', choices=['core', 'threads', 'all', 'quick'], default='core')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--timeout', type=int, default=120, help='seconds per file')
    parser.add_argument('--update', action='store_true', help='write the table and the report')
    parser.add_argument('--verbose', action='store_true', help='print what does not pass')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    lib_test = pathlib.Path(options.lib_test).resolve()
    names = options.names
    if not names:
        every = sorted(p.name.removesuffix('.py') for p in lib_test.glob('test_*') if p.suffix == '.py' or (p / '__init__.py').exists())
        names = {'core': units.CORE, 'threads': units.THREADS, 'quick': units.QUICK, 'all': [n for n in every if n not in units.excluded()]}[options.group]
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    waiting = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    found, reasons, lock = {}, {}, threading.Lock()

    def work(package):
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return
            rows, seconds = run_unit(os.path.abspath(options.interpreter), package, name, options.timeout)
            with lock:
                found[name] = {short(m, name): s for m, (s, _) in sorted(rows.items())}
                c = counts(found, [name])
                bad = [(short(m, name), s, r) for m, (s, r) in sorted(rows.items()) if s not in ('pass', 'skip')]
                if bad:
                    reasons[name] = bad[0][2]
                print(f"{name:34} {seconds:6.1f} s  " + ' '.join(f'{k} {v}' for k, v in sorted(c.items())), flush=True)
                if options.verbose:
                    for m, s, r in bad:
                        print(f'    {s:5} {m}: {r}', flush=True)

    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / 'test').symlink_to(lib_test)
        workers = [threading.Thread(target=work, args=(folder,)) for _ in range(options.jobs)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
    total = counts(found, found)
    print(f'total: {total}, {rate(total):.1%} of those that ran pass')
    worse = [(n, m, table[n][m], s) for n in found for m, s in found[n].items()
             if table.get(n, {}).get(m) == 'pass' and s not in ('pass', 'skip')]
    gone = [(n, m) for n in found for m, s in table.get(n, {}).items() if s == 'pass' and m not in found[n]]
    better = [(n, m) for n in found for m, s in found[n].items() if s == 'pass' and table.get(n, {}).get(m, 'pass') != 'pass']
    for n, m in better:
        print(f'better: {n} {m}')
    for n, m, before, now in worse:
        print(f'worse: {n} {m}: {before} -> {now}')
    for n, m in gone:
        print(f'gone: {n} {m}: passed, is not there any more')
    # Another version of the tests has other methods; but where something new fails instead, or nothing is left, methods are hidden by it.
    hidden = {n for n, _ in gone if not found[n] or any(s not in ('pass', 'skip') and m not in table[n] for m, s in found[n].items())}
    for n in sorted(hidden):
        print(f'worse: {n}: methods have gone with a failure that is new')
    if options.update:
        table.update(found)
        TABLE.write_text(json.dumps(table, indent=0, sort_keys=True) + '\n')
        REPORT.write_text(report(table, reasons))
    return 1 if worse or hidden else 0


if __name__ == '__main__':
    sys.exit(main())
