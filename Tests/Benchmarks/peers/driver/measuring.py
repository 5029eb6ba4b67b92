"""Measures one rival: enqueueing, draining, jobs awaited, and what they cost Redis."""

import json
import os
import time
from dataclasses import dataclass

from . import Trouble, say

LATENCIES = 300
# The driver looks this often at how many jobs are done: a drain takes seconds.
LOOK = 0.005
# For the last acknowledgements and results, before Redis is asked what it used.
SETTLE = 0.3


@dataclass(frozen=True)
class Drain:
    jobs: int
    rate: float
    """Jobs a second, from the first finished job to the last."""
    worker_micros: float
    """Processor time of the workers for each of these jobs."""


class Measurement:
    """A rival on a server. Each step is bounded in time; one that fails leaves the others to be tried."""

    def __init__(self, rival, server, children, programs, figures, finished, jobs, limit, ping):
        self._rival = rival
        self._server = server
        self._children = children
        self._programs = programs
        self._figures = figures
        self._finished = finished
        self._jobs = jobs * rival.scale
        self._limit = limit
        self._ping = ping
        self._rates = {}
        self.failures = 0

    def run(self, cores):
        rival = self._rival
        load = os.getloadavg()[0]
        self._figures.title(f"\n{rival.name}: {rival.settings}\n  {rival.note}")
        about = f"{rival.note}; settings: {rival.settings}"
        self._figures.show(f"peer.{rival.name}.load", load, "", "the machine's, over the minute before", about=about)
        say(f"{rival.name}: {self._jobs} jobs, load {load:.2f}")
        first = "bulk" if rival.bulk else "enqueue"
        suffix = ".bulk" if rival.bulk else None
        self._step("drain by one process", lambda: self._queue_and_drain(first, 1, ".1", suffix))
        self._step(f"drain by {cores} processes", lambda: self._queue_and_drain("enqueue", cores, "", ""))
        self._show_rates()
        if rival.awaits:
            self._step("jobs awaited", lambda: self._await_results(cores))

    def _step(self, title, body):
        self._server.clean()
        with open(self._finished, "wb"):
            pass  # from here on its length is the number of jobs done
        try:
            body()
        except Trouble as trouble:
            self.failures += 1
            say(f"{self._rival.name}: no figure for {title}: {trouble}")
            self._figures.title(f"  no figure for {title}: see the messages")
        finally:
            self._server.clean()

    def _show(self, figure, value, unit, note="", reference=None):
        name = f"peer.{self._rival.name}.{figure}"
        self._figures.show(name, value, unit, note, reference, about=self._rival.note)

    def _send(self, mode, count):
        name = f"{self._rival.name}-{mode}"
        environment = self._programs.environment(self._rival)
        command = self._programs.sender(self._rival, mode, count)
        text = self._children.output(name, command, environment, self._limit)
        try:
            return json.loads(text)
        except ValueError:
            raise Trouble(f"{name} printed what is no answer: {text[:200]!r}") from None

    def _queue_and_drain(self, mode, processes, drain_suffix, cpu_suffix):
        cpu, commands = self._server.cpu_seconds(), self._server.command_seconds()
        sent = self._send(mode, self._jobs)
        self._rates.setdefault(mode, []).append(sent["rate"])
        drain = self._drain(sent["jobs"], processes)
        cpu = (self._server.cpu_seconds() - cpu) * 1e6 / drain.jobs
        commands = (self._server.command_seconds() - commands) * 1e6 / drain.jobs
        self._show(f"drain{drain_suffix}", drain.rate, "jobs/s", f"{processes} process{'es' if processes > 1 else ''}")
        if processes == 1:
            self._show("worker_cpu_per_job", drain.worker_micros, "µs", "the worker's own, 1 process")
        if cpu_suffix is not None:
            how = "enqueued in bulk" if mode == "bulk" else "enqueued one at a time"
            self._show(f"cpu_per_job{cpu_suffix}", cpu, "µs", f"Redis's main thread; {how}")
            self._show(f"commands_per_job{cpu_suffix}", commands, "µs", f"of that, inside commands; {how}")

    def _show_rates(self):
        for mode, rates in self._rates.items():
            figure = "enqueue.bulk" if mode == "bulk" else "enqueue"
            self._show(figure, max(rates), "jobs/s", "one sender" + ("; 1,000 a call" if mode == "bulk" else ""))

    def _start_workers(self, processes):
        environment = self._programs.environment(self._rival)
        commands = self._programs.workers(self._rival, processes)
        return [self._children.start(f"{self._rival.name}-worker", command, environment) for command in commands]

    def _drain(self, jobs, processes):
        workers = []
        try:
            workers = self._start_workers(processes)
            drain = self._watch(jobs, workers)
            time.sleep(SETTLE)
        finally:
            self._children.stop(*workers)
        return drain

    def _watch(self, jobs, workers):
        deadline = time.monotonic() + self._limit
        first = None
        while True:
            now, done = time.monotonic(), os.path.getsize(self._finished)
            if done > 0 and first is None:
                first, already, cpu = now, done, self._children.cpu_seconds(workers)
            if done >= jobs:
                timed, cpu = max(done - already, 1), self._children.cpu_seconds(workers) - cpu
                return Drain(jobs, timed / max(now - first, LOOK), cpu * 1e6 / timed)
            if now > deadline:
                logs = self._children.last_lines(workers[0])
                raise Trouble(f"{done} of {jobs} jobs were done after {self._limit} s{logs}")
            for worker in workers:
                self._children.check(worker)
            time.sleep(LOOK)

    def _await_results(self, processes):
        workers = self._start_workers(processes)
        try:
            waiting = self._rival.waiting
            with_waiting = f"; {waiting}" if waiting else ""
            lone = self._send("latency", LATENCIES)
            for part in ("p50", "p99"):
                self._show(f"latency.{part}", lone[part], "ms", f"a lone job{with_waiting}", self._ping)
            awaited = self._send("awaited", max(self._jobs // 2, 1))
            self._show("awaited", awaited["rate"], "jobs/s", f"64 in flight{with_waiting}")
        finally:
            self._children.stop(*workers)
