"""goldhour processes in a folder: daemons that are started, stopped, killed and paused, and commands that end by themselves."""
import os
import re
import subprocess

from process import Process, TooLate

# A daemon that stops, fails or is asked for its figures says so in lines of key="value".
FIGURE = re.compile(r'(\w+)=("[^"]*"|\S+)')


class Daemon(Process):
    count = 0

    def __init__(self, program, folder, *options, verb="run"):
        Daemon.count += 1
        super().__init__(f"goldhour-{Daemon.count}", folder, [program, verb, "--config", "goldhour.yaml", *options])

    def lines(self, message):
        """The lines of its log whose msg begins so, as dictionaries."""
        found = []
        for line in self.text().splitlines():
            pairs = {k: v.strip('"') for k, v in FIGURE.findall(line)}
            if pairs.get("msg", "").startswith(message):
                found.append(pairs)
        return found

    def stop(self, seconds=20):
        """Ends it in good order: its exit status must be 0."""
        status = super().stop(seconds)
        if status != 0:
            raise TooLate(f"{self.name} ended with {status}: {self.text()[-1500:]}")
        return status


def command(program, folder, *arguments, seconds=60, status=0, stdin=None):
    """A command's standard output; its exit status must be the one named (None: any, and the whole result is returned)."""
    run = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=seconds, input=stdin)
    if status is None:
        return run
    if run.returncode != status:
        raise TooLate(f"goldhour {' '.join(arguments)} ended with {run.returncode}, not {status}: {run.stdout[-800:]}{run.stderr[-1500:]}")
    return run.stdout


def secret(folder, name, text):
    """A file that holds a secret; its name."""
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        f.write(text + "\n")
    return name
