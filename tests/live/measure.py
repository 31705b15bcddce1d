#!/usr/bin/env python3
"""What the whole way costs on this machine: Kafka, Redis (appendfsync always) and Goldhour side by side. Run by hand; no test, for machines differ.

    tests/live/measure.py GOLDHOUR throughput [--events 2000000] [--partitions 16] [--rules 10]
    tests/live/measure.py GOLDHOUR latency [--rate 20000] [--seconds 20] [--warm 15] [--rules 10] [--fsync always] [--batch-ms 0]
    tests/live/measure.py GOLDHOUR restart [--customers 100000] [--events 0]
    tests/live/measure.py GOLDHOUR joins [--rules 3000] [--events 12000000] [--seconds 180]

throughput: events that lie in the topic are worked through; events a second, and a second of the daemon's own CPU time.
latency: events come at a steady pace, every hundredth triggers; from the moment the broker wrote an event to the moment its lead is read from the stream.
         A quarter of a minute at that pace goes before, in which the broker is compiled.
restart: killed in the middle of a steady stream and started again; from the start of the process to its first new lead. --events come before, so that there is a state.
joins: two daemons work through what lies in the topic, calm; then a third comes or goes every 2 seconds; then it is calm again, with a greater state. Events a second of
         each, and whether each lead is there once.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import kafka_client
from daemon import Daemon
from kafka import Kafka
from process import until
from servers import Redis

TRIGGER_EVERY = 100
SCHEMA = """customer: {name: string, age: int}
events:
  card_purchase: {amount: decimal(2), merchant: string, category: string, channel: string, balance: decimal(2)}
  transfer_in: {amount: decimal(2), from_bank: string}
"""


def write_rules(folder, count):
    """One rule that every hundredth event triggers, and others of the same type that none does."""
    rules = ["rules:", "  - {id: hundredth, on: card_purchase, when: 'event.amount >= 9000.00', script: '{{event.amount | yuan}}'}"]
    for i in range(1, count):
        rules.append(f"  - {{id: r{i}, on: card_purchase, when: 'event.category == \"none-{i % 40}\" && event.amount >= {i}.00 && event.channel in [\"app\", \"web\"]'}}")
    for name, text in (("schema.yaml", SCHEMA), ("rules.yaml", "\n".join(rules) + "\n")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


def event(i, at_ms, customers, prefix="e"):
    amount = "9500.00" if i % TRIGGER_EVERY == 0 else f"{i % 8000}.50"
    return (f"C{i * 7919 % customers:08}", f'{{"id":"{prefix}{i}","type":"card_purchase","customer":"C{i * 7919 % customers:08}","time":{at_ms},"amount":{amount},"merchant":"MERCHANT {i % 99999:05}",'
            f'"category":"c{i % 37}","channel":"pos","balance":{i % 1000000}.25,"account":"40817810{i:012}","currency":"CNY","city":"上海","device":"8008868fc079329b","branch_code":"31007068"}}')


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.kafka = Kafka(os.path.join(folder, "kafka"), lasting=True)
        self.redis = Redis(os.path.join(folder, "redis"), {"appendfsync": options.fsync})

    def __enter__(self):
        self.kafka.__enter__()
        self.redis.__enter__()
        self.kafka.admin.create_topic("events", self.options.partitions, **{"message.timestamp.type": "LogAppendTime"})
        write_rules(self.folder, self.options.rules)
        with open(os.path.join(self.folder, "goldhour.yaml"), "w", encoding="utf-8") as f:
            f.write(f"lateness: 0s\nbatch_ms: {self.options.batch_ms}\nschema: schema.yaml\nrules: rules.yaml\nsource: {{kafka: {{brokers: {self.kafka.brokers}, topics: [events], start: earliest, properties: {{{self.options.properties}}}}}}}\n"
                    f"store: {{redis: {{url: {self.redis.url}}}}}\nsink: {{redis: {{stream: leads}}}}\n")
        return self

    def __exit__(self, *_):
        self.redis.kill()
        self.kafka.kill()

    def daemon(self):
        daemon = Daemon(self.options.goldhour, self.folder).start()
        daemon.wait_for("goldhour runs")
        return daemon

    def figures(self, daemon):
        daemon.process.send_signal(10)
        time.sleep(0.05)
        lines = daemon.lines("stats")
        return lines[-1] if lines else {}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def fill(bench, events, prefix="e"):
    """An hour's events lie in the topic."""
    path, now = os.path.join(bench.folder, "events.txt"), int(time.time() * 1000)
    kafka_client.line_file(path, (event(i, now - 3600000 + i * 3600000 // events, bench.options.customers, prefix) for i in range(events)))
    kafka_client.Kcat(bench.kafka.brokers).produce_file("events", path)
    os.unlink(path)


def throughput(bench):
    o = bench.options
    fill(bench, o.events)
    daemon = bench.daemon()
    until(lambda: int(bench.figures(daemon).get("events", 0)) > 0, "the first event", 60, 0.02)
    began, cpu, first = time.monotonic(), cpu_seconds(daemon.pid), int(bench.figures(daemon)["events"])
    until(lambda: int(bench.figures(daemon)["events"]) >= o.events, "all events", 600, 0.2)
    seconds, cpu = time.monotonic() - began, cpu_seconds(daemon.pid) - cpu
    n = o.events - first
    with bench.redis.client() as client:
        until(lambda: client("XLEN", "leads") >= (o.events + TRIGGER_EVERY - 1) // TRIGGER_EVERY, "all leads", 60)
    print(f"{n} events in {seconds:.2f} s: {n / seconds:.0f} events/s; {n / cpu:.0f} events a second of the daemon's CPU; rss {int(bench.figures(daemon)['rss_bytes']) >> 20} MB")
    daemon.stop()


class Reader(threading.Thread):
    """Reads streams as a consumer would; notes when each lead came."""

    def __init__(self, redis, *streams):
        super().__init__(daemon=True)
        self.redis, self.last, self.came, self.ending = redis, dict.fromkeys(streams or ["leads"], "0-0"), {}, False

    def run(self):
        with self.redis.client() as client:
            while not self.ending:
                answer = client("XREAD", "BLOCK", 200, "COUNT", 1000, "STREAMS", *self.last, *self.last.values())
                now = time.time()
                for stream, entries in answer or []:
                    self.last[stream] = entries[-1][0]
                    for _, fields in entries:
                        self.came.setdefault(json.loads(fields[3])["event"], now)

    def end(self):
        self.ending = True
        self.join()


def pour(bench, sent, seconds, alive=lambda: True):
    """Events at the pace, through kcat; sent[id]: when it was handed over."""
    o = bench.options
    kcat = subprocess.Popen(["kcat", "-P", "-b", bench.kafka.brokers, "-t", "events", "-K", kafka_client.KEY_END, "-X", "topic.partitioner=murmur2_random"], stdin=subprocess.PIPE)
    began, i, n = time.monotonic(), len(sent), int(o.rate * seconds)
    first = i
    while i - first < n and alive():
        due = min(n, int((time.monotonic() - began) * o.rate)) + first
        wall = int(time.time() * 1000)
        lines = []
        for i in range(i, due):
            key, record = event(i, wall, o.customers)
            lines.append(f"{key}{kafka_client.KEY_END}{record}\n")
            sent[f"e{i}"] = wall
        i = max(i, due)
        kcat.stdin.write("".join(lines).encode())
        kcat.stdin.flush()
        time.sleep(0.001)
    kcat.stdin.close()
    kcat.wait(30)


def quantiles(values):
    v = sorted(values)
    return " ".join(f"p{q}={v[min(len(v) - 1, int(len(v) * q / 100))] * 1000:.1f}ms" for q in (50, 90, 99, 99.9)) if v else "none"


def appended(bench):
    """When the broker wrote each event that triggers, in seconds since 1970 (it tells whole milliseconds)."""
    out = subprocess.run(["kcat", "-C", "-b", bench.kafka.brokers, "-t", "events", "-o", "beginning", "-e", "-q", "-f", "%T %s\n"], capture_output=True, text=True, check=True).stdout
    return {line.split('"', 4)[3]: int(line.split(" ", 1)[0]) / 1000 for line in out.splitlines() if '"amount":9500.00' in line}


def latency(bench):
    o = bench.options
    daemon, reader, sent = bench.daemon(), Reader(bench.redis), {}
    boxes = Reader(bench.redis, *(f"gh:{{goldhour:p{i}}}:outbox" for i in range(o.partitions)))
    until(lambda: int(bench.figures(daemon).get("partitions", 0)) == o.partitions, "its partitions", 60, 0.1)
    reader.start()
    boxes.start()
    pour(bench, sent, o.warm)
    warm = len(sent)
    cpu = cpu_seconds(daemon.pid)
    pour(bench, sent, o.seconds)
    cpu = cpu_seconds(daemon.pid) - cpu
    expected = [f"e{i}" for i in range(warm, len(sent)) if i % TRIGGER_EVERY == 0]
    until(lambda: all(e in reader.came for e in expected), "all leads", 30)
    reader.end()
    boxes.end()
    there = appended(bench)
    print(f"committed after {quantiles([max(0, boxes.came[e] - there[e]) for e in expected])}")
    print(f"{o.rate} events/s for {o.seconds} s, {o.rules} rules, appendfsync {o.fsync}: {len(expected)} leads, {quantiles([max(0, reader.came[e] - there[e]) for e in expected])}; "
          f"the daemon used {cpu / o.seconds:.2f} of a core")
    daemon.stop()


def restart(bench):
    o = bench.options
    if o.events:
        fill(bench, o.events, "before")
    daemon, reader, sent = bench.daemon(), Reader(bench.redis), {}
    until(lambda: int(bench.figures(daemon).get("events", 0)) >= o.events, "what came before", 600, 0.2)
    print(f"{bench.figures(daemon).get('customers', 0)} customers, rss {int(bench.figures(daemon)['rss_bytes']) >> 20} MB")
    reader.start()
    o.rate = 5000
    pouring = threading.Thread(target=pour, args=(bench, sent, 25))
    pouring.start()
    silent = []
    for _ in range(5):
        time.sleep(3)
        daemon.kill()
        time.sleep(0.3)
        known, began = len(reader.came), time.monotonic()
        daemon = bench.daemon()
        until(lambda: len(reader.came) > known, "a lead after the start", 60, 0.005)
        silent.append(time.monotonic() - began)
    print("killed and started again, seconds to the next lead:", " ".join(f"{s:.2f}" for s in silent))
    pouring.join()
    until(lambda: all(e in reader.came for e in sent if int(e[1:]) % TRIGGER_EVERY == 0), "all leads", 30)
    reader.end()
    daemon.stop()


def pace(client, seconds, meanwhile=lambda: None):
    """Events a second, told by the leads."""
    began, before = time.monotonic(), client("XLEN", "leads")
    while time.monotonic() < began + seconds:
        meanwhile()
        time.sleep(0.05)
    return (client("XLEN", "leads") - before) * TRIGGER_EVERY / (time.monotonic() - began)


class Guest:
    """A daemon that comes and goes every 2 seconds."""

    def __init__(self, bench):
        self.bench, self.daemon, self.changes, self.next_s = bench, None, 0, time.monotonic()

    def change(self):
        if time.monotonic() < self.next_s or (self.daemon and self.daemon.stopping and self.daemon.running()):
            return
        self.next_s, self.changes = time.monotonic() + 2, self.changes + 1
        if self.daemon and not self.daemon.stopping:
            self.daemon.ask_to_stop()
        else:
            self.daemon = Daemon(self.bench.options.goldhour, self.bench.folder).start()

    def leave(self):
        if self.daemon and not self.daemon.stopping:
            self.daemon.stop()


def joins(bench):
    o = bench.options
    fill(bench, o.events)
    hosts, guest = [bench.daemon() for _ in range(2)], Guest(bench)
    with bench.redis.client() as client:
        until(lambda: client("XLEN", "leads") > 0, "the first lead", 60)
        time.sleep(3)
        calm = pace(client, o.seconds / 4)
        busy = pace(client, o.seconds, guest.change)
        guest.leave()
        time.sleep(1)
        after = pace(client, o.seconds / 4)
        expected = (o.events + TRIGGER_EVERY - 1) // TRIGGER_EVERY
        if client("XLEN", "leads") >= expected:
            sys.exit("the topic ran dry before the time was over: more --events, more --rules or fewer --seconds")
        until(lambda: client("XLEN", "leads") >= expected, "all leads", 900, 0.5)
        there = [json.loads(fields[3])["event"] for _, fields in client("XRANGE", "leads", "-", "+")]
    exact = sorted(there) == sorted(f"e{i}" for i in range(0, o.events, TRIGGER_EVERY))
    print(f"calm before {calm:.0f} events/s, after {after:.0f}; with {guest.changes} joins and leaves {busy:.0f} ({2 * busy / (calm + after):.2f}); {len(there)} leads, each once: {exact}")
    for daemon in hosts:
        daemon.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("goldhour", type=os.path.abspath)
    p.add_argument("what", choices=["throughput", "latency", "restart", "joins"])
    for name, value in (("events", None), ("partitions", 16), ("rules", 10), ("customers", 100000), ("rate", 20000), ("seconds", 20), ("warm", 15), ("batch-ms", 0)):
        p.add_argument("--" + name, type=int, default=value)
    p.add_argument("--fsync", default="always")
    p.add_argument("--properties", default="", help="of the source: name: value, …")
    options = p.parse_args()
    options.events = options.events if options.events is not None else {"throughput": 2000000, "joins": 10000000}.get(options.what, 0)
    with tempfile.TemporaryDirectory(prefix="goldhour-measure-") as folder, Bench(options, folder) as bench:
        {"throughput": throughput, "latency": latency, "restart": restart, "joins": joins}[options.what](bench)


if __name__ == "__main__":
    sys.exit(main())
