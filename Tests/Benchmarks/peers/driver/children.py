"""Child processes: each in a group of its own, bounded in time, and stopped by its own identifier."""

import os
import signal
import subprocess
import time

from . import Trouble

GRACE = 10


class Children:
    """Every process that this program started and has not stopped yet."""

    def __init__(self, folder, secret=None):
        self._folder = folder
        self._secret = secret
        self._running = []
        self._started = 0

    def start(self, name, command, environment=None, capture=False):
        """Starts a process whose output goes to a log of its own, or with `capture` its standard output to us."""
        self._started += 1
        path = os.path.join(self._folder, f"{self._started}-{name}.log")
        with open(path, "wb") as log:
            child = subprocess.Popen(
                command,
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if capture else log,
                stderr=log,
                # Ctrl-C is for us alone, and the workers' own children can be reached when they do not end.
                start_new_session=True,
            )
        child.label = name
        child.log = path
        self._running.append(child)
        return child

    def output(self, name, command, environment, limit):
        """What a program printed, which has so many seconds for it."""
        child = self.start(name, command, environment, capture=True)
        try:
            text, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{name} did not end within {limit} s{self.last_lines(child)}") from None
        finally:
            self.stop(child)
        if child.returncode != 0:
            raise Trouble(f"{name} ended with status {child.returncode}{self.last_lines(child)}")
        return text.decode()

    def check(self, child):
        """Fails when a process that should be running is not."""
        if self._ended(child):
            raise Trouble(f"{child.label} ended early{self.last_lines(child)}")

    @staticmethod
    def _ended(child):
        """Whether a process has ended, without letting go of its identifier."""
        return child.returncode is not None or bool(
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        )

    @staticmethod
    def cpu_seconds(children):
        """Processor time so far of what runs in the sessions of some processes: of themselves and of their children."""
        sessions = {child.pid for child in children}
        ticks = 0
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    # What follows the program's name, which may hold anything: state, parent, group, session, …
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue  # it ended between the two
            if int(fields[3]) in sessions:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self, *children):
        """Asks processes to end, waits, and kills what is left of them and of their own children."""
        for child in children:
            if not self._ended(child):
                child.terminate()
        deadline = time.monotonic() + GRACE
        while not all(self._ended(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in children:
            if child.returncode is None:
                # Not waited for yet, so the identifier and the group that bears it are still this child's.
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            if child.stdout:
                child.stdout.close()
            if child in self._running:
                self._running.remove(child)

    def stop_all(self):
        """Stops everything, the youngest first: workers go before their server."""
        for child in reversed(list(self._running)):
            self.stop(child)

    def last_lines(self, child, count=8):
        """The end of a process's log, to go behind an error."""
        with open(child.log, encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()[-count:]
        text = "\n".join("    | " + line for line in lines)
        if self._secret:
            text = text.replace(self._secret, "***")
        return f"; the end of its log:\n{text}" if lines else " and printed nothing"
