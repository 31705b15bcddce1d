#!/usr/bin/env python3
"""Live running over a file or standard input: the clock's watermark, timers over kills and stops, reloads, rotations; kept beside a replay of the same events.

    tests/live-file/run.py [--only WORDS] GOLDHOUR
"""
import argparse
import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import phases
from live import SCHEMA, Bank, Daemon, Failure, expect, now_ms, triple

SILENT = "{id: silent, on: {event: login, unless: bought, within: 1s}}"


# ── the clock ──

def due_while_down(make):
    """Timers that fell due while nobody ran fire once, found by the clock of the commit: in the window golden, after it comparing."""
    for lateness in ("0s", "2s"):
        for strike in ("kill", "stop"):
            bank = make()
            bank.config(lateness=lateness)
            bank.rules("{id: short, on: {event: login, unless: bought, within: 1s}, window: 1s}", "{id: long, on: {event: login, unless: bought, within: 1s}, window: 1h}")
            began = now_ms()
            bank.send("login", at=began)
            bank.start()
            bank.wait_figure("events", 1)
            getattr(bank, strike)()
            time.sleep(max(0, 2.2 - (now_ms() - began) / 1000))
            bank.start()
            stages = {lead["rule"]: lead["stage"] for lead in bank.wait_leads(2)}
            expect(stages == {"short": "comparing", "long": "golden"}, f"{lateness} {strike}: {stages}")
            bank.kill()
            bank.start()
            time.sleep(0.4)
            bank.stop()
            expect(len(bank.leads()) == 2, f"{lateness} {strike}: fired again")


def a_shorter_lateness_at_a_start(make):
    """What a changed set releases at a start is found by the clock of that start, not by that of the last commit."""
    bank = make()
    bank.config(lateness="1h")
    bank.rules("{id: in, on: inflow, window: 1s}")
    bank.send("inflow", at=now_ms() - 10, amount=1)
    bank.send("login")
    bank.start()
    bank.wait_figure("events", 2)
    bank.kill()
    time.sleep(1.6)
    bank.config(lateness="0s")
    bank.start()
    lead = bank.wait_leads(1)[0]
    expect(lead["stage"] == "comparing", f"found by an old clock: {lead}")
    bank.stop()


def too_early(make):
    bank = make()
    bank.rules("{id: in, on: inflow}")
    bank.start()
    bank.send("inflow", at=now_ms() + 605000, amount=1)
    good = bank.send("inflow", at=now_ms() + 590000, amount=1)
    leads = bank.wait_leads(1)
    bank.stop()
    expect([lead["event"] for lead in leads] == [good], leads)
    letters = bank.letters()
    expect(len(letters) == 1 and "too_early" in letters[0] and "events:1" in letters[0], letters)


def late_events(make):
    """Older than the clock's watermark: stepped at once, marked; a late one that cancels ends its wait, one before the wait's beginning does not."""
    for lateness in ("0s", "2s"):
        bank = make()
        bank.config(lateness=lateness)
        bank.rules("{id: in, on: inflow}", "{id: wait, on: {event: login, unless: bought, within: 3s}}")
        bank.start()
        begun = now_ms()
        bank.send("login", "C1", at=begun)
        bank.send("login", "C2", at=begun)
        time.sleep(2.4 if lateness == "2s" else 0.4)
        bank.send("inflow", "C3", at=begun - 60000, amount=5)
        bank.send("bought", "C1", at=begun + 1)
        bank.send("bought", "C2", at=begun - 1)
        leads = bank.wait_leads(2)
        bank.stop()
        expect([lead["rule"] + lead["customer"] for lead in leads] == ["inC3", "waitC2"], leads)
        expect(leads[0].get("late") is True, f"not marked late: {leads[0]}")
        expect(bank.daemon.text().rsplit("late=", 1)[1].startswith("3 "), bank.daemon.text()[-600:])


def nothing_before_its_time(make):
    """A timer never fires before its moment, plus lateness and idle, has passed; and a buyer in that time is seen."""
    bank = make()
    bank.config(lateness="1s")
    bank.rules(SILENT)
    bank.start()
    begun = now_ms()
    bank.send("login", "C1", at=begun)
    bank.send("login", "C2", at=begun)
    time.sleep(max(0, begun + 1400 - now_ms()) / 1000)
    bank.send("bought", "C2", at=begun + 1000)
    expect(not bank.leads(), "it fired before the watermark")
    bank.wait_leads(1)
    expect(now_ms() >= begun + 2100, f"it fired {now_ms() - begun} ms after its beginning")
    time.sleep(0.3)
    bank.stop()
    expect([lead["customer"] for lead in bank.leads()] == ["C1"], bank.leads())


def a_suspended_process(make):
    """What came while it stood still is read before the clock is followed again."""
    bank = make()
    bank.rules(SILENT)
    bank.start()
    begun = now_ms()
    bank.send("login", "C1", at=begun)
    bank.send("login", "C2", at=begun)
    bank.wait_figure("events", 2)
    bank.daemon.signal(signal.SIGSTOP)
    bank.send("bought", "C1", at=begun + 500)
    time.sleep(1.5)
    bank.daemon.signal(signal.SIGCONT)
    bank.wait_leads(1)
    time.sleep(0.3)
    bank.stop()
    expect([lead["customer"] for lead in bank.leads()] == ["C2"], bank.leads())


# ── reloads ──

def a_kept_wait_by_the_new_rule(make):
    bank = make()
    bank.rules("{id: kept, on: {event: login, unless: bought, within: 4s}, product: old}", "{id: moved, on: {event: login, unless: bought, within: 4s}}",
               "{id: gone, on: {event: login, unless: bought, within: 4s}}", "{id: shut, on: {event: login, unless: bought, within: 4s}}")
    bank.start()
    bank.send("login")
    bank.wait_figure("timers", 4)
    bank.rules("{id: fresh, on: inflow}", "{id: shut, on: {event: login, unless: bought, within: 4s}, audience: 'customer.id == \"nobody\"'}",
               "{id: moved, on: {event: login, unless: bought, within: 4001ms}}",
               "{id: kept, on: {event: login, unless: bought, within: 4s}, product: new}")
    bank.reload()
    expect("waits_dropped=2" in bank.daemon.text(), "what was dropped is not counted")
    expect(bank.figure("timers") == 2, "waits of rules that are gone or changed are kept")
    bank.rules("{id: gone, on: {event: login, unless: bought, within: 4s}}", "{id: kept, on: {event: login, unless: bought, within: 4s}, product: new}",
               "{id: shut, on: {event: login, unless: bought, within: 4s}, audience: 'customer.id == \"nobody\"'}")
    bank.reload()
    bank.kill()
    bank.start()
    leads = bank.wait_leads(1)
    time.sleep(0.3)
    bank.stop()
    expect([(lead["rule"], lead["product"]) for lead in bank.leads()] == [("kept", "new")], bank.leads())
    expect(len(leads) == 1, leads)


def features_of_a_new_set(make):
    """On an empty store a feature counts from nothing; a new or changed one is absent until its window has passed; one that stays, stays."""
    bank = make()
    count = "{{id: {0}, on: inflow, when: 'has(feature.{0}) && feature.{0} >= 1', script: '{{{{feature.{0}}}}}'}}"
    known = "  one: {count: inflow, over: 1h}"
    bank.rules(count.format("one"), features=known)
    bank.start()
    bank.send("inflow", amount=1)
    bank.wait_leads(1)
    bank.rules(count.format("one"), count.format("two"), features=known + "\n  two: {count: inflow, over: 2s}")
    bank.reload()
    active = now_ms()
    bank.send("inflow", amount=1)
    leads = bank.wait_leads(2)
    expect([lead["rule"] for lead in leads] == ["one", "one"], leads)
    bank.kill()
    bank.start()
    time.sleep(max(0, active + 2100 - now_ms()) / 1000)
    bank.send("inflow", amount=1)
    leads = bank.wait_leads(4)
    expect([(lead["rule"], lead["script"]) for lead in leads[2:]] == [("one", "3"), ("two", "1")], leads)
    bank.rules(count.format("one"), features="  one: {count: inflow, where: 'event.amount > 0.00', over: 1h}")
    bank.reload()
    bank.send("inflow", amount=1)
    bank.wait_figure("events", 4)
    bank.rules(count.format("one"), features=known)
    bank.reload()
    bank.send("inflow", amount=1)
    bank.wait_figure("events", 5)
    time.sleep(0.2)
    bank.stop()
    expect(len(bank.leads()) == 4, f"a changed feature counts at once: {bank.leads()[4:]}")


def an_empty_store_counts_from_nothing(make):
    """Also where the feature came with a reload, or at a second start, as long as no event was taken."""
    bank = make()
    bank.rules("{id: x, on: login}")
    bank.start()
    bank.rules("{id: one, on: inflow, when: feature.one >= 1}", features="  one: {count: inflow, over: 1h}")
    bank.reload()
    bank.kill()
    bank.rules("{id: one, on: inflow, when: feature.one >= 1 && feature.two >= 1}", features="  one: {count: inflow, over: 1h}\n  two: {count: inflow, over: 2h}")
    bank.start()
    bank.send("inflow", amount=1)
    bank.wait_leads(1)
    bank.stop()


def fields_come_and_go(make):
    bank = make()
    bank.config(lateness="1s")
    bank.rules("{id: in, on: inflow, script: '{{customer.name}} {{event.amount}}'}", "{id: wait, on: {event: login, unless: bought, within: 1s}}")
    bank.start()
    bank.send("customer", name="A", aum="10.00")
    bank.send("inflow", amount=7)
    bank.send("login", channel="app")
    bank.wait_figure("events", 3)
    bank.write("schema.yaml", "customer: {city: string, aum: decimal(2)}\nevents:\n  bought: {product: string?}\n  login: {device: string?}\n  inflow: {note: string?, amount: decimal(2)}\n")
    bank.rules("{id: in, on: inflow, script: '{{customer.aum}} {{event.amount}} {{event.note}}'}", "{id: wait, on: {event: login, unless: bought, within: 1s}, script: '{{event.device}}.'}")
    bank.reload()
    leads = bank.wait_leads(2)
    expect(leads[0]["script"] == "10.00 7.00 " and leads[1]["script"] == ".", leads)
    bank.write("schema.yaml", SCHEMA.replace("aum: decimal(2)", "aum: decimal(3)"))
    bank.reload(good=False)
    bank.write("schema.yaml", SCHEMA.replace("channel: string?", "channel: int?"))
    bank.reload(good=False)
    bank.send("inflow", amount=8, note="n")
    expect(bank.wait_leads(3)[2]["script"] == "10.00 8.00 n", bank.leads())
    bank.stop()
    daemon = Daemon(bank.program, bank.folder, until_end=False)
    expect(daemon.wait(20) == 78, "a start with a changed type of a field that state holds was not refused")


def a_changed_becomes_records_anew(make):
    bank = make()
    bank.rules("{id: rich, on: {becomes: 'customer.aum >= 100.00'}}")
    bank.start()
    for aum in (50, 150, 50):
        bank.send("customer", aum=aum)
    bank.wait_leads(1)
    bank.wait_figure("events", 3)
    bank.rules("{id: rich, on: {becomes: 'customer.aum >= 200.00'}}")
    bank.reload()
    bank.send("customer", aum=250)
    bank.wait_figure("events", 4)
    bank.send("customer", aum=50)
    bank.kill()
    bank.start()
    bank.send("customer", aum=201)
    bank.wait_leads(2)
    bank.stop()
    expect([lead["event"] for lead in bank.leads()] == ["e2", "e6"], bank.leads())


def a_changed_calendar(make):
    bank = make()
    text = "range 2020-01-01 2099-12-31\n"
    bank.write("days.txt", text)
    bank.config(calendar="./days.txt")
    bank.rules("{id: in, on: inflow, due: T+1}")
    bank.start()
    bank.send("inflow", amount=1)
    first = bank.wait_leads(1)[0]
    bank.write("days.txt", text + f"holiday {first['due'][:10]}\n")
    bank.reload()
    bank.send("inflow", amount=1)
    second = bank.wait_leads(2)[1]
    bank.stop()
    expect(second["due"] > first["due"] and second["rule_version"] != first["rule_version"], (first, second))


MAPPING = "events:\n  id: /n\n  customer: /c\n  time: {{at: /t, as: ms}}\n  entries:\n    - type: {0}\n      fields: {1}\n"


def a_changed_mapping(make):
    """Records appended in one go around the reload: each is decoded by the set that decides it."""
    bank = make()
    bank.write("mapping.yaml", MAPPING.format("inflow", "{amount: /a}"))
    bank.config(mapping="mapping.yaml")
    rules = ("{{id: in, on: inflow, script: '{0} inflow'}}", "{{id: out, on: bought, script: '{0} bought'}}")
    bank.rules(*(rule.format("inflow") for rule in rules))
    lines = "".join(f'{{"n": "m{i}", "c": "C{i % 7}", "t": {now_ms() - 1000 + i}, "a": 1}}\n' for i in range(600))
    bank.start()
    bank.append(lines)
    bank.write("mapping.yaml", MAPPING.format("bought", "{product: {const: p}}"))
    bank.rules(*(rule.format("bought") for rule in rules))
    bank.reload()
    bank.append(lines.replace('"m', '"k'))
    leads = bank.wait_leads(1200)
    bank.stop()
    mixed = [lead for lead in leads if len(set(lead["script"].split())) != 1]
    expect(not mixed and len({lead["id"] for lead in leads}) == 1200, f"decoded by one set and decided by another: {mixed[:2]}")


def sets_that_change_between_runs(make):
    """Kept beside the oracle's recount, phase by phase."""
    total = 0
    for seed in range(1, 6):
        leads, missing, extra = phases.compare(make(), seed, 7)
        expect(not missing and not extra, f"seed {seed}: {len(missing)} missing {missing[:2]}, {len(extra)} extra {extra[:2]}")
        total += leads
    print(f"  {total} leads")


# ── kept beside a replay ──

STORM_RULES = ("{id: in, on: inflow, when: 'event.amount >= 50.00', script: '{{event.amount}} {{feature.sum}}'}", "{id: sum, on: inflow, when: 'feature.sum >= 300.00', cooldown: 500ms}",
               "{id: wait, on: {event: login, unless: bought, within: 700ms}}", "{id: again, on: {event: login, unless: inflow, within: 400ms, restart: true}}",
               "{id: stopped, on: {flow: loan, stopped_at: b, for: 600ms}}", "{id: rich, on: {becomes: 'customer.aum >= 500.00'}}")
STORM_FEATURES = "  sum: {sum: event.amount, of: inflow, over: 1s}"
STORM_FLOWS = "  loan: {event: step, instance: event.flow_id, step: event.step, steps: [a, b, c]}"


def some_event(r, bank):
    kind = r.choice(["inflow", "inflow", "bought", "login", "login", "step", "step", "customer"])
    more = {"inflow": {"amount": r.randrange(1, 200)}, "customer": {"aum": r.randrange(0, 1000)}, "step": {"flow_id": f"F{r.randrange(5)}", "step": r.choice("abcd")}}
    line = bank.event(kind, f"C{r.randrange(12)}", **more.get(kind, {}))
    return r.choice([line] * 30 + [line + line, '{"bad\n' + line, "\n" + line, '{"id": "%s"}\n' % ("x" * 3000) + line])


def rotate(r, bank, name):
    """As logrotate does: the new file is empty until the writer is told, which may be after a kill."""
    with open(bank.path("events.jsonl"), "a", encoding="utf-8") as writer:
        os.rename(bank.path("events.jsonl"), bank.path(name))
        bank.write("events.jsonl", "")
        for _ in range(r.randrange(4)):
            time.sleep(r.random() * 0.1)
            writer.write(bank.event("inflow", "C1", amount=70))
            writer.flush()
        if r.random() < 0.3:
            bank.kill()
            writer.write(bank.event("inflow", "C2", amount=70))
            bank.start()
    bank.append(bank.event("login"))
    bank.wait_figure("events", bank.count - 40)


def assert_letters(bank, text):
    """Refused records stand in the dead letters by the line they stood on; of several files the lines count anew in each."""
    bad = sorted(f"events:{i + 1}" for part in text for i, line in enumerate(part.split("\n")) if line.startswith(('{"bad', '{"id": "xxx')))
    letters = sorted(letter.split("\t")[2] for letter in bank.letters())
    expect(letters == bad, f"{len(letters)} dead letters of {len(bad)}: {letters[:5]} {bad[:5]}")


def storm(make, lateness, seed):
    """Events of now are appended, in parts of lines too; the daemon is killed and stopped, source and sink are rotated; then all is replayed."""
    r = random.Random(seed)
    bank = make()
    bank.config(lateness=lateness)
    bank.rules(*STORM_RULES, features=STORM_FEATURES, flows=STORM_FLOWS)
    bank.append(bank.event("inflow", amount=1))
    bank.start()
    bank.wait_figure("events", 1)
    end, everything, sinks = time.monotonic() + 5, [], 0
    while time.monotonic() < end:
        for _ in range(r.randrange(1, 30)):
            text = some_event(r, bank)
            cut = r.randrange(len(text))
            bank.append(text[:cut])
            bank.append(text[cut:])
            time.sleep(r.random() * 0.004)
        what = r.random()
        if what < 0.15:
            bank.kill()
        elif what < 0.25 and bank.daemon.process.poll() is None:
            bank.stop()
        elif what < 0.35 and os.path.exists(bank.path("leads.jsonl")):
            sinks += 1
            os.rename(bank.path("leads.jsonl"), bank.path(f"leads.jsonl.{sinks}"))
        elif what < 0.42 and bank.daemon.process.poll() is None:
            everything.append(f"events.jsonl.{len(everything)}")
            rotate(r, bank, everything[-1])
        if bank.daemon.process.poll() is not None and r.random() < 0.7:
            bank.start()
    if bank.daemon.process.poll() is not None:
        bank.start()
    bank.wait_figure("events", bank.count)
    time.sleep(3.5 if lateness == "2s" else 1.5)
    bank.stop()
    parts = [open(bank.path(name), encoding="utf-8").read() for name in [*everything, "events.jsonl"]]
    assert_letters(bank, parts)
    bank.write("all.jsonl", "".join(parts))
    text = "".join(open(bank.path(name), encoding="utf-8").read() for name in os.listdir(bank.folder) if name.startswith("leads.jsonl"))
    bank.write("leads.jsonl", text)
    live, record = bank.leads(), bank.replay("all.jsonl", until=now_ms())
    expect(len({lead["id"] for lead in live}) == len(live), "a lead came twice")
    ours, theirs = {triple(lead) for lead in live}, {triple(lead) for lead in record}
    print(f"  {bank.count} events, {len(live)} leads, {sinks} sinks, {len(everything) + 1} sources")
    expect(ours == theirs, f"{len(theirs - ours)} missing, {len(ours - theirs)} extra of {len(theirs)}: {list(theirs - ours)[:2]} {list(ours - theirs)[:2]}")


def a_storm_without_lateness(make):
    storm(make, "0s", 1)


def a_storm_with_lateness(make):
    storm(make, "2s", 2)


def standard_input_sent_again(make):
    """A live stream that ends or is cut off is sent again from its beginning: ids make that harmless."""
    bank = make()
    bank.config(source="stdin", lateness="0s")
    bank.rules("{id: in, on: inflow}", SILENT)
    lines = [bank.event("inflow" if i % 3 else "login", f"C{i}", amount=1) for i in range(200)]
    r = random.Random(3)
    for part in range(4):
        bank_end, ours = os.pipe()
        bank.start(stdin=bank_end)
        os.close(bank_end)
        with os.fdopen(ours, "w") as pipe:
            for line in lines[:r.randrange(50, 200)] if part < 3 else lines:
                pipe.write(line)
            pipe.flush()
            if part == 0:
                time.sleep(r.random() * 0.2)
            elif part == 1:
                bank.wait_figure("events", 1)
            elif part == 3:
                bank.wait_leads(200)
            if part < 2:
                bank.kill()
        if part >= 2:
            expect(bank.daemon.wait(30) == 0, "it did not end with its source")
    leads = bank.leads()
    expect(sorted(lead["event"] for lead in leads) == sorted(f"e{i + 1}" for i in range(200)), f"{len(leads)} leads")


# The longest first.
STORIES = [due_while_down, sets_that_change_between_runs, a_storm_with_lateness, late_events, a_storm_without_lateness, a_shorter_lateness_at_a_start, too_early,
           nothing_before_its_time, a_suspended_process, a_kept_wait_by_the_new_rule, features_of_a_new_set, an_empty_store_counts_from_nothing, fields_come_and_go, a_changed_becomes_records_anew, a_changed_calendar, a_changed_mapping,
           standard_input_sent_again]


def tell(story, program, root):
    folders = iter(range(100))
    begun = time.monotonic()
    try:
        story(lambda: Bank(program, os.path.join(root, f"{story.__name__}-{next(folders)}")))
        print(f"  {time.monotonic() - begun:.1f} s\nok {story.__name__}", flush=True)
        return True
    except (Failure, subprocess.SubprocessError, OSError) as why:
        print(f"FAILED {story.__name__}: {why}", flush=True)
        return False
    finally:
        Daemon.kill_all()


def by_itself(name, program):
    """Stories mostly wait: each runs in a process of its own, a few at a time."""
    run = subprocess.run([sys.executable, os.path.abspath(__file__), "--story", name, program], capture_output=True, text=True)
    print(run.stdout, end="", flush=True)
    if run.stderr or run.returncode not in (0, 1):
        print(f"FAILED {name}: exit status {run.returncode}\n{run.stderr[-3000:]}", flush=True)
    return run.returncode == 0 and not run.stderr


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="stories whose names contain this")
    parser.add_argument("--story", help="this one alone, in this process")
    parser.add_argument("goldhour")
    options = parser.parse_args()
    program = os.path.abspath(options.goldhour)
    if options.story:
        with tempfile.TemporaryDirectory(prefix="goldhour-live-") as root:
            return 0 if tell(globals()[options.story], program, root) else 1
    names = [story.__name__ for story in STORIES if options.only in story.__name__]
    with concurrent.futures.ThreadPoolExecutor(4) as some:
        good = list(some.map(lambda name: by_itself(name, program), names))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
