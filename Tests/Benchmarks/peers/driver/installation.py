"""Puts the rivals where they can be run: Python's in an environment of their own, the others with apt."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys

from . import Trouble, say

# What apt is asked for: a program whose absence shows that a package is missing, and the packages.
APT = {
    "redis-server": ["redis-server"],
    "sidekiq": ["ruby-sidekiq", "ruby-hiredis"],
}


# Seconds that one installing command may take.
LIMIT = 900


class Installation:
    def __init__(self, requirements, may_install):
        self._requirements = requirements
        self._may_install = may_install
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        with open(requirements, "rb") as file:
            version = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()[:12]
        # Other requirements, or another Python, get another folder: nothing is ever upgraded in place.
        self._environment = os.path.join(cache, "lineshaft-peers", version)
        self.python = os.path.join(self._environment, "bin", "python")

    def script(self, name):
        return os.path.join(self._environment, "bin", name)

    def need_program(self, name):
        if shutil.which(name):
            return
        packages = APT[name]
        self._refuse_unless_allowed(f"{name} (apt-get install {' '.join(packages)})")
        if not shutil.which("apt-get"):
            raise Trouble(f"there is no {name} and no apt-get here; install it by hand, then run this again")
        as_root = []
        if os.geteuid() != 0:
            if not shutil.which("sudo"):
                raise Trouble(f"installing needs root, and there is no sudo: apt-get install {' '.join(packages)}")
            as_root = ["sudo"]
        say(f"installing with {' '.join([*as_root, 'apt-get'])}: {' '.join(packages)}")
        quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-qq", "--no-install-recommends"]
        self._run([*as_root, "apt-get", "update", "-qq"])
        self._run([*as_root, *quiet, "install", *packages])

    def need_python(self):
        # Written last, so that an interrupted installation is begun again.
        complete = os.path.join(self._environment, "complete")
        if os.path.exists(complete):
            return
        self._refuse_unless_allowed(f"the Python packages of {self._requirements}")
        if not importlib.util.find_spec("ensurepip"):
            raise Trouble(f"{sys.executable} makes no virtual environments; on Debian: apt-get install python3-venv")
        say(f"installing from PyPI into {self._environment}: {', '.join(self._pinned())}")
        shutil.rmtree(self._environment, ignore_errors=True)
        self._run([sys.executable, "-m", "venv", self._environment])
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        self._run([*pip, "-r", self._requirements])
        with open(complete, "w", encoding="utf-8"):
            pass

    def _pinned(self):
        with open(self._requirements, encoding="utf-8") as file:
            return [line.strip() for line in file if line.strip() and not line.startswith("#")]

    def _refuse_unless_allowed(self, what):
        if not self._may_install:
            raise Trouble(f"missing: {what}; run without --no-install to have it installed")

    @staticmethod
    def _run(command):
        # Standard output is for results.
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=LIMIT).returncode
        except subprocess.TimeoutExpired:
            raise Trouble(f"{' '.join(command)} did not end within {LIMIT} s; is the network there?") from None
        if status != 0:
            raise Trouble(f"{' '.join(command)} ended with status {status}; its messages are above")
