#!/usr/bin/env python3
"""The daemon killed, stopped, starved and disturbed; what it gives is compared with the undisturbed run, byte for byte.

    tests/crash/run.py [--runs N] [--seed S] GOLDHOUR
"""
import argparse
import collections
import glob
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bank
from daemon import Daemon


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failure(what)


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def leads_of(folder):
    return read(os.path.join(folder, "leads.jsonl"))


def letters_of(program, folder):
    """The dead letters but for the moment they were written."""
    out = subprocess.run([program, "dlq", "list", "--config", "goldhour.yaml"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return sorted(re.sub(r"^\d+\t[^\t]*\t", "", line) for line in out.splitlines())


def assert_ids_unique(leads):
    ids = [json.loads(line)["id"] for line in leads.splitlines()]
    twice = [i for i, n in collections.Counter(ids).items() if n > 1]
    expect(not twice, f"leads twice: {twice[:3]}")


class Suite:
    def __init__(self, program, runs, seed, root):
        self.program, self.runs, self.seed, self.root = program, runs, seed, root
        self.random = random.Random(seed)
        self.count = 0
        self.reference = self.folder()
        bank.make(self.reference, seed)
        begun = time.monotonic()
        expect(Daemon(program, self.reference).wait() == 0, "the undisturbed run failed: " + read(os.path.join(self.reference, "log")).decode())
        self.seconds = time.monotonic() - begun
        self.leads = leads_of(self.reference)
        self.letters = letters_of(program, self.reference)
        expect(self.leads.count(b"\n") > 200 and len(self.letters) > 10, f"the bank is too quiet: {self.leads.count(bytes([10]))} leads, {len(self.letters)} letters")
        assert_ids_unique(self.leads)

    def folder(self):
        self.count += 1
        return os.path.join(self.root, f"{self.count:03}")

    def bank(self):
        """A copy of the bank, nothing run yet."""
        folder = self.folder()
        os.makedirs(folder)
        for name in ("goldhour.yaml", "schema.yaml", "rules-1.yaml", "customers.jsonl", "events.jsonl"):
            shutil.copy(os.path.join(self.reference, name), folder)
        return folder

    def delay(self):
        """Up to the length of a run; often early, where the bulk load is."""
        return self.random.random() ** 2 * self.seconds

    def finish(self, folder):
        daemon = Daemon(self.program, folder)
        expect(daemon.wait() == 0, "the last run failed: " + daemon.text()[-2000:])

    def assert_as_undisturbed(self, folder, leads=None):
        leads = leads_of(folder) if leads is None else leads
        assert_ids_unique(leads)
        if leads != self.leads:
            ours, theirs = set(leads.splitlines()), set(self.leads.splitlines())
            raise Failure(f"leads differ: {len(theirs - ours)} missing, {len(ours - theirs)} extra, order {'differs' if ours == theirs else 'unknown'}; see {folder}")
        letters = letters_of(self.program, folder)
        expect(letters == self.letters, f"dead letters differ: {len(letters)}, undisturbed {len(self.letters)}")

    # ── stories ──

    def disturb(self, folder, strike, between=lambda: None):
        """Starts and strikes at random moments, at most 8 times or until a run gets to its end."""
        strikes = 0
        for _ in range(8):
            daemon = Daemon(self.program, folder)
            if daemon.wait_at_most(self.delay()):
                expect(daemon.process.returncode == 0, daemon.text()[-2000:])
                break
            strikes += strike(daemon)
            between()
        self.finish(folder)
        return strikes

    def killed_at_random_moments(self):
        kills = 0
        for _ in range(self.runs):
            folder = self.bank()
            kills += self.disturb(folder, Daemon.kill)
            self.assert_as_undisturbed(folder)
            shutil.rmtree(folder)
        expect(kills >= self.runs, f"only {kills} kills hit")
        print(f"  {self.runs} runs, {kills} kills")

    def a_csv_load_killed(self):
        folder = self.bank()
        lines = ["customer,name,age,aum,staff"]
        for line in read(os.path.join(folder, "customers.jsonl")).decode().splitlines():
            p = json.loads(line)
            lines.append(f'{p["customer"]},"{p["name"]}",{p["age"]},{p["aum"]},{str(p["staff"]).lower()}')
        bank.write(folder, "customers.csv", "\r\n".join(lines) + "\r\n")
        bank.write(folder, "goldhour.yaml", read(os.path.join(folder, "goldhour.yaml")).decode().replace("customers.jsonl", "customers.csv"))
        for _ in range(6):
            daemon = Daemon(self.program, folder)
            daemon.wait_at_most(self.random.random() * self.seconds / 3)
            daemon.kill()
        self.finish(folder)
        self.assert_as_undisturbed(folder)

    def stopped_at_random_moments(self):
        def stop(daemon):
            daemon.signal(signal.SIGTERM)
            early = daemon.wait() == -signal.SIGTERM and not daemon.text()  # before its first instruction
            expect(early or daemon.process.returncode == 0, "SIGTERM did not end in exit 0: " + daemon.text()[-2000:])
            return 1

        for _ in range(max(2, self.runs // 5)):
            folder = self.bank()
            self.disturb(folder, stop)
            self.assert_as_undisturbed(folder)
            shutil.rmtree(folder)

    def killed_and_the_sink_rotated(self):
        """Rotated while it runs and while it is down: all files together are the undisturbed one."""
        for _ in range(max(3, self.runs // 4)):
            folder, path = self.bank(), None
            path = os.path.join(folder, "leads.jsonl")
            names = []

            def rotate():
                if os.path.exists(path) and self.random.random() < 0.6:
                    names.append(f"{path}.{len(names) + 1}")
                    os.rename(path, names[-1])

            def rotate_and_kill(daemon):
                rotate()
                time.sleep(self.random.random() * 0.1)
                return daemon.kill()

            self.disturb(folder, rotate_and_kill, rotate)
            self.assert_as_undisturbed(folder, b"".join(read(name) for name in [*names, path]))
            shutil.rmtree(folder)

    def standard_input_sent_again(self):
        folder = self.bank()
        bank.config(folder, source="stdin")
        for _ in range(3):
            with open(os.path.join(folder, "events.jsonl"), "rb") as f:
                daemon = Daemon(self.program, folder, stdin=f)
                daemon.wait_at_most(self.seconds / 2)
                daemon.kill()
        with open(os.path.join(folder, "events.jsonl"), "rb") as f:
            expect(Daemon(self.program, folder, stdin=f).wait() == 0, "the last run failed")
        leads = leads_of(folder)
        assert_ids_unique(leads)
        expect(set(leads.splitlines()) == set(self.leads.splitlines()), "the leads differ from those of the undisturbed run")

    def bank_of_two_rules(self, events):
        folder = self.folder()
        os.makedirs(folder)
        bank.config(folder, batch_events=8, profiles=False)
        bank.write(folder, "events.jsonl", "".join(
            json.dumps({"id": f"e{i}", "type": "login", "customer": f"C{i % 300}", "time": bank.BEGIN_MS + i * 1000, "channel": "app"}) + "\n" for i in range(events)))
        return folder

    def write_set(self, folder, number):
        """Two rule files that say the same number in their scripts: a set is whole if both do."""
        for i in (1, 2):
            bank.write(folder, f"rules-{i}.yaml", f"rules:\n  - {{id: rule{i}, on: login, script: 'set {number}'}}\n")

    def assert_whole_sets_decided(self, folder, events):
        sets, per_event = collections.defaultdict(set), collections.defaultdict(list)
        leads = leads_of(folder)
        assert_ids_unique(leads)
        for line in leads.splitlines():
            lead = json.loads(line)
            sets[lead["rule_version"]].add(lead["script"])
            per_event[lead["event"]].append((lead["rule"], lead["rule_version"]))
        mixed = [v for v, scripts in sets.items() if len(scripts) != 1]
        expect(not mixed, f"versions with several scripts: {mixed}")
        expect(len(per_event) == events, f"{events - len(per_event)} events without leads")
        for event, given in per_event.items():
            expect(sorted(rule for rule, _ in given) == ["rule1", "rule2"], f"{event}: {given}")
            expect(len({version for _, version in given}) == 1, f"{event} was decided by two sets: {given}")
        expect(len(sets) >= 2, f"only {len(sets)} sets decided")
        print(f"  {len(sets)} sets decided")

    def reloaded_under_load(self):
        """Both rule files change together while events pour in: each event is decided by both files of one set."""
        events, reloads = 4000, 0
        folder = self.bank_of_two_rules(events)
        self.write_set(folder, 0)
        daemon = Daemon(self.program, folder)
        expect(daemon.wait_for("goldhour runs"), "it did not start")
        while daemon.process.poll() is None and reloads < 30:
            reloads += 1
            self.write_set(folder, reloads)
            daemon.signal(signal.SIGHUP)
            if not daemon.wait_for("a rule set takes effect", reloads):
                break
        expect(daemon.wait() == 0, daemon.text()[-2000:])
        self.assert_whole_sets_decided(folder, events)

    def changed_files_between_kills(self):
        """Each start finds another set, and some are killed in the middle of a reload."""
        events, number = 3000, 0
        folder = self.bank_of_two_rules(events)
        self.write_set(folder, 0)
        for _ in range(12):
            daemon = Daemon(self.program, folder)
            if daemon.wait_at_most((0.1 + self.random.random() * 0.4) * self.seconds):
                break
            number += 1
            self.write_set(folder, number)
            if self.random.random() < 0.5 and daemon.wait_for("goldhour runs"):
                daemon.signal(signal.SIGHUP)
                time.sleep(self.random.random() * 0.03)
            daemon.kill()
        self.finish(folder)
        self.assert_whole_sets_decided(folder, events)

    def a_bad_set_is_refused_and_the_old_one_stays(self):
        folder = self.folder()
        os.makedirs(folder)
        bank.config(folder, profiles=False, lateness="0s")
        bank.write(folder, "events.jsonl", "")
        bank.write(folder, "rules-1.yaml", "rules:\n  - {id: hello, on: login}\n")
        daemon = Daemon(self.program, folder, until_end=False)
        try:
            expect(daemon.wait_for("goldhour runs"), "it did not start")
            bank.write(folder, "rules-1.yaml", "rules:\n  - {id: hello, on: logn}\n")
            daemon.signal(signal.SIGHUP)
            expect(daemon.wait_for("the old set stays"), "a bad set was not refused")
            expect("rules-1.yaml:2" in daemon.text(), "the fault's place is not said")
            bank.write(folder, "rules-1.yaml", "rules:\n  - {id: hello, on: login}\n")
            bank.write(folder, "schema.yaml", bank.SCHEMA.replace("age: int", "age: string"))
            self.append_now(folder, "n1", "customer", age=30)
            expect(self.wait_for_record(daemon), "the event was not taken")
            daemon.signal(signal.SIGHUP)
            expect(daemon.wait_for("the old set stays", 2), "a changed type of a field that state holds was not refused")
            self.append_now(folder, "n2", "login", channel="app")
            expect(self.wait_for_leads(folder, 1), "no lead by the old set")
        finally:
            daemon.signal(signal.SIGTERM)
            expect(daemon.wait() == 0, "it did not stop well")

    def append_now(self, folder, number, kind, **more):
        with open(os.path.join(folder, "events.jsonl"), "a", encoding="utf-8") as f:
            f.write(json.dumps({"id": number, "type": kind, "customer": "C1", "time": int(time.time() * 1000), **more}) + "\n")

    def wait_for_record(self, daemon, seconds=10):
        """By the line that SIGUSR1 prints at once."""
        end = time.monotonic() + seconds
        expect(daemon.wait_for("goldhour runs"), "it did not start")
        while time.monotonic() < end:
            daemon.signal(signal.SIGUSR1)
            time.sleep(0.05)
            if re.search(r'msg="stats" events=[1-9]', daemon.text()):
                return True
        return False

    def wait_for_leads(self, folder, n, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if leads_of(folder).count(b"\n") >= n:
                return True
            time.sleep(0.02)
        return False

    def the_source_rotated_and_the_daemon_killed(self):
        """Live: a writer appends and rotates, the daemon is killed now and then; each event gives its one lead."""
        folder = self.folder()
        os.makedirs(folder)
        bank.config(folder, profiles=False, lateness="0s")
        bank.write(folder, "rules-1.yaml", "rules:\n  - {id: hello, on: login}\n")
        bank.write(folder, "events.jsonl", "")
        source, total = os.path.join(folder, "events.jsonl"), 1
        self.append_now(folder, "n1", "login", channel="app")
        daemon = Daemon(self.program, folder, until_end=False)
        expect(self.wait_for_leads(folder, 1), "no first lead")  # a file of which nothing was read is not known again
        for part in range(8):
            for _ in range(self.random.randrange(1, 60)):
                total += 1
                self.append_now(folder, f"n{total}", "login", channel="app")
            if part % 2:
                expect(self.wait_for_leads(folder, total), f"{leads_of(folder).count(bytes([10]))} leads of {total}: " + daemon.text()[-1000:])
            if self.random.random() < 0.6:
                daemon.kill()
            os.rename(source, f"{source}.{part}")
            total += 1
            self.append_now(folder, f"n{total}", "login", channel="app")
            if daemon.process.poll() is not None:
                daemon = Daemon(self.program, folder, until_end=False)
            expect(self.wait_for_leads(folder, total), f"{leads_of(folder).count(bytes([10]))} leads of {total}: " + daemon.text()[-1000:])
        daemon.signal(signal.SIGTERM)
        expect(daemon.wait() == 0, "it did not stop well")
        events = [json.loads(line)["event"] for line in leads_of(folder).splitlines()]
        expect(sorted(events) == sorted(f"n{i + 1}" for i in range(total)), f"{len(events)} leads, {len(set(events))} events, of {total}")

    def leads_wait_while_the_sink_cannot_be_written(self):
        folder = self.bank()
        text = read(os.path.join(folder, "goldhour.yaml")).decode().replace("path: leads.jsonl", "path: out/leads.jsonl")
        bank.write(folder, "goldhour.yaml", text)
        expect(Daemon(self.program, folder).wait() == 1, "a missing folder did not end in exit 1")
        os.makedirs(os.path.join(folder, "out"))
        daemon = Daemon(self.program, folder)
        daemon.wait_at_most(self.seconds / 4)
        os.rename(os.path.join(folder, "out"), os.path.join(folder, "gone"))  # the open file is no longer under its name
        status = daemon.wait()
        expect(status in (0, 1), daemon.text()[-1000:])
        if status == 1:
            expect("they wait in the store" in daemon.text(), daemon.text()[-1000:])
        os.rename(os.path.join(folder, "gone"), os.path.join(folder, "out"))
        self.finish(folder)
        self.assert_as_undisturbed(folder, read(os.path.join(folder, "out", "leads.jsonl")))

    def a_silent_customers_timer_fires_once(self):
        """Live: the wait survives a kill and fires by the clock alone."""
        folder = self.folder()
        os.makedirs(folder)
        bank.config(folder, profiles=False, lateness="0s")
        bank.write(folder, "rules-1.yaml", "rules:\n  - {id: silent, on: {event: login, unless: product_bought, within: 1s}}\n")
        bank.write(folder, "events.jsonl", "")
        self.append_now(folder, "n1", "login", channel="app")
        daemon = Daemon(self.program, folder, until_end=False)
        expect(self.wait_for_record(daemon), "the event was not taken")
        daemon.kill()
        daemon = Daemon(self.program, folder, until_end=False)
        expect(self.wait_for_leads(folder, 1), "the timer did not fire: " + daemon.text()[-1000:])
        daemon.kill()
        daemon = Daemon(self.program, folder, until_end=False)
        time.sleep(0.5)
        daemon.signal(signal.SIGTERM)
        expect(daemon.wait() == 0, "it did not stop well")
        expect(leads_of(folder).count(b"\n") == 1, "the timer fired more than once")

    def old_events_in_a_live_run_are_said(self):
        folder = self.bank()
        daemon = Daemon(self.program, folder, until_end=False)
        try:
            expect(daemon.wait_for("--until-end"), "no word of --until-end: " + daemon.text()[-1000:])
        finally:
            daemon.kill()

    def a_full_disk_by_limit(self):
        folder = self.bank()
        daemon = Daemon(self.program, folder, file_bytes=300 * 1024)
        expect(daemon.wait() == 1, "a full disk did not end in exit 1")
        expect("the disk is full" in daemon.text(), "the message does not say it: " + daemon.text()[-1000:])
        self.finish(folder)
        self.assert_as_undisturbed(folder)

    def on_a_small_disk(self, name, words):
        """The file `name` of the bank lies on a disk that is too small: exit 1 and a clear word; with room it goes on."""
        small = self.folder()
        os.makedirs(small)
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", small], stderr=subprocess.DEVNULL).returncode != 0:
            raise Skipped("only who may mount a small file system can fill it")
        try:
            folder = self.bank()
            text = read(os.path.join(folder, "goldhour.yaml")).decode().replace(f"path: {name}", f"path: {small}/{name}")
            bank.write(folder, "goldhour.yaml", text)
            daemon = Daemon(self.program, folder)
            expect(daemon.wait() == 1, "a full disk did not end in exit 1: " + daemon.text()[-1000:])
            expect(words in daemon.text(), f"'{words}' is not said: " + daemon.text()[-1000:])
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            self.finish(folder)
            self.assert_as_undisturbed(folder, read(os.path.join(small, name)) if name == "leads.jsonl" else None)
        finally:
            subprocess.run(["umount", small], check=False)

    def a_full_disk_of_the_store(self):
        self.on_a_small_disk("goldhour.db", "the disk is full")

    def a_full_disk_of_the_sink(self):
        self.on_a_small_disk("leads.jsonl", "they wait in the store")

    def a_store_that_cannot_be_written(self):
        if os.geteuid() != 0:
            raise Skipped("only root can become somebody else")
        folder = self.bank()
        Daemon(self.program, folder).wait()
        before = read(os.path.join(folder, "goldhour.db"))
        for path in glob.glob(os.path.join(folder, "goldhour.db*")):
            os.chmod(path, 0o444)
        os.chmod(os.path.join(folder, "goldhour.db.lock"), 0o666)
        for path in (self.root, folder):
            os.chmod(path, 0o755)
        try:
            subprocess.run([self.program, "--version"], preexec_fn=lambda: os.setuid(65534), capture_output=True, check=True)
        except (OSError, subprocess.SubprocessError) as why:
            raise Skipped("another user cannot run the program where it stands") from why
        daemon = Daemon(self.program, folder, user=65534)
        expect(daemon.wait() == 1 and "cannot be written" in daemon.text(), "expected exit 1 and 'cannot be written': " + daemon.text()[-1000:])
        expect(read(os.path.join(folder, "goldhour.db")) == before, "the store was changed")

    def a_damaged_store(self):
        folder = self.bank()
        Daemon(self.program, folder).wait()
        path = os.path.join(folder, "goldhour.db")
        with open(path, "r+b") as f:
            for page in range(1, 24):
                f.seek(page * 4096)
                f.write(bytes([0xA5]) * 4096)
        daemon = Daemon(self.program, folder)
        expect(daemon.wait() == 1 and "damaged" in daemon.text(), "expected exit 1 and 'damaged': " + daemon.text()[-1000:])
        with open(path, "wb") as f:
            f.write(b"no database at all\n" * 100)
        before = read(path)
        daemon = Daemon(self.program, folder)
        expect(daemon.wait() == 1 and "not a Goldhour store" in daemon.text(), "expected 'not a Goldhour store': " + daemon.text()[-1000:])
        expect(read(path) == before, "a foreign file was changed")

    def two_runs_on_one_store(self):
        folder = self.bank()
        first = Daemon(self.program, folder, until_end=False)
        try:
            expect(first.wait_for("goldhour runs"), "it did not start")
            second = Daemon(self.program, folder)
            expect(second.wait() == 1, "a second run was admitted")
            expect(f"process {first.process.pid} is running on it" in second.text(), "the other's pid is not said: " + second.text()[-1000:])
            letters_of(self.program, folder)  # readers may
        finally:
            first.kill()
        expect(Daemon(self.program, folder).wait() == 0, "the lock outlived its process")


STORIES = [
    Suite.killed_at_random_moments, Suite.a_csv_load_killed, Suite.stopped_at_random_moments, Suite.killed_and_the_sink_rotated,
    Suite.standard_input_sent_again, Suite.reloaded_under_load, Suite.changed_files_between_kills, Suite.the_source_rotated_and_the_daemon_killed,
    Suite.leads_wait_while_the_sink_cannot_be_written, Suite.a_bad_set_is_refused_and_the_old_one_stays, Suite.a_silent_customers_timer_fires_once,
    Suite.old_events_in_a_live_run_are_said, Suite.a_full_disk_by_limit, Suite.a_full_disk_of_the_store, Suite.a_full_disk_of_the_sink,
    Suite.a_store_that_cannot_be_written, Suite.a_damaged_store, Suite.two_runs_on_one_store,
]


def tell(story, suite):
    try:
        story(suite)
        print(f"ok {story.__name__}", flush=True)
        return True
    except Skipped as why:
        print(f"SKIPPED {story.__name__}: {why}", flush=True)
        return True
    except (Failure, subprocess.SubprocessError, OSError) as why:
        print(f"FAILED {story.__name__}: {why}", flush=True)
        return False
    finally:
        Daemon.kill_all()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="stories whose names contain this")
    parser.add_argument("goldhour")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="goldhour-crash-") as root:
        suite = Suite(os.path.abspath(options.goldhour), options.runs, options.seed, root)
        print(f"  undisturbed: {suite.seconds:.2f} s, {suite.leads.count(bytes([10]))} leads, {len(suite.letters)} dead letters; seed {options.seed}")
        good = [tell(story, suite) for story in STORIES if not options.only or options.only in story.__name__]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
