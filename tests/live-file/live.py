"""A live goldhour over a folder: configuration, rules and events written by the story, leads and figures read back."""
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from daemon import Daemon  # noqa: E402

CONFIG = """\
zone: Asia/Shanghai
calendar: {calendar}
business_hours: {{open: '09:00', close: '18:00'}}
lateness: {lateness}
late_limit: 1d
idle: 100ms
schema: schema.yaml
{mapping}rules: [rules.yaml]
source: {source}
store: {{sqlite: {{path: goldhour.db}}}}
sink: {{file: {{path: leads.jsonl}}}}
batch_events: {batch_events}
record_bytes: 2KB
"""

SCHEMA = """\
customer: {name: string, aum: decimal(2)}
events:
  inflow: {amount: decimal(2)}
  bought: {product: string?}
  login: {channel: string?}
  step: {flow_id: string, step: string}
"""


class Failure(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failure(what)


def until_text(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")


def now_ms():
    return int(time.time() * 1000)


class Bank:
    def __init__(self, program, folder):
        self.program, self.folder, self.daemon, self.count = program, folder, None, 0
        os.makedirs(folder)
        self.config()
        self.write("schema.yaml", SCHEMA)
        self.write("events.jsonl", "")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def config(self, lateness="0s", calendar="china", mapping="", source="{file: {path: events.jsonl}}", batch_events=16):
        mapping = f"mapping: {mapping}\n" if mapping else ""
        self.write("goldhour.yaml", CONFIG.format(lateness=lateness, calendar=calendar, mapping=mapping, source=source, batch_events=batch_events))

    def rules(self, *rules, features="", flows=""):
        parts = [f"features:\n{features}\n" if features else "", f"flows:\n{flows}\n" if flows else "", "rules:\n", *(f"  - {rule}\n" for rule in rules)]
        self.write("rules.yaml", "".join(parts))

    def event(self, kind, customer="C1", at=None, **more):
        """A line; its time is now unless given."""
        self.count += 1
        return json.dumps({"id": f"e{self.count}", "type": kind, "customer": customer, "time": now_ms() if at is None else at, **more}) + "\n"

    def append(self, text):
        with open(self.path("events.jsonl"), "a", encoding="utf-8") as f:
            f.write(text)

    def send(self, kind, customer="C1", at=None, **more):
        """Appends an event; its id."""
        self.append(self.event(kind, customer, at, **more))
        return f"e{self.count}"

    # ── the daemon ──

    def start(self, stdin=None):
        self.daemon = Daemon(self.program, self.folder, until_end=False, stdin=stdin)
        expect(self.daemon.wait_for("goldhour runs"), "it did not start: " + self.daemon.text()[-1000:])
        self.fresh = True

    def run_to_end(self):
        """By record."""
        self.daemon = Daemon(self.program, self.folder)
        expect(self.daemon.wait(60) == 0, self.daemon.text()[-2000:])

    def kill(self):
        self.daemon.kill()

    def stop(self):
        self.daemon.signal(signal.SIGTERM)
        expect(self.daemon.wait(30) == 0, f"it did not stop well, {self.daemon.process.returncode}: " + self.daemon.text()[-2000:])
        expect("makes no progress" not in self.daemon.text(), "an alarm without a cause: " + self.daemon.text()[-2000:])

    def reload(self, good=True):
        words = "a rule set takes effect" if good else "the old set stays"
        before, was = self.daemon.text().count(words), self.version()
        self.daemon.signal(signal.SIGHUP)
        # One that comes before the first set has taken effect takes its place, and nothing is said of that.
        come = self.daemon.wait_for(words, before + 1, 5) or (good and self.fresh and self.version() != was) or self.daemon.wait_for(words, before + 1)
        expect(come, f"no '{words}': " + self.daemon.text()[-1500:])
        self.fresh = False

    # ── what it gave ──

    def version(self):
        self.figure("events")
        return re.findall(r'msg="stats".*\bversion=(\w+)', self.daemon.text())[-1]

    def figure(self, name):
        """From the line that SIGUSR1 prints at once."""
        before = self.daemon.text().count('msg="stats"')
        self.daemon.signal(signal.SIGUSR1)
        expect(self.daemon.wait_for('msg="stats"', before + 1, 10), "no figures")
        return int(re.findall(rf'msg="stats".*\b{name}=(-?\d+)', self.daemon.text())[-1])

    def wait_figure(self, name, least, seconds=20):
        end = time.monotonic() + seconds
        while self.figure(name) < least:
            expect(time.monotonic() < end, f"{name} stays under {least}: " + self.daemon.text()[-800:])
            time.sleep(0.02)

    def leads(self):
        try:
            with open(self.path("leads.jsonl"), encoding="utf-8") as f:
                return [json.loads(line) for line in f.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def wait_leads(self, n, seconds=20):
        end = time.monotonic() + seconds
        while len(self.leads()) < n:
            expect(time.monotonic() < end, f"{len(self.leads())} leads of {n}: " + self.daemon.text()[-1500:])
            time.sleep(0.02)
        return self.leads()

    def letters(self):
        out = subprocess.run([self.program, "dlq", "list", "--config", "goldhour.yaml"], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        return out.splitlines()

    def replay(self, *events, until=None):
        command = [self.program, "replay", "--config", "goldhour.yaml", "--events", *events, *(["--until", until_text(until)] if until else [])]
        out = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout
        return [json.loads(line) for line in out.splitlines()]


def triple(lead):
    """What is the same live and by record."""
    return (lead["id"], lead["rule"], lead["customer"], lead["event"], lead["triggered_at"], lead["golden_deadline"], lead.get("due"), lead.get("script"))
