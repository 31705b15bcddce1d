"""Kafka's own faults: a broker that dies, records that are gone, topics that changed, stores that do not belong to their group."""
import json
import random
import time

import bank
from kafka import Kafka
from process import until
from transactions import Transactions
from world import expect


def a_broker_is_killed_and_started(w):
    r = random.Random(2)
    w.kafka = w.hold(Kafka(w.path("kafka")))
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, batch_events=64)
    w.produce(40000)
    expected = w.expected()
    w.daemon()
    w.daemon()
    for _ in range(2):
        time.sleep(0.5 + r.random())
        w.kafka.kill()
        time.sleep(r.random() * 2)
        w.kafka.start()
    time.sleep(0.5)
    w.kafka.pause()
    time.sleep(4)
    w.kafka.resume()
    w.assert_leads(redis, expected)
    for daemon in w.daemons:
        daemon.stop()


def a_position_that_kafka_lost(w):
    """Records deleted behind the daemon's back stop that partition, told loudly, and no other; told to go on it does."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    w.produce(2000)
    w.daemon()
    w.assert_leads(redis, w.expected())
    w.daemons[0].stop()
    w.produce(2000)
    ends = w.kafka.admin.offsets(w.topic)
    w.kafka.admin.delete_records(w.topic, {0: ends[0] - 100})
    before = w.length(redis)
    daemon = w.daemon()
    daemon.wait_for("no longer", seconds=20)
    until(lambda: w.length(redis) > before, "leads of the other partition", 20)
    expect(daemon.running(), "the whole daemon ended")
    daemon.stop()
    before = w.length(redis)
    w.config(redis, source=w.source(lost="earliest"))
    w.daemon()
    until(lambda: w.length(redis) > before, "leads of what is left of the partition", 20)


def another_number_of_partitions(w):
    """A topic that grew is refused: customers would be cut in two."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    w.produce(1000)
    w.daemon()
    w.assert_leads(redis, w.expected())
    w.daemons[0].stop()
    w.kafka.admin.grow_topic(w.topic, 3)
    said = w.goldhour("run", status=None, seconds=30)
    expect(said.returncode not in (0, -9) and "partitions" in said.stderr, f"{said.returncode}: {said.stderr[-700:]}")


def an_empty_store_beside_a_group(w):
    """A store that lost everything would begin anew and give old leads twice: refused, unless it is meant."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    w.produce(1000)
    daemon = w.daemon()
    expected = w.expected()
    w.assert_leads(redis, expected)
    until(lambda: len(w.kafka.admin.committed(w.group)) == 2, "offsets in the group", 20)
    daemon.stop()
    redis.client()("FLUSHALL")
    said = w.goldhour("run", status=None, seconds=30)
    expect(said.returncode not in (0, -9) and "--new-store" in said.stderr, f"{said.returncode}: {said.stderr[-700:]}")
    w.daemon("--new-store")
    w.assert_leads(redis, expected)
    w.daemons[-1].stop()
    w.daemon()
    w.produce(500)
    w.assert_leads(redis, w.expected())


def stopped_while_a_broker_hangs(w):
    """Given its partitions it asks where they begin; the broker stands still at that moment. TERM ends the daemon all the same."""
    w.kafka = w.hold(Kafka(w.path("kafka")))
    w.create_topic(2)
    w.config(w.redis())
    daemon = w.daemon()
    until(lambda: "partitions are assigned" in daemon.text(), "partitions", 20, 0.0005)
    w.kafka.pause()
    daemon.stop(seconds=6)
    w.kafka.resume()


def no_lag_after_a_kill(w):
    """Killed before it told the group how far it was; nothing new comes; the next one tells it, or lag tools would cry for as long as it is quiet."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    w.produce(1000)
    daemon = w.daemon()
    w.assert_leads(redis, w.expected())
    daemon.kill()
    ends = w.kafka.admin.offsets(w.topic)
    daemon = w.daemon()
    until(lambda: {p: o for (_, p), (o, _) in w.kafka.admin.committed(w.group).items()} == ends, "the group's offsets", 20)
    daemon.stop()


def a_partition_lost_is_not_begun_at_the_end(w):
    """The store knows its group and has lost a partition. `start: latest` holds for what never was begun: what came since the group's offset is not passed over."""
    w.create_topic(1)
    redis = w.redis()
    w.config(redis, source=w.source(start="latest"))
    list(w.stretch(1, 1))  # the first lies behind the clock of a daemon that is at the end already
    daemon = w.daemon()
    until(lambda: len(w.kafka.admin.committed(w.group)) == 1 or w.ended(), "an offset in the group", 30)
    w.produce(1000)
    w.assert_leads(redis, w.expected())
    daemon.stop()
    second = list(w.stretch(1000, 1))
    w.kcat.produce_many(w.topic, second)
    with redis.client() as client:
        client("DEL", *client.keys("gh:*:p0}:*"))
    before = w.length(redis)
    daemon = w.daemon()
    daemon.wait_for("it has lost commits", seconds=20)
    until(lambda: w.length(redis) > before + 50 or w.ended(), "leads of what came while nobody ran", 30)
    daemon.stop()


def stopped_while_a_store_hangs(w):
    """At the start a partition's load waits half a minute for Redis. Told to stop meanwhile it ends after the 5 s that a commit would have had."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    daemon = w.daemon()
    daemon.wait_for("goldhour runs")
    redis.pause()
    time.sleep(0.5)
    daemon.ask_to_stop()
    expect(daemon.wait(14) in (0, 1), "it was killed")  # 1: a commit was under way
    redis.resume()


def transactions_and_tombstones(w):
    """Rolled back is never seen; open at the end counts as the end, and comes with its commit; marks of transactions and records without a value hold up no timer."""
    w.create_topic(1)
    redis = w.redis()
    w.config(redis, idle="200ms", lateness="1s")
    bank.write_rules(w.folder, "rules:\n  - {id: silent, on: {event: login, unless: payroll_credit, within: 2s}}\n  - {id: read, on: article_read}\n")
    daemon = w.daemon()
    daemon.wait_for("is ours", seconds=20)

    def put(kind, event, **fields):
        producer.put(event, json.dumps({"id": event, "type": kind, "customer": event, "time": bank.now_ms(), **fields}))

    def comes_to(*events):
        until(lambda: w.length(redis) == len(events) or w.ended(), f"the lead of {events[-1]}", 20)
        expect([lead["event"] for _, lead in w.entries(redis)] == list(events), f"leads of {w.entries(redis)}")

    with Transactions(w.kafka.brokers, w.topic, w.name) as producer:
        producer.begin()
        put("login", "committed", channel="app")
        producer.commit()
        comes_to("committed")
        producer.begin()
        put("login", "behind", channel="app")
        producer.put("tombstone", None)
        producer.commit()
        producer.begin()
        put("article_read", "rolled-back", topic="fund")
        producer.flush()
        producer.abort()
        comes_to("committed", "behind")
        producer.begin()
        put("article_read", "open", topic="fund")
        producer.flush()
        time.sleep(1)
        comes_to("committed", "behind")
        producer.commit()
        comes_to("committed", "behind", "open")
        ends = w.kafka.admin.offsets(w.topic)
        until(lambda: {p: o for (_, p), (o, _) in w.kafka.admin.committed(w.group).items()} == ends, "the group's offset behind the last mark", 15)
        daemon.kill()
        w.kafka.admin.delete_records(w.topic, ends)  # as retention does it in time: nothing of it was lost
        daemon = w.daemon()
        daemon.wait_for("is ours", seconds=20)
        producer.begin()
        put("article_read", "anew", topic="fund")
        producer.commit()
        comes_to("committed", "behind", "open", "anew")
    daemon.stop()


CASES = [a_broker_is_killed_and_started, stopped_while_a_broker_hangs, stopped_while_a_store_hangs, no_lag_after_a_kill, a_position_that_kafka_lost,
         a_partition_lost_is_not_begun_at_the_end, transactions_and_tombstones, another_number_of_partitions, an_empty_store_beside_a_group]
