"""Draws the Mandelbrot set with threads, each taking the next row. Prints the speed-up. usage: weft examples/mandelbrot.py [threads]"""
import _thread
import sys
import time

WIDTH, HEIGHT, LIMIT = 320, 240, 100


def row(y):
    out = []
    ci = 2.4 * y / HEIGHT - 1.2
    for x in range(WIDTH):
        cr = 3.2 * x / WIDTH - 2.2
        zr = zi = 0.0
        n = 0
        while n < LIMIT and zr * zr + zi * zi < 4.0:
            zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
            n += 1
        out.append(n)
    return out


def run(threads):
    todo = list(range(HEIGHT))
    picture = [None] * HEIGHT
    finished = []

    def work():
        while True:
            try:
                y = todo.pop()
            except IndexError:
                break
            picture[y] = row(y)
        finished.append(1)

    t = time.perf_counter()
    for _ in range(threads):
        _thread.start_new_thread(work, ())
    while len(finished) < threads:
        time.sleep(0.001)
    return picture, time.perf_counter() - t


threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
picture, one = run(1)
again, many = run(threads)
assert picture == again
for y in range(0, HEIGHT, 12):
    print("".join(" .:-=+*#%@"[min(9, n * 10 // LIMIT)] for n in picture[y][::5]))
print(f"1 thread: {one:.2f} s, {threads} threads: {many:.2f} s, speed-up {one / many:.2f}")
