"""Celery: the worker's application, and the sender when run as a program.

PEERS_VARIANT is `default`, `late` (acknowledge after the run) or `unstored` (keep no results).
"""

import os

import sender
from celery import Celery
from finish import finished

URL = os.environ["PEERS_URL"]
VARIANT = os.environ["PEERS_VARIANT"]

app = Celery("celery_peer", broker=URL, backend=URL)
app.conf.update(
    task_acks_late=VARIANT == "late",
    # Otherwise the job of a child that was killed counts as done all the same.
    task_reject_on_worker_lost=VARIANT == "late",
    task_ignore_result=VARIANT == "unstored",
    # The optimizing guide: a large multiplier when tasks are short.
    worker_prefetch_multiplier=128,
    broker_connection_retry_on_startup=True,
)


@app.task(name="noop")
def noop():
    finished()


def result(handle):
    handle.get(timeout=60)


if __name__ == "__main__":
    sender.run(noop.delay, None if VARIANT == "unstored" else result)
