"""How a finished job makes itself known: one byte appended to a file that the driver watches.

It costs one write a job, the same for every rival, and asks Redis for nothing.
"""

import os

_file = os.open(os.environ["PEERS_FINISHED"], os.O_WRONLY | os.O_APPEND)


def finished():
    os.write(_file, b".")
