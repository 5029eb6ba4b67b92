"""taskiq: the worker's broker, and the sender when run as a program.

PEERS_VARIANT is `default` (a list, results stored), `unstored` (a list, no results) or `stream` (a stream, whose
entries are acknowledged, and results stored).
"""

import asyncio
import os
import time

import sender
import uvloop
from finish import finished
from taskiq_redis import ListQueueBroker, RedisAsyncResultBackend, RedisStreamBroker

URL = os.environ["PEERS_URL"]
VARIANT = os.environ["PEERS_VARIANT"]

# taskiq polls for results. Its own interval of 0.2 s would be all that is measured.
LONE_INTERVAL = 0.001
SHARED_INTERVAL = 0.01

if VARIANT == "stream":
    # The group reads from the stream's beginning: what is queued before a worker's first start counts.
    broker = RedisStreamBroker(URL, consumer_id="0")
else:
    broker = ListQueueBroker(URL)
if VARIANT != "unstored":
    broker = broker.with_result_backend(RedisAsyncResultBackend(URL, result_ex_time=3600))


@broker.task(task_name="noop")
async def noop():
    finished()


async def round_trip(interval):
    handle = await noop.kiq()
    await handle.wait_result(check_interval=interval, timeout=60)


async def enqueue(count):
    for _ in range(sender.WARM_UP):
        await noop.kiq()
    start = time.perf_counter()
    for _ in range(count):
        await noop.kiq()
    sender.answer_rate(count, time.perf_counter() - start)


async def awaited(count):
    async def keep_one_in_flight(numbers):
        for _ in numbers:
            await round_trip(SHARED_INTERVAL)

    for _ in range(sender.WARM_UP):
        await round_trip(LONE_INTERVAL)
    numbers = iter(range(count))
    start = time.perf_counter()
    await asyncio.gather(*(keep_one_in_flight(numbers) for _ in range(sender.IN_FLIGHT)))
    sender.answer_rate(count, time.perf_counter() - start)


async def latency(count):
    for _ in range(sender.WARM_UP):
        await round_trip(LONE_INTERVAL)
    latencies = []
    for _ in range(count):
        await asyncio.sleep(sender.pause())
        start = time.perf_counter()
        await round_trip(LONE_INTERVAL)
        latencies.append(time.perf_counter() - start)
    sender.answer_latencies(latencies)


async def main():
    mode, count = sender.arguments()
    await broker.startup()
    try:
        await {"enqueue": enqueue, "awaited": awaited, "latency": latency}[mode](count)
    finally:
        await broker.shutdown()


if __name__ == "__main__":
    uvloop.run(main())
