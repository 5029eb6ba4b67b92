"""The rivals: how each is run, and what a figure of it stands for."""

import os
import shutil
from dataclasses import dataclass

STORED = "results stored"
UNSTORED = "no results"
BEFORE = "acknowledged before it runs: lost in a crash"
AFTER = "acknowledged after it ran: runs again after a crash"


@dataclass(frozen=True)
class Rival:
    """One system in one setting."""

    name: str
    """Its part in the names of figures."""

    system: str
    """`celery`, `dramatiq`, `taskiq` or `sidekiq`: its program is `rivals/SYSTEM_peer`."""

    variant: str
    results: str
    acknowledgement: str
    settings: str

    awaits: bool = True
    """Whether a sender can wait for a job's result."""

    bulk: bool = False
    """Whether many jobs can be enqueued in one call."""

    scale: int = 1
    """How many times the jobs of the others it takes for a measurement of some seconds."""

    waiting: str = ""
    """What is to be known about how its sender waits."""

    @property
    def note(self):
        return f"{self.results}; {self.acknowledgement}"


CELERY = "prefork, a child for each process; prefetch multiplier 128; no gossip, mingle or heartbeat; log level warning"
DRAMATIQ = "8 threads a process; prefetch 128; default middleware"
TASKIQ = "uvloop; 100 tasks a process; --no-parse; log level warning"
TASKIQ_WAITS = "polls each 1 ms for a lone job, each 10 ms with 64 in flight"

RIVALS = [
    Rival(
        "sidekiq", "sidekiq", "default", UNSTORED, BEFORE,
        "10 threads a process; hiredis driver; production; log level warning",
        bulk=True, scale=4, waiting="the job itself replies through a list: no feature of Sidekiq",
    ),
    Rival("celery", "celery", "default", STORED, BEFORE, CELERY),
    Rival(
        "celery-late", "celery", "late", STORED, AFTER + ", an hour later by default",
        CELERY + "; task_acks_late, task_reject_on_worker_lost",
    ),
    Rival("celery-unstored", "celery", "unstored", UNSTORED, BEFORE, CELERY + "; task_ignore_result", awaits=False),
    Rival("dramatiq", "dramatiq", "default", UNSTORED, AFTER, DRAMATIQ, awaits=False),
    Rival("dramatiq-results", "dramatiq", "results", STORED, AFTER, DRAMATIQ + "; Results with the Redis backend"),
    Rival("taskiq", "taskiq", "default", STORED, BEFORE, "ListQueueBroker; " + TASKIQ, waiting=TASKIQ_WAITS),
    Rival("taskiq-unstored", "taskiq", "unstored", UNSTORED, BEFORE, "ListQueueBroker; " + TASKIQ, awaits=False),
    Rival(
        "taskiq-stream", "taskiq", "stream", STORED, AFTER + ", ten minutes later by default",
        "RedisStreamBroker; --ack-type when_saved; " + TASKIQ, waiting=TASKIQ_WAITS,
    ),
]


class Programs:
    """The command lines of rivals."""

    def __init__(self, installation, folder, url, finished):
        self._installation = installation
        self._folder = folder
        self._url = url
        self._finished = finished

    def environment(self, rival):
        return {
            **os.environ,
            "PEERS_URL": self._url,
            "PEERS_VARIANT": rival.variant,
            "PEERS_FINISHED": self._finished,
            "PYTHONPATH": self._folder,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            "dramatiq_queue_prefetch": "128",
        }

    def sender(self, rival, mode, count):
        if rival.system == "sidekiq":
            program = [shutil.which("ruby") or "ruby", os.path.join(self._folder, "sidekiq_peer.rb")]
        else:
            program = [self._installation.python, os.path.join(self._folder, f"{rival.system}_peer.py")]
        return [*program, mode, str(count)]

    def workers(self, rival, processes):
        """Command lines that together make so many worker processes."""
        if rival.system == "sidekiq":
            file = os.path.join(self._folder, "sidekiq_peer.rb")
            return [["sidekiq", "-r", file, "-c", "10", "-e", "production"]] * processes
        script = self._installation.script(rival.system)
        if rival.system == "celery":
            quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
            return [[script, "-A", "celery_peer", "worker", "--concurrency", str(processes), *quiet]]
        if rival.system == "dramatiq":
            return [[script, "dramatiq_peer", "--processes", str(processes), "--threads", "8"]]
        options = ["--no-parse", "--log-level", "WARNING", "--ack-type", "when_saved"]
        return [[script, "worker", "taskiq_peer:broker", "--workers", str(processes), *options]]
