#!/usr/bin/env python3
"""A record that the process dies of: three times it dies, then the record is set aside as a dead letter, and everything else goes on.

    tests/poison/run.py GOLDHOUR        a build with GH_FAULTS: it dies of a record that holds the word in GOLDHOUR_DIE_ON
"""
import json
import os
import signal
import subprocess
import sys
import tempfile

SCHEMA = "customer: {name: string}\nevents: {inflow: {amount: decimal(2)}}\n"
RULES = "rules: [{id: r, on: inflow}]\n"
CONFIG = "calendar: china\nlateness: 0s\nschema: schema.yaml\nrules: rules.yaml\nsource: {file: {path: events.jsonl}}\nsink: {file: {path: leads.jsonl}}\n"
WORD = "of-this-one"
OTHERS = 3000 # more than a batch: commits go on before and behind it


def bank(folder, poison_at):
    files = {"schema.yaml": SCHEMA, "rules.yaml": RULES, "goldhour.yaml": CONFIG}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    with open(os.path.join(folder, "events.jsonl"), "w", encoding="utf-8") as f:
        for i in range(OTHERS):
            event_id = WORD if i == poison_at else f"e{i}"
            f.write(json.dumps({"id": event_id, "type": "inflow", "customer": f"C{i % 50}", "time": 1789344000000 + i, "amount": "1.00"}) + "\n")


def run(program, folder, way=""):
    environment = {**os.environ, "GOLDHOUR_DIE_ON": WORD, "GOLDHOUR_DIE_BY": way}
    return subprocess.run([program, "run", "--until-end"], cwd=folder, capture_output=True, text=True, env=environment, timeout=60)


def leads(folder):
    path = os.path.join(folder, "leads.jsonl")
    return [json.loads(line)["event"] for line in open(path, encoding="utf-8")] if os.path.exists(path) else []


def set_aside(program, folder, poison_at, way=""):
    bank(folder, poison_at)
    ends = [run(program, folder, way).returncode for _ in range(3)]
    if ends[0] == 0:
        return "SKIPPED", "this build has no faults to bring about (GH_FAULTS)"
    if set(ends) != {-signal.SIGSEGV if way == "stack" else -signal.SIGABRT}:
        return "FAILED", f"it should have died three times: {ends}"
    last = run(program, folder)
    if last.returncode:
        return "FAILED", "the fourth start failed: " + last.stderr[-600:]
    got, want = leads(folder), [f"e{i}" for i in range(OTHERS) if i != poison_at]
    if got != want:
        return "FAILED", f"{len(got)} leads, not {len(want)}"
    letters = subprocess.run([program, "dlq", "list"], cwd=folder, capture_output=True, text=True, timeout=30).stdout
    if letters.count("poison") != 1:
        return "FAILED", "the record is not among the dead letters: " + letters
    return "ok", None


def another_thread_is_not_the_records_fault(program, folder):
    """Something else died, again and again, just when this record was at hand."""
    bank(folder, 1500)
    ends = [run(program, folder, "thread").returncode for _ in range(4)]
    if ends[0] == 0:
        return "SKIPPED", "this build has no faults to bring about (GH_FAULTS)"
    if set(ends) != {-signal.SIGABRT}:
        return "FAILED", f"it should have died four times: {ends}"
    last = subprocess.run([program, "run", "--until-end"], cwd=folder, capture_output=True, text=True, timeout=60)
    if last.returncode or leads(folder) != [WORD if i == 1500 else f"e{i}" for i in range(OTHERS)]:
        return "FAILED", f"the record was set aside, or else: {last.stderr[-600:]}"
    return "ok", None


def kills_leave_no_mark(program, folder):
    bank(folder, 5)
    with open(os.path.join(folder, "goldhour.yaml"), "a", encoding="utf-8") as f:
        f.write("")
    for number in (signal.SIGKILL, signal.SIGTERM):
        daemon = subprocess.Popen([program, "run"], cwd=folder, stderr=subprocess.DEVNULL)
        daemon.send_signal(number)
        daemon.wait(30)
    marks = os.path.join(folder, "goldhour.db.crash")
    if os.path.exists(marks) and os.path.getsize(marks):
        return "FAILED", "a kill or a stop has left a mark: " + open(marks, encoding="utf-8").read()
    return "ok", None


def main():
    program = os.path.abspath(sys.argv[1])
    cases = {"poison/first-record": lambda f: set_aside(program, f, 0), "poison/in-the-middle": lambda f: set_aside(program, f, 1500),
             "poison/last-record": lambda f: set_aside(program, f, OTHERS - 1), "poison/a-stack-at-its-end": lambda f: set_aside(program, f, 1500, "stack"),
             "poison/another-thread": lambda f: another_thread_is_not_the_records_fault(program, f), "poison/kills-leave-no-mark": lambda f: kills_leave_no_mark(program, f)}
    failed = 0
    for name, case in cases.items():
        with tempfile.TemporaryDirectory(prefix="goldhour-poison-") as folder:
            verdict, why = case(folder)
        failed += verdict == "FAILED"
        print(f"{verdict} {name}" + (f": {why}" if why else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
