"""A small Redis client: one connection, commands and pipelines, replies as Python values.

Bulk and simple strings come as str (bytes with raw=True), integers as int, arrays as lists, null as None; an error reply is raised as Refused.
"""
import socket
import ssl


class Refused(Exception):
    pass


class Redis:
    def __init__(self, port, host="127.0.0.1", **options):
        """Options: tls (CA file), user, password, raw, timeout (seconds)."""
        self.raw = options.get("raw", False)
        self.socket = socket.create_connection((host, port), options.get("timeout", 10))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if options.get("tls"):
            self.socket = ssl.create_default_context(cafile=options["tls"]).wrap_socket(self.socket, server_hostname=host)
        self.reader = self.socket.makefile("rb")
        if options.get("password"):
            self("AUTH", *([options["user"]] if options.get("user") else []), options["password"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reader.close()
        self.socket.close()

    def __call__(self, *words):
        self.send(words)
        return self.good(self.read())

    def pipeline(self, commands):
        """Replies of many commands; an error among them stays a Refused in its place."""
        self.socket.sendall(b"".join(self.packed(words) for words in commands))
        return [self.read() for _ in commands]

    def send(self, words):
        self.socket.sendall(self.packed(words))

    def packed(self, words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

    def good(self, reply):
        if isinstance(reply, Refused):
            raise reply
        return reply

    def text(self, value):
        return value if self.raw else value.decode("utf-8", "replace")

    def read(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return self.text(rest)
        if kind == b"-":
            return Refused(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.text(self.reader.read(int(rest) + 2)[:-2])
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        raise ValueError(f"not RESP: {line[:40]!r}")

    # ── what tests ask for ──

    def info(self, section="all"):
        return dict(line.split(":", 1) for line in self("INFO", section).splitlines() if ":" in line)

    def hash(self, key):
        flat = self("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def stream(self, key):
        """The entries of a stream in order: (id, {field: value})."""
        entries, begin = [], "-"
        while True:
            page = self("XRANGE", key, begin, "+", "COUNT", 5000)
            entries += [(i, dict(zip(f[::2], f[1::2]))) for i, f in page]
            if len(page) < 5000:
                return entries
            begin = "(" + page[-1][0]

    def keys(self, pattern="*"):
        found, cursor = [], "0"
        while True:
            cursor, page = self("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            found += page
            if cursor == "0":
                return sorted(set(found))
