"""How threads scale on this interpreter; the result is JSON. Called by `bench scaling`, or alone:

    python bench/suites/scaling --threads 4 --output result.json [CASE ...]

A case is run by 1, 2, ... threads at once, each doing the whole work; N*t1/tN is the score, N is perfect and 1 is one thread at a time.
"""
import _thread
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import event_loops
import free_threading
import own_and_shared
import pauses
import pool
import timing


def options(words):
    out = {"threads": os.cpu_count() or 1, "repeats": 5, "scale": 1.0, "output": None, "cases": []}
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("--threads", "--repeats"):
            out[word[2:]] = int(words.pop(0))
        elif word == "--scale":
            out["scale"] = float(words.pop(0))
        elif word == "--output":
            out["output"] = words.pop(0)
        elif word.startswith("-"):
            sys.exit("usage: scaling [--threads N] [--repeats N] [--scale X] [--output FILE] [case ...]")
        else:
            out["cases"].append(word)
    return out


def best(times):
    """The score of each number of threads, from the shortest times."""
    one = min(times["1"])
    return {n: int(n) * one / min(of) for n, of in times.items()}


def attempt(name, out, work):
    """Runs a part; one that fails is recorded and does not end the rest."""
    try:
        out[name] = work()
    except Exception as fault:
        traceback.print_exc()
        out[name] = {"error": f"{type(fault).__name__}: {fault}"}


def main(given):
    counts = list(range(1, given["threads"] + 1)) if given["threads"] <= 8 else sorted({1, 2, 4, given["threads"], *range(8, given["threads"], 8)})
    wanted = given["cases"]
    known = {c.__name__ for m in (free_threading, own_and_shared) for c in m.CASES} | {"asyncio", "pool", "pauses"}
    for name in wanted:
        if name not in known:
            sys.exit(f"no case is named {name}")
    # A further thread is alive all the time: nothing is measured in a process of one thread.
    stop = []

    def idle():
        while not stop:
            time.sleep(0.05)

    _thread.start_new_thread(idle, ())
    result = {"threads": counts, "repeats": given["repeats"], "cases": []}
    for suite in (free_threading, own_and_shared):
        for case in suite.CASES:
            name = case.__name__
            if wanted and name not in wanted:
                continue
            entry = {"name": name, "kind": suite.kind_of(name)}
            try:
                entry.update(timing.measure(case, counts, given["repeats"], 0.04 * given["scale"]))
                scores = " ".join(f"{score:5.2f}" for n, score in best(entry["times"]).items() if n != "1")
                print(f"{name:30} {scores}   {min(entry['times']['1']) / entry['loops'] * 1000:8.3f} ms", flush=True)
            except Exception as fault:
                traceback.print_exc()
                entry["error"] = f"{type(fault).__name__}: {fault}"
            result["cases"].append(entry)
    if not wanted or "asyncio" in wanted:
        attempt("asyncio", result, lambda: event_loops.measure(counts, given["repeats"], given["scale"]))
    if not wanted or "pool" in wanted:
        attempt("pool", result, lambda: pool.measure(counts, given["repeats"], given["scale"]))
    if not wanted or "pauses" in wanted:
        attempt("pauses", result, lambda: pauses.measure(counts, given["scale"]))
    stop.append(1)
    if given["output"]:
        with open(given["output"], "w") as f:
            json.dump(result, f)
    else:
        for name in ("asyncio", "pool", "pauses"):
            if name in result:
                print(name, json.dumps(result[name]))


if __name__ == "__main__":
    main(options(sys.argv[1:]))
