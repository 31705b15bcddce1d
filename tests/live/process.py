"""Processes that a test starts: on free ports, in a scratch folder, ended by their ids, none left behind."""
import atexit
import ctypes
import os
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Unavailable(Exception):
    """What the test needs cannot be had on this machine."""


class TooLate(Exception):
    """What was waited for did not come."""


def die_with_parent():
    """For the child before it becomes another program: it ends with the thread that started it."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A free port of 127.0.0.1 below the range that the kernel gives to clients: a server that was killed finds it free again."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(10000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Unavailable("no free port")


def until(condition, what, seconds=30, pause=0.02):
    """Waits until the condition gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise TooLate(f"{what}: not within {seconds} s")
        time.sleep(pause)


class Process:
    """One process with its log. It dies with the thread that started it, so nothing outlives a test that was killed."""
    started = []

    def __init__(self, name, folder, arguments, **options):
        """Options as Popen's; argv0: the name the program is called by."""
        os.makedirs(folder, exist_ok=True)
        self.name, self.folder, self.arguments, self.options = name, folder, arguments, options
        self.log = os.path.join(folder, f"{name}.log")
        self.process, self.at, self.paused, self.stopping = None, 0, False, False

    def start(self):
        with open(self.log, "ab") as log:
            self.at = log.tell()
            self.process = subprocess.Popen(self.arguments, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent, **self.options)
        self.paused, self.stopping = False, False
        Process.started.append(self)
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        """kill -9; True if it still ran."""
        running = self.running()
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()
        return running

    def ask_to_stop(self):
        self.stopping = True
        self.signal(signal.SIGTERM)

    def stop(self, seconds=20):
        """SIGTERM; the exit status. What does not end in time is killed and told."""
        self.ask_to_stop()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TooLate(f"{self.name} did not stop within {seconds} s: {self.text()[-1500:]}") from None

    def pause(self):
        self.signal(signal.SIGSTOP)
        self.paused = True

    def resume(self):
        self.signal(signal.SIGCONT)
        self.paused = False

    def wait(self, seconds=60):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TooLate(f"{self.name} did not end within {seconds} s: {self.text()[-1500:]}") from None

    def text(self):
        """What it wrote since it was started last."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            f.seek(self.at)
            return f.read()

    def whole_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for(self, words, count=1, seconds=30):
        def there():
            if self.text().count(words) >= count:
                return True
            if not self.running() and self.text().count(words) < count:
                raise TooLate(f"{self.name} ended with {self.process.returncode} before {words!r}: {self.text()[-1500:]}")
            return False
        until(there, f"{self.name}: {words!r} {count} times", seconds)


def end_all():
    for process in Process.started:
        process.kill()
    Process.started.clear()


atexit.register(end_all)
