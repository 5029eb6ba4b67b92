"""What `run` is made of."""

import sys
import time


class Trouble(Exception):
    """Something that a person has to know: what was wrong, where, and what to do."""


def say(text):
    """Tells what is going on, apart from the results."""
    print(time.strftime("[%H:%M:%S]"), text, file=sys.stderr, flush=True)
