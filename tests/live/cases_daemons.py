"""Daemons killed, paused and joined by others: the leads stay those of the undisturbed run."""
import random
import shutil
import signal
import time

import bank
from process import until
from world import expect


def killed_many_times(w):
    r = random.Random(11)
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=64)
    w.produce(40000)
    expected, kills = w.expected(), 0
    for _ in range(12):
        daemon = w.daemon()
        time.sleep(r.random() * 1.2)
        kills += daemon.kill()
    w.daemon()
    w.assert_leads(redis, expected)
    expect(kills >= 10, f"only {kills} kills hit")


def three_daemons_join_and_leave(w):
    """16 partitions; every second somebody comes, goes or dies."""
    r = random.Random(5)
    w.create_topic(16)
    redis = w.redis()
    w.config(redis, batch_events=64)
    w.produce(60000)
    expected = w.expected()
    daemons = [w.daemon() for _ in range(3)]
    for _ in range(10):
        time.sleep(0.5 + r.random())
        i = r.randrange(3)
        if daemons[i] is None:
            daemons[i] = w.daemon()
        elif r.random() < 0.5:
            daemons[i].kill()
            daemons[i] = None
        else:
            daemons[i].stop()
            daemons[i] = None
    for i in range(3):
        daemons[i] = daemons[i] or w.daemon()
    w.assert_leads(redis, expected)
    with redis.client() as c:
        owners = {c("HGET", key, "owner") for key in c.keys("gh:*:meta")}
    expect(len(owners) > 1, f"the work is not shared: {len(owners)} owners")
    for daemon in daemons:
        daemon.stop()


def a_zombie_wakes(w):
    """Stopped for longer than its session; the others take its partitions; awake again it is fenced, and both go on."""
    w.create_topic(8)
    redis = w.redis()
    w.config(redis, batch_events=16, source=w.source(session="2s"))
    w.produce(20000)
    expected = w.expected()
    first, second = w.daemon(), w.daemon()
    until(lambda: w.length(redis) > 100 or w.ended(), "some leads", 30, 0.005)
    first.pause()
    w.wait_for_leads(redis, len(expected), 40)
    first.resume()
    w.assert_leads(redis, expected)
    for zombie in (second, first):
        w.produce(3000)
        zombie.pause()
        expected = w.expected()
        w.wait_for_leads(redis, len(expected), 40)
        zombie.resume()
    w.produce(3000)
    w.assert_leads(redis, w.expected())
    for daemon in (first, second):
        daemon.stop()


def different_files_one_set(w):
    """A second daemon comes with changed rules: they become everybody's; a third with the old files does not turn that back."""
    w.create_topic(8)
    redis = w.redis()
    w.config(redis)
    shutil.copytree(w.folder, w.path("new"), ignore=lambda _, names: [n for n in names if not n.endswith(".yaml")])
    shutil.copytree(w.path("new"), w.path("old"))
    changed = bank.RULES.replace("'{{customer.name}} {{event.amount}}'", "'changed {{event.amount}}'")
    bank.write_rules(w.path("new"), changed)
    w.produce(3000)  # before a daemon sees the topic's end: from then on the clock counts, and what lies hours back is late
    w.daemon()
    w.assert_leads(redis, w.expected())
    before = w.length(redis)
    w.daemon(folder=w.path("new"))
    until(lambda: len({v for d in w.daemons for v in versions(d)}) > 1, "the new set in a log", 20)
    w.daemon(folder=w.path("old"))
    time.sleep(4)
    w.produce(6000)
    until(lambda: w.length(redis) > before + 500 or w.ended(), "leads of the new set", 30)
    w.wait_for_leads(redis, len(w.expected()), 30)
    leads = [lead for _, lead in w.entries(redis)[before:]]
    expect(len({lead["rule_version"] for lead in leads}) == 1, "leads of more than one set")
    scripts = {lead["script"].split()[0] for lead in leads if lead["rule"] == "payroll"}
    expect(scripts == {"changed"}, f"scripts of the old set: {scripts}")


def a_set_that_does_not_fit_disturbs_nobody(w):
    """A field that the state holds changes its type: neither a start with such files nor SIGHUP makes them everybody's, whoever has the partitions."""
    w.create_topic(4)
    redis = w.redis()
    w.config(redis)
    w.produce(3000)
    hosts = [w.daemon(), w.daemon()]
    w.assert_leads(redis, w.expected())
    shutil.copytree(w.folder, w.path("new"), ignore=lambda _, names: [n for n in names if not n.endswith(".yaml")])
    bank.write_rules(w.path("new"), schema=bank.SCHEMA.replace("channel: string", "channel: int"))
    said = w.goldhour("run", "--config", "goldhour.yaml", cwd=w.path("new"), status=None)
    expect(said.returncode == 78 and "login.channel" in said.stderr, f"{said.returncode}: {said.stderr[-800:]}")
    bank.write_rules(w.folder, schema=bank.SCHEMA.replace("channel: string", "channel: int"))
    hosts[0].process.send_signal(signal.SIGHUP)
    hosts[0].wait_for("reload failed")
    bank.write_rules(w.folder)
    w.produce(3000)
    w.assert_leads(redis, w.expected())
    for host in hosts:
        expect(not host.lines("a partition is stopped"), f"{host.name} stopped a partition")
        host.stop()


def versions(daemon):
    return {line[key] for line in daemon.lines("") for key in ("version", "to", "set", "new") if key in line}


def stopped_as_soon_as_it_runs(w):
    """The group's first assignment may come at the very moment of the stop: it must not keep the process."""
    w.create_topic(1)
    w.config(w.redis())
    for _ in range(40):
        daemon = w.daemon()
        daemon.wait_for("goldhour runs")
        daemon.stop()


CASES = [stopped_as_soon_as_it_runs, killed_many_times, three_daemons_join_and_leave, a_zombie_wakes, different_files_one_set, a_set_that_does_not_fit_disturbs_nobody]
