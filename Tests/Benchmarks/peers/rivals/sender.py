"""The sender's side of a rival: what is timed, the same for each of them.

A rival's program is called with a mode and a count and answers with one line of JSON.
"""

import json
import math
import random
import sys
import time
from collections import deque

WARM_UP = 100
IN_FLIGHT = 64


def arguments():
    """The mode and the count on the command line."""
    return sys.argv[1], int(sys.argv[2])


def answer(**values):
    print(json.dumps(values), flush=True)


def answer_rate(count, seconds):
    answer(jobs=count + WARM_UP, seconds=seconds, rate=count / seconds)


def answer_latencies(seconds):
    """Takes the nearest rank: the smallest latency that so many of the jobs did not exceed."""
    ordered = sorted(seconds)

    def rank(part):
        return ordered[max(math.ceil(len(ordered) * part) - 1, 0)] * 1000

    answer(p50=rank(0.5), p99=rank(0.99))


def pause():
    """How long to let everything come to rest before a lone job; at random, so that it falls in step with no timer."""
    return random.uniform(0, 0.01)


def enqueue(count, submit):
    for _ in range(WARM_UP):
        submit()
    start = time.perf_counter()
    for _ in range(count):
        submit()
    answer_rate(count, time.perf_counter() - start)


def awaited(count, submit, result):
    """Keeps a window of jobs in flight, submitting one for each result it gets."""
    for _ in range(WARM_UP):
        result(submit())
    window = deque()
    start = time.perf_counter()
    for _ in range(count):
        if len(window) == IN_FLIGHT:
            result(window.popleft())
        window.append(submit())
    while window:
        result(window.popleft())
    answer_rate(count, time.perf_counter() - start)


def latency(count, submit, result):
    for _ in range(WARM_UP):
        result(submit())
    latencies = []
    for _ in range(count):
        time.sleep(pause())
        start = time.perf_counter()
        result(submit())
        latencies.append(time.perf_counter() - start)
    answer_latencies(latencies)


def run(submit, result=None):
    """Does what the command line asks for, with functions that submit a job and wait for its result."""
    mode, count = arguments()
    if mode == "enqueue":
        enqueue(count, submit)
    elif mode == "awaited" and result:
        awaited(count, submit, result)
    elif mode == "latency" and result:
        latency(count, submit, result)
    else:
        sys.exit(f"this rival does not know the mode {mode}")
