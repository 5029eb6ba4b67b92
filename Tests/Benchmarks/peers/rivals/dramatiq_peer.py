"""Dramatiq: the worker's actor, and the sender when run as a program.

PEERS_VARIANT is `default` (no results) or `results`.
"""

import os

import dramatiq
import sender
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend
from finish import finished

URL = os.environ["PEERS_URL"]
STORES = os.environ["PEERS_VARIANT"] == "results"

broker = RedisBroker(url=URL)
if STORES:
    broker.add_middleware(Results(backend=RedisBackend(url=URL), store_results=True))
dramatiq.set_broker(broker)


@dramatiq.actor
def noop():
    finished()
    return 1  # A job that returns nothing has its result stored only with a warning in the log.


def result(message):
    message.get_result(block=True, timeout=60_000)


if __name__ == "__main__":
    sender.run(noop.send, result if STORES else None)
