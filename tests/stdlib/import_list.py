# One real feature of each module that programs start with.
import threading, concurrent.futures, asyncio, queue, re, json, dataclasses, typing, logging, argparse, unittest, subprocess
import multiprocessing, pickle, datetime, hashlib, csv, zlib, sqlite3
import io
import sys


def worker(q, out):
    while (n := q.get()) is not None:
        out.append(n * n)


def square(n):
    return n * n


async def echo_server():
    async def handle(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    server = await asyncio.start_server(handle, '127.0.0.1', 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b'over tcp\n')
        got = await reader.readline()
        writer.close()
        await writer.wait_closed()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asyncio.to_thread(square, n)) for n in range(4)]
    process = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(6 * 7)', stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return got, [t.result() for t in tasks], out


@dataclasses.dataclass(order=True, slots=True)
class Point:
    x: int
    y: float = dataclasses.field(default=1.5, compare=False)
    tags: list[str] = dataclasses.field(default_factory=list)


@typing.runtime_checkable
class Sized(typing.Protocol):
    def size(self) -> int: ...


class Square:
    def size(self) -> int:
        return 4


class Test(unittest.TestCase):
    def test_good(self):
        with self.subTest(n=1), self.assertRaisesRegex(ValueError, 'invalid'):
            int('x')

    def test_bad(self):
        self.assertEqual([1, 2], [1, 3])

    @unittest.skip('not now')
    def test_skipped(self):
        pass


def main():
    q, out = queue.Queue(), []
    threads = [threading.Thread(target=worker, args=(q, out)) for _ in range(3)]
    for t in threads:
        t.start()
    for n in [*range(10), None, None, None]:
        q.put(n)
    for t in threads:
        t.join()
    print('threading, queue', sorted(out))
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(pow, n, 2) for n in range(5)]
        print('concurrent.futures', sorted(f.result() for f in concurrent.futures.as_completed(futures)), list(pool.map(square, range(4))))
    print('asyncio', asyncio.run(echo_server()))
    print('re', re.sub(r'(?P<first>\w+) (?P<last>\w+)', r'\g<last>, \g<first>', 'Ada Lovelace'), re.findall(r'(?<=#)\w+', '#a b #c'))
    print('json', json.dumps({'b': [1, 2.5, None, 'é'], 'a': {}}, sort_keys=True, indent=1), json.loads('{"x": [1e3, true]}'))
    print('dataclasses', Point(1) < Point(2, 0), dataclasses.asdict(Point(3)), dataclasses.replace(Point(1), x=9))
    print('typing', isinstance(Square(), Sized), typing.get_type_hints(Square.size), typing.get_args(typing.Union[int, list[str]]))
    stream = io.StringIO()
    log = logging.getLogger('a.b')
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter('%(levelname)s:%(name)s:%(funcName)s:%(message)s'))
    log.addHandler(handler)
    log.warning('seen %d times', 3)
    log.debug('not seen')
    print('logging', stream.getvalue().strip())
    parser = argparse.ArgumentParser(prog='tool', color=False)
    parser.add_argument('file', nargs='+')
    parser.add_argument('-n', '--number', type=int, choices=range(5), default=2, help='how many (default: %(default)s)')
    print('argparse', parser.parse_args(['-n', '3', 'a', 'b']), parser.format_help())
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Test)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    print('unittest', result.testsRun, len(result.failures), len(result.skipped), result.failures[0][1].splitlines()[-1:])
    done = subprocess.run([sys.executable, '-c', 'import sys; print(sys.stdin.read()[::-1]); sys.exit(3)'], input='abc', capture_output=True, text=True)
    print('subprocess', done.returncode, done.stdout.strip())
    context = multiprocessing.get_context('spawn')
    with context.Pool(2) as pool:
        print('multiprocessing', pool.map(square, range(5)))
    again = pickle.loads(pickle.dumps([Point(1, 2.0, ['t']), {'self': datetime.date(2020, 1, 2)}], protocol=5))
    print('pickle', again)
    moment = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    print('datetime', moment.isoformat(), moment.astimezone(datetime.timezone.utc), moment + datetime.timedelta(days=366), f'{moment:%A %d %B %Y}')
    print('hashlib', hashlib.sha256(b'abc').hexdigest()[:16], hashlib.blake2b(b'abc', digest_size=8).hexdigest(), hashlib.pbkdf2_hmac('sha1', b'p', b's', 10).hex()[:16])
    text = io.StringIO()
    writer = csv.DictWriter(text, ['a', 'b'])
    writer.writeheader()
    writer.writerow({'a': 'x,y', 'b': 'say "hi"'})
    print('csv', text.getvalue().splitlines(), list(csv.DictReader(io.StringIO(text.getvalue()))))
    packed = zlib.compress(b'spam ' * 100, 9)
    print('zlib', len(packed) < 50, zlib.decompress(packed)[:9], zlib.crc32(b'abc'))
    db = sqlite3.connect(':memory:')
    db.executescript('create table t(n integer, s text); insert into t values (1, "one"), (2, "two");')
    db.create_function('double', 1, lambda n: 2 * n)
    print('sqlite3', db.execute('select double(n), s from t where n > ? order by n', (0,)).fetchall())


if __name__ == '__main__':
    main()
