"""The Redis that everything runs on: one of our own, or the one that a URL names."""

import shutil
import socket
import time
from urllib.parse import quote, unquote, urlsplit

from . import Trouble, say


class RedisError(Trouble):
    """An error that Redis replied."""


class Connection:
    """Enough of Redis's protocol to measure and to clean up."""

    def __init__(self, host, port, user=None, password=None):
        try:
            self._socket = socket.create_connection((host, port), timeout=30)
        except OSError as error:
            raise Trouble(f"no Redis at {host}:{port}: {error.strerror or error}; is it running?") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._replies = self._socket.makefile("rb")
        if password:
            self.call("AUTH", *([user] if user else []), password)

    def call(self, *words):
        parts = [str(word).encode() if not isinstance(word, bytes) else word for word in words]
        request = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        try:
            self._socket.sendall(request)
            return self._reply(words[0])
        except OSError as error:
            raise Trouble(f"the connection to Redis broke during {words[0]}: {error.strerror or error}") from None

    def _reply(self, command):
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise Trouble(f"Redis closed the connection during {command}")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(f"Redis refused {command}: {rest.decode(errors='replace')}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self._replies.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self._reply(command) for _ in range(int(rest))]
        raise Trouble("what answers there is not Redis")

    def info(self, section):
        lines = self.call("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def close(self):
        self._replies.close()
        self._socket.close()


class Server:
    """A Redis database that is empty when a measurement begins and empty when it is over."""

    def __init__(self, host, port, user, password, database):
        self._connection = Connection(host, port, user, password)
        self._own = False
        self._database = database
        account = f"{quote(user or '', safe='')}:{quote(password, safe='')}@" if password else ""
        address = f"[{host}]" if ":" in host else host
        self._base = f"redis://{account}{address}:{port}"

    @property
    def url(self):
        return f"{self._base}/{self._database}"

    @property
    def version(self):
        return self._connection.info("server")["redis_version"]

    @classmethod
    def start(cls, children, folder):
        """Starts a server on a free port of the loopback interface, without persistence."""
        program = shutil.which("redis-server")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        child = children.start("redis-server", [*command, "--dir", folder])
        deadline = time.monotonic() + 10
        while True:
            children.check(child)
            try:
                server = cls("127.0.0.1", port, None, None, 0)
                break
            except Trouble:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        server._own = True
        return server

    @classmethod
    def connect(cls, url):
        """Takes an empty database of a running server: the one that the URL names, or the last that is empty."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or 6379
            chosen = int(parts.path.strip("/")) if parts.path.strip("/") else None
        except ValueError:
            host = None
        if not host or parts.scheme != "redis" or parts.query or parts.fragment:
            raise Trouble("--url takes redis://[[user]:password@]host[:port][/database]")
        server = cls(host, port, unquote(parts.username or ""), unquote(parts.password or ""), chosen)
        candidates = [chosen] if chosen is not None else range(15, 0, -1)
        for database in candidates:
            server._connection.call("SELECT", database)
            if server._connection.call("DBSIZE") == 0:
                server._database = database
                say(f"using database {database} of {host}:{port}; what is written there is deleted again")
                return server
        named = f"database {chosen} of {host}:{port} is" if chosen is not None else f"1 to 15 of {host}:{port} are"
        raise Trouble(f"{named} not empty, and the rivals' keys could not be told apart; name an empty database")

    def clean(self):
        """Empties the database. Only a server of our own is flushed."""
        if self._own:
            self._connection.call("FLUSHDB")
            return
        cursor = b"0"
        while True:
            cursor, keys = self._connection.call("SCAN", cursor, "COUNT", 1000)
            if keys:
                self._connection.call("UNLINK", *keys)
            if cursor == b"0":
                return

    def cpu_seconds(self):
        """Processor time of Redis so far, its main thread's where it tells."""
        info = self._connection.info("cpu")
        if "used_cpu_sys_main_thread" in info:
            return float(info["used_cpu_sys_main_thread"]) + float(info["used_cpu_user_main_thread"])
        return float(info["used_cpu_sys"]) + float(info["used_cpu_user"])

    def command_seconds(self):
        """Time that Redis has spent inside commands, without reading and writing sockets."""
        stats = self._connection.info("commandstats").values()
        return sum(int(field[5:]) for stat in stats for field in stat.split(",") if field.startswith("usec=")) / 1e6

    def ping_seconds(self, count=2000):
        """How long each of some round trips took."""
        times = []
        for _ in range(count):
            start = time.perf_counter()
            self._connection.call("PING")
            times.append(time.perf_counter() - start)
        return times

    def close(self):
        self._connection.close()
