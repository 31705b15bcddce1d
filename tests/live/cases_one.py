"""One daemon from Kafka to a Redis stream: the leads are the replay's; where it begins; how soon it is back; timers by the clock."""
import json
import os
import signal
import subprocess
import time

import bank
from process import until
from world import expect


def from_kafka_to_a_stream(w):
    """kcat produces, redis-cli reads."""
    w.create_topic(4)
    redis = w.redis()
    w.config(redis)
    w.produce(6000)
    daemon = w.daemon()
    w.assert_leads(redis, w.expected())
    expect(threads_that_get(daemon, signal.SIGTERM) == [daemon.pid], "TERM may come to a thread that does not expect it: a second one would kill")
    daemon.stop()
    said = subprocess.run(["redis-cli", "-p", str(redis.port), "XRANGE", "leads", "-", "+", "COUNT", "1"], capture_output=True, text=True, check=True).stdout.splitlines()
    expect(said[1] == "id" and said[3] == "lead" and json.loads(said[4])["id"] == said[2], f"redis-cli sees {said}")
    w.produce(3000)
    daemon = w.daemon()
    w.assert_leads(redis, w.expected())
    daemon.stop()


def threads_that_get(daemon, number):
    """Its threads that do not block the signal."""
    found = []
    for task in os.listdir(f"/proc/{daemon.pid}/task"):
        with open(f"/proc/{daemon.pid}/task/{task}/status", encoding="utf-8") as f:
            blocked = int(next(line for line in f if line.startswith("SigBlk")).split()[1], 16)
        if not blocked >> (number - 1) & 1:
            found.append(int(task))
    return found


def back_within_a_second(w):
    """Killed and started again, it gives the lead of a new event soon, though Kafka still holds its dead member."""
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, lateness="0s", source=w.source(session="10s"))
    w.produce(3000)
    daemon = w.daemon()
    w.assert_leads(redis, w.expected(), calm=0.2)
    took = []
    for i in range(4):
        daemon.kill()
        before = w.length(redis)
        event = {"id": f"soon{i}", "type": "payroll_credit", "customer": f"S{i}", "time": bank.now_ms(), "amount": "9000.00"}
        who = {"id": f"who{i}", "type": "customer", "customer": f"S{i}", "time": bank.now_ms(), "age": 30}
        w.kcat.produce_many(w.topic, [(f"S{i}", json.dumps(e)) for e in (who, event)])
        begun = time.monotonic()
        daemon = w.daemon()
        until(lambda: w.length(redis) > before, "a lead after a kill", 20, 0.005)
        took.append(time.monotonic() - begun)
    print("  back after " + " ".join(f"{t:.2f}" for t in took) + " s")
    expect(sorted(took)[1] < 4, f"back only after {took} s")


def where_a_new_store_begins(w):
    """start: latest sees only what comes; a time sees what was produced after it."""
    w.create_topic(2)
    w.produce(500)
    time.sleep(1.1)
    moment = time.time()
    second = list(w.stretch(500, 2))
    w.kcat.produce_many(w.topic, second)
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03}Z"
    redis = w.redis()
    w.config(redis, source=w.source(start=f"'{when}'"))
    daemon = w.daemon()
    mine = {json.loads(value)["id"] for _, value in second}
    until(lambda: w.length(redis) > 5, "leads of what was produced after the time", 30)
    time.sleep(1)
    events = {lead["event"] for _, lead in w.entries(redis)}
    expect(events <= mine, f"leads of older events: {sorted(events - mine)[:3]}")
    daemon.stop()

    other = w.redis("other")
    w.group += "-latest"
    w.config(other, source=w.source(start="latest"))
    daemon = w.daemon()
    until(lambda: len(w.kafka.admin.committed(w.group)) == 2 or w.ended(), "offsets in the group", 30)
    third = list(w.stretch(500, 2))
    w.kcat.produce_many(w.topic, third)
    until(lambda: w.length(other) > 5, "leads of what came", 30)
    time.sleep(0.5)
    events = {lead["event"] for _, lead in w.entries(other)}
    expect(events <= {json.loads(value)["id"] for _, value in third}, "start: latest gave leads of older events")
    daemon.stop()


def timers_by_the_clock(w):
    """Waits end by the clock while their partition is at its end, also over a kill, and each once; never while the broker is away, for then nobody knows the end."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis, idle="200ms", lateness="1s")
    bank.write_rules(w.folder, "rules:\n  - {id: silent, on: {event: login, unless: payroll_credit, within: 3s}}\n")
    daemon = w.daemon()

    def login(i, kind="login", **more):
        customer = f"K{i}"
        w.kcat.produce(w.topic, json.dumps({"id": f"{kind}{i}", "type": kind, "customer": customer, "time": bank.now_ms(), **(more or {"channel": "app"})}), key=customer)

    daemon.wait_for("partition", seconds=20)
    for i in range(10):
        login(i)
    for i in range(3):
        login(i, "payroll_credit", amount="1.00")
    time.sleep(1)
    daemon.kill()
    time.sleep(1)
    w.daemon()
    w.wait_for_leads(redis, 7, 20)
    time.sleep(1.5)
    events = sorted(lead["event"] for _, lead in w.entries(redis))
    expect(events == [f"login{i}" for i in range(3, 10)], f"leads of {events}")


CASES = [from_kafka_to_a_stream, back_within_a_second, where_a_new_store_begins, timers_by_the_clock]
