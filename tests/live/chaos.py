#!/usr/bin/env python3
"""The great storm: events in many partitions, several daemons, and everything that may go wrong at random moments, until all leads are out.

    tests/live/chaos.py GOLDHOUR [--events N] [--partitions N] [--daemons N] [--seed N] [--pause SECONDS] [--faults NAME,…] [--keep]

Faults: daemon (kill -9), stop (TERM), zombie (paused beyond its session), redis and broker (kill -9, started again), link (cut between request and reply), aof (Redis
killed, the end of its append-only file cut off, and the file mended with Redis's own tool). The leads of the stream are then compared with those of the undisturbed run, content and all.
"""
import argparse
import hashlib
import itertools
import os
import random
import shutil
import sys
import tempfile
import time

import world
from kafka import Kafka
from kafka_client import KEY_END
from process import end_all
from proxy import Proxy
from world import expect

ALL = "daemon,stop,zombie,redis,broker,link"
PIECE = 500000


class Storm:
    """plan: events, partitions, daemons, seed, pause (mean seconds between faults), faults (names), batch_events."""

    def __init__(self, w, plan):
        self.w, self.plan, self.random = w, plan, random.Random(plan["seed"])
        self.counts, self.mends, self.ends = dict.fromkeys(plan["faults"], 0), [], 0

    def prepare(self):
        w, plan = self.w, self.plan
        w.kafka = w.hold(Kafka(w.path("kafka")))
        self.redis = w.redis(conf={"auto-aof-rewrite-percentage": 100})
        self.cable = w.hold(Proxy(self.redis.port))
        w.create_topic(plan["partitions"])
        w.config(f"{{redis: {{url: 'redis://127.0.0.1:{self.cable.port}', timeout: 2s}}}}", batch_events=plan["batch_events"])
        self.fill()
        begun = time.monotonic()
        self.expected = w.expected()
        print(f"  {plan['events']} events, {len(self.expected)} leads, replayed in {time.monotonic() - begun:.0f} s", flush=True)

    def fill(self):
        """Piece by piece: ten million lines need not lie in a file at once."""
        w, plan = self.w, self.plan
        lines = w.stretch(plan["events"], plan["partitions"], customers=max(200, plan["events"] // 50))
        while piece := list(itertools.islice(lines, PIECE)):
            path = w.path("piece")
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.writelines(f"{key}{KEY_END}{value}\n" for key, value in piece)
            w.kcat.produce_file(w.topic, path)
            os.unlink(path)

    # ── faults: each strikes now, and says what mends it, later ──

    def daemon(self, i):
        self.daemons[i].kill()
        return lambda: self.start_daemon(i)

    def stop(self, i):
        self.daemons[i].ask_to_stop()
        return lambda: self.start_daemon(i)

    def start_daemon(self, i):
        """Once the old one has ended, which may need what else is being mended."""
        if self.daemons[i].running():
            self.mends.append((time.monotonic() + 0.2, i, lambda: self.start_daemon(i)))
        else:
            self.daemons[i] = self.w.daemon()

    def zombie(self, i):
        self.daemons[i].pause()
        return self.daemons[i].resume

    def redis_(self, _):
        self.redis.kill()
        return self.redis.start

    def aof(self, _):
        self.redis.kill()
        path, size = self.redis.aof(), os.path.getsize(self.redis.aof())
        most = size - (self.founded if path == self.first_file else 0)
        if most > 1:
            self.redis.cut_aof(size - self.random.randrange(1, min(most, 1000000)))
            self.redis.mend_aof()
        return self.redis.start

    def broker(self, _):
        self.w.kafka.kill()
        return self.start_broker

    def start_broker(self):
        self.w.kafka.process.start()
        self.mends.append((time.monotonic() + 6, "broker", lambda: None))  # it needs some seconds to be up

    def link(self, _):
        self.cable.cut_reply(b"", self.random.randrange(1, 50))
        return self.cable.heal

    def strike(self):
        """A random fault, unless what it would hit is being mended."""
        name = self.random.choice(self.plan["faults"])
        i = self.random.randrange(len(self.daemons))
        victim = i if name in ("daemon", "stop", "zombie") else {"aof": "redis"}.get(name, name)
        if victim in (victim for _, victim, _ in self.mends):
            return
        mend = getattr(self, {"redis": "redis_"}.get(name, name))(i)
        lasts = {"zombie": 4 + 3 * self.random.random(), "link": 0.5}.get(name, 2 * self.random.random())
        self.mends.append((time.monotonic() + lasts, victim, mend))
        self.counts[name] += 1

    def mend(self):
        due = [m for m in self.mends if m[0] <= time.monotonic()]
        self.mends = [m for m in self.mends if m not in due]
        for _, _, mend in due:
            mend()

    # ── the course ──

    def start_those_that_ended(self):
        """As systemd would. A zombie may find that Kafka no longer knows it; any other end is a failure."""
        for i, daemon in enumerate(self.daemons):
            if daemon.running() or i in (victim for _, victim, _ in self.mends):
                continue
            self.ends += 1
            expect("joined the group under this member's name" in daemon.text(), f"{daemon.name} ended with {daemon.process.returncode}: {daemon.text()[-800:]}")
            daemon.stopping = True
            self.daemons[i] = self.w.daemon()

    def redis_is_down(self):
        return "redis" in (victim for _, victim, _ in self.mends)

    def run(self):
        self.prepare()
        w, plan = self.w, self.plan
        begun = time.monotonic()
        self.daemons = [w.daemon() for _ in range(plan["daemons"])]
        w.wait_for_leads(self.redis, 1, 60)
        self.first_file, self.founded = self.redis.aof(), os.path.getsize(self.redis.aof())
        next_s = 0
        while (w.length(self.redis) < len(self.expected) or self.redis_is_down()) and time.monotonic() < begun + plan["seconds"]:
            self.mend()
            if time.monotonic() >= next_s:
                self.strike()
                next_s = time.monotonic() + self.random.expovariate(1 / plan["pause"])
            self.start_those_that_ended()
            time.sleep(0.02)
        while self.mends:
            self.mend()
            time.sleep(0.05)
        print(f"  {time.monotonic() - begun:.0f} s with " + ", ".join(f"{n} {name}" for name, n in self.counts.items()) + f"; {self.ends} daemons ended by themselves", flush=True)
        w.assert_leads(self.redis, self.expected, plan["patience"])
        print(f"  {time.monotonic() - begun:.0f} s in all: {plan['events'] / (time.monotonic() - begun):.0f} events a second", flush=True)
        for daemon in self.daemons:
            daemon.stop(60)


def plan_of(**more):
    return {"events": 100000, "partitions": 16, "daemons": 3, "seed": 1, "pause": 0.3, "faults": ALL.split(","), "batch_events": 32, "seconds": 30, "patience": 60} | more


def digest(lead):
    return hashlib.blake2b(world.plain_content(lead).encode(), digest_size=12).hexdigest()


def main():
    parser = argparse.ArgumentParser()
    for name, default in (("events", 1000000), ("partitions", 16), ("daemons", 3), ("seed", 1), ("batch_events", 1024), ("seconds", 3600), ("patience", 900)):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between faults")
    parser.add_argument("--faults", default=ALL)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("goldhour")
    options = parser.parse_args()
    root = tempfile.mkdtemp(prefix="goldhour-chaos-")
    if options.events > 200000:
        world.content = digest  # millions of leads in memory, twice
    plan = vars(options) | {"faults": options.faults.split(",")}
    try:
        with world.World(os.path.abspath(options.goldhour), os.path.join(root, "storm"), None, options) as w:
            Storm(w, plan).run()
        print("ok chaos")
        return 0
    except Exception as why:
        options.keep = True
        print(f"FAILED chaos: {type(why).__name__}: {why}; see {root}")
        return 1
    finally:
        end_all()
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
