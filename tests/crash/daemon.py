"""One goldhour process over a bank's folder: started, signalled, killed, waited for."""
import os
import resource
import signal
import subprocess
import time


class Daemon:
    started = []

    @classmethod
    def kill_all(cls):
        """A story that failed leaves nothing running."""
        for daemon in cls.started:
            daemon.kill()
        cls.started.clear()

    def __init__(self, program, folder, *options, until_end=True, user=None, file_bytes=None, stdin=None):
        self.log = os.path.join(folder, "log")
        self.folder = folder

        def limits():
            if file_bytes:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
            if user:
                os.setgid(user)
                os.setuid(user)

        arguments = [program, "run", "--config", "goldhour.yaml", *(["--until-end"] if until_end else []), *options]
        # Appended to by this process, so that a user without rights in the folder, or a limit on files, does not lose it.
        with open(self.log, "ab") as log:
            self.at = log.tell()
            self.process = subprocess.Popen(arguments, cwd=folder, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=limits)
        self.started.append(self)

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        """kill -9; True if it still ran."""
        running = self.process.poll() is None
        self.signal(signal.SIGKILL)
        self.process.wait()
        return running

    def wait(self, seconds=120):
        return self.process.wait(seconds)

    def wait_at_most(self, seconds):
        """True if it ended by itself."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            f.seek(self.at)
            return f.read()

    def wait_for(self, words, count=1, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.text().count(words) >= count:
                return True
            if self.process.poll() is not None:
                return self.text().count(words) >= count
            time.sleep(0.01)
        return False
