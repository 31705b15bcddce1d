"""Redis killed, unreachable, set back: no lead is lost or doubled, and what was lost is noticed."""
import json
import os
import random
import time

import bank
from process import until
from proxy import Proxy
from servers import Redis
from world import expect


def redis_is_killed_and_started(w):
    r = random.Random(3)
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=64)
    w.produce(30000)
    expected = w.expected()
    w.daemon()
    for _ in range(6):
        time.sleep(0.3 + r.random())
        redis.kill()
        time.sleep(r.random())
        redis.start()
    w.assert_leads(redis, expected)


def links_are_cut(w):
    """Between request and reply, before the request, in its middle; half closed, delayed, swallowed."""
    r = random.Random(4)
    w.create_topic(4)
    redis = w.redis()
    link = w.hold(Proxy(redis.port))
    w.config(f"{{redis: {{url: 'redis://127.0.0.1:{link.port}', timeout: 1s}}}}", batch_events=32)
    w.produce(30000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(redis) > 0 or w.ended(), "a first lead", 20, 0.005)
    strikes, end = 0, time.monotonic() + 8
    while time.monotonic() < end and w.length(redis) < len(expected):
        fault = r.choice([link.cut_reply] * 3 + [link.cut_request, lambda match, nth: link.cut_request(match, nth, middle=True)])
        fault(r.choice([b"FCALL", b"EVALSHA", b""][:1] + [b""]), r.randrange(1, 20))
        time.sleep(0.15)
        if r.random() < 0.1:
            link.half_close()
    strikes = link.strikes
    link.heal()
    link.black_hole()
    time.sleep(2)
    link.heal()
    link.delay(0.02)
    time.sleep(1)
    link.heal()
    w.assert_leads(redis, expected)
    expect(strikes > 5, f"only {strikes} cuts")
    daemon.stop()


def founded(redis):
    """Where the append-only file stands now: what is before is not cut off, for without a store there is nothing to go back to."""
    return redis.aof(), os.path.getsize(redis.aof())


def cut_and_start(r, redis, least):
    """Kills it, cuts up to a megabyte off the end of its append-only file, and starts it again."""
    redis.kill()
    path, size = redis.aof(), os.path.getsize(redis.aof())
    most = size - (least[1] if path == least[0] else 0)  # another file: it was rewritten since, and the store's founding is in its base
    redis.cut_aof(size - r.randrange(1, max(2, min(most, 1000000))))
    redis.start()


def aof_cut_while_a_daemon_lives(w):
    """The daemon still has what Redis lost, and sends it again: content equal."""
    r = random.Random(8)
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=32)
    w.produce(60000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(redis) > 0 or w.ended(), "a first lead", 20, 0.005)
    least, cuts = founded(redis), 0
    while cuts < 6 and w.length(redis) < len(expected):
        time.sleep(0.1 + r.random() * 0.5)
        cut_and_start(r, redis, least)
        cuts += 1
    w.assert_leads(redis, expected)
    told = [line for line in daemon.text().splitlines() if "lost" in line]
    print(f"  {cuts} cuts, told {len(told)} times")
    expect(told, "the loss is not told")
    daemon.stop()


def aof_cut_while_all_is_quiet(w):
    """Nothing comes that would make a commit: the daemon looks after what it wrote when the link is back."""
    r = random.Random(10)
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=64)
    w.produce(10000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(redis) > 0 or w.ended(), "a first lead", 20, 0.005)
    least = founded(redis)
    w.assert_leads(redis, expected)
    cut_and_start(r, redis, least)
    expect(w.length(redis) < len(expected), "nothing was lost")
    w.assert_leads(redis, expected, 20)
    daemon.stop()


def aof_cut_while_none_lives(w):
    """Nobody has what was lost: it is read from Kafka and stepped again."""
    r = random.Random(9)
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=32)
    w.produce(60000)
    expected, least = w.expected(), None
    for _ in range(5):
        daemon = w.daemon()
        until(lambda: w.length(redis) > 0 or w.ended(), "a first lead", 20, 0.005)
        least = least or founded(redis)
        time.sleep(0.1 + r.random() * 0.6)
        daemon.kill()
        cut_and_start(r, redis, least)
    w.daemon()
    w.assert_leads(redis, expected)


def failover_to_a_lagging_replica(w):
    """The replica's link is cut for a while, then the master dies and the replica serves: it lacks the last commits."""
    w.create_topic(4)
    master = w.redis("master")
    feed = w.hold(Proxy(master.port))
    replica = w.hold(Redis(w.path("replica"), {"replicaof": f"127.0.0.1 {feed.port}", "repl-timeout": 60}))
    link = w.hold(Proxy(master.port))
    until(lambda: replica.client().info("replication")["master_link_status"] == "up", "the replica", 20)
    w.config(f"{{redis: {{url: 'redis://127.0.0.1:{link.port}', timeout: 2s}}}}", batch_events=64)
    w.produce(30000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(master) > 300 or w.ended(), "some leads", 20, 0.005)
    feed.black_hole()
    time.sleep(0.4)
    before = w.length(master)
    master.kill()
    replica.client()("REPLICAOF", "NO", "ONE")
    behind = before - w.length(replica)
    link.target = replica.port
    link.cut()
    w.assert_leads(replica, expected)
    print(f"  {behind} leads behind")
    daemon.stop()


def nothing_that_loses_data_is_accepted(w):
    """An eviction policy that drops keys, a replica, a Redis that is not there: each is said in the operator's words."""
    w.create_topic(1)
    evicting = w.redis("evicting", conf={"maxmemory-policy": "allkeys-lru", "maxmemory": "100mb"})
    w.config(evicting)
    said = w.goldhour("run", status=None, seconds=20)
    expect(said.returncode not in (0, -9) and "noeviction" in said.stderr, f"{said.returncode}: {said.stderr[-500:]}")
    replica = w.hold(Redis(w.path("replica"), {"replicaof": f"127.0.0.1 {evicting.port}"}))
    until(lambda: replica.client().info("replication")["master_link_status"] == "up", "the replica", 20)
    w.config(replica)
    said = w.goldhour("check", "--live", status=None, seconds=40)
    expect(said.returncode == 1 or said.returncode == 78, f"check --live over a replica: {said.returncode} {said.stdout[-500:]}{said.stderr[-500:]}")
    lazy = w.redis("lazy", conf={"appendonly": "no"})
    w.config(lazy)
    daemon = w.daemon()
    daemon.wait_for("append", seconds=20)  # a warning that says what may be lost
    daemon.stop()


def all_is_lost_where_the_end_is_the_beginning(w):
    """Redis comes back empty, and more was committed than is kept: with `start: latest`, too, no event is passed over that was not stepped yet."""
    w.create_topic(1)
    redis = w.redis()
    w.config(f"{{redis: {{url: {redis.url}, resend_bytes: 1MB}}}}", lateness="0s", source=w.source(start="latest"))
    daemon = w.daemon()
    daemon.wait_for("a partition is ours", seconds=30)
    w.produce(20000)
    until(lambda: int(redis.client()("HGET", f"gh:{{{w.group}:p0}}:meta", "position") or 0) >= 20000 or w.ended(), "the events", 60, 0.1)
    time.sleep(6)  # the group's offset is there for lag tools
    redis.client()("FLUSHALL")
    now = bank.now_ms() + 20000
    event = {"id": "then", "type": "payroll_credit", "customer": "S1", "time": now, "amount": "9000.00"}
    who = {"id": "who", "type": "customer", "customer": "S1", "time": now, "age": 30}
    w.kcat.produce_many(w.topic, [("S1", json.dumps(e)) for e in (who, event)])
    until(lambda: any(lead["customer"] == "S1" for _, lead in w.entries(redis)) or w.ended(), "the lead of an event that was under way", 20, 0.1)
    daemon.stop()


def a_file_beside_redis(w):
    """A start is no alarm; and a stop does not wait for a server that went away soon after the start."""
    redis = w.redis()
    with open(w.path("events.jsonl"), "w", encoding="utf-8"):
        pass
    w.config(redis, source="{file: {path: events.jsonl}}")
    daemon = w.daemon()
    daemon.wait_for("goldhour runs", seconds=20)
    time.sleep(1)
    expect("makes no progress" not in daemon.text(), "an alarm at the start")
    redis.kill()
    time.sleep(1)
    begun = time.monotonic()
    daemon.ask_to_stop()
    until(lambda: daemon.process.poll() is not None, "the end", 40, 0.05)
    took = time.monotonic() - begun
    print(f"  ended in {took:.1f} s")
    expect(took < 12, f"a stop took {took:.1f} s")


CASES = [a_file_beside_redis, all_is_lost_where_the_end_is_the_beginning, redis_is_killed_and_started, links_are_cut, aof_cut_while_a_daemon_lives, aof_cut_while_all_is_quiet, aof_cut_while_none_lives, failover_to_a_lagging_replica,
         nothing_that_loses_data_is_accepted]
