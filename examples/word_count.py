"""Counts words in text files with one thread per share of the files, and shows what the threads bring.

usage: weft examples/word_count.py [file ...]        (without files: text that is made here)
"""
import collections
import sys
import threading
import time


def made_text(n):
    words = "the quick brown fox jumps over the lazy dog while threads run on all cores".split()
    return " ".join(words[(i * 7 + i // 3) % len(words)] for i in range(n))


def count(texts, results, place):
    counts = collections.Counter()
    for text in texts:
        counts.update(text.split())
    results[place] = counts


def run(texts, threads):
    results = [None] * threads
    workers = [threading.Thread(target=count, args=(texts[n::threads], results, n)) for n in range(threads)]
    start = time.perf_counter()
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    total = collections.Counter()
    for r in results:
        total.update(r)
    return total, time.perf_counter() - start


def main():
    if len(sys.argv) > 1:
        texts = []
        for name in sys.argv[1:]:
            with open(name, encoding="utf-8", errors="replace") as f:
                texts.append(f.read())
    else:
        texts = [made_text(100_000)] * 16
    total, one = run(texts, 1)
    again, two = run(texts, 2)
    assert total == again
    for word, n in total.most_common(5):
        print(f"{n:8} {word}")
    print(f"1 thread {one:.3f} s, 2 threads {two:.3f} s: {one / two:.2f} times as fast")


main()
