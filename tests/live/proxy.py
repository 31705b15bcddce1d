"""A TCP proxy whose faults a test turns on and off at exact moments.

    with Proxy(redis.port) as link: link.cut_reply(b"FCALL"); ...; link.heal()

refuse      new connections are refused, those there are cut
black hole  connections are taken and stay, but nothing passes
delay       every piece is passed on after so many seconds
cut         all connections are reset now
cut_reply   the next request that holds some bytes is passed on whole; once its reply begins to come, the connection is cut instead: the server did it, the client does not know
cut_request the next such request is cut off before it is passed on, or in its middle
half_close  the client sees the end of what the server says, while its own side stays open
"""
import select
import socket
import struct
import threading
import time

from process import free_port, until

PIECE = 65536


def reset(s):
    """Closes with a reset, not in good order."""
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    s.close()


class Link:
    """One connection: two sockets and a thread."""

    def __init__(self, proxy, client):
        self.proxy, self.client, self.doomed, self.seen = proxy, client, False, b""
        self.server = socket.create_connection((proxy.host, proxy.target), 10)
        for s in (self.client, self.server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(10)
        self.alive, self.halved = True, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self):
        self.alive = False

    def halve(self):
        self.halved = True

    def run(self):
        try:
            while self.alive and self.turn():
                pass
        except OSError:
            pass
        for s in (self.client, self.server):
            reset(s)
        self.proxy.forget(self)

    def turn(self):
        if self.halved is True:
            self.client.shutdown(socket.SHUT_WR)
            self.halved = "done"
        readable, _, _ = select.select([self.client, self.server], [], [], 0.02)
        if self.proxy.hole:
            time.sleep(0.01)
            return True
        return all(self.pass_on(s) for s in readable)

    def pass_on(self, s):
        data = s.recv(PIECE)
        if not data:
            return False
        if self.proxy.delay_s:
            time.sleep(self.proxy.delay_s)
        if s is self.server:
            return self.to_client(data)
        return self.to_server(data)

    def to_server(self, data):
        fault = self.proxy.struck(self, data)
        if fault == "cut_request":
            return False
        if fault == "cut_middle":
            self.server.sendall(data[:len(data) // 2])
            return False
        self.doomed = self.doomed or fault == "cut_reply"
        self.server.sendall(data)
        return True

    def to_client(self, data):
        if self.doomed:
            return False
        if not self.halved:
            self.client.sendall(data)
        return True


class Proxy:
    def __init__(self, target, host="127.0.0.1", port=None):
        self.target, self.host, self.port = target, host, port or free_port()
        self.hole, self.delay_s, self.fault, self.strikes = False, 0.0, None, 0
        self.lock, self.links, self.listener = threading.Lock(), set(), None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.refuse()

    def start(self):
        self.listener = socket.create_server((self.host, self.port), backlog=64)
        self.thread = threading.Thread(target=self.accept, args=(self.listener,), daemon=True)
        self.thread.start()
        return self

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                link = Link(self, client)
                with self.lock:
                    self.links.add(link)
            except OSError:
                reset(client)

    def forget(self, link):
        with self.lock:
            self.links.discard(link)

    def struck(self, link, data):
        """The fault that this request meets. What was asked for may be split over pieces, so the end of the piece before counts too."""
        with self.lock:
            if not self.fault:
                return None
            what, match, left = self.fault
            seen, link.seen = link.seen + data, data[-len(match):] if match else b""
            if match and match not in seen:
                return None
            link.seen = b""
            self.fault = (what, match, left - 1) if left > 1 else None
            if left > 1:
                return None
            self.strikes += 1
            return what

    def arm(self, what, match, nth):
        with self.lock:
            self.fault = (what, match, nth)

    # ── faults ──

    def cut_reply(self, match=b"", nth=1):
        """Of the nth request from now that holds these bytes."""
        self.arm("cut_reply", match, nth)

    def cut_request(self, match=b"", nth=1, middle=False):
        self.arm("cut_middle" if middle else "cut_request", match, nth)

    def armed(self):
        return self.fault is not None

    def wait_for_strike(self, seconds=20):
        until(lambda: not self.armed(), "the proxy's fault", seconds, 0.002)

    def cut(self):
        with self.lock:
            links = list(self.links)
        for link in links:
            link.close()
        return len(links)

    def half_close(self):
        with self.lock:
            for link in self.links:
                link.halve()

    def black_hole(self):
        self.hole = True

    def delay(self, seconds):
        self.delay_s = seconds

    def refuse(self):
        if self.listener:
            # A thread that waits in accept() holds the socket: shutting it down wakes it.
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
            self.thread.join(5)
            self.listener = None
        self.cut()

    def heal(self):
        """All faults off; listens again."""
        self.hole, self.delay_s = False, 0.0
        with self.lock:
            self.fault = None
        if not self.listener:
            self.start()
