"""Redis Cluster and Sentinel: slots that move, nodes that die, masters that change."""
import json
import random
import time

from process import until
from servers import RedisCluster, RedisSentinel
from world import expect


def cluster_store(cluster, **more):
    nodes = ", ".join(f"'{a}'" for a in cluster.addresses)
    return "{redis: {cluster: [" + nodes + "]" + "".join(f", {k}: {v}" for k, v in more.items()) + "}}"


def a_cluster_whose_slots_move(w):
    r = random.Random(6)
    cluster = w.hold(RedisCluster(w.path("cluster"), 3))
    w.create_topic(4)
    w.config(cluster_store(cluster), batch_events=64)
    w.produce(30000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(cluster) > 0 or w.ended(), "a first lead", 20, 0.01)
    moved = 0
    while moved < 12:
        for key in [w.stream] + [f"gh:{{{w.group}:p{p}}}:meta" for p in range(4)]:
            slot = cluster.slot_of(key)
            owner = cluster.owner(slot)
            cluster.migrate(slot, r.choice([n for n in cluster.nodes if n is not owner]), lambda: time.sleep(0.02))
            moved += 1
    w.assert_leads(cluster, expected)
    daemon.stop()


def a_node_of_a_cluster_fails(w):
    """Its replica takes its place; what the replica lacks is sent again."""
    cluster = w.hold(RedisCluster(w.path("cluster"), 3, 1))
    w.create_topic(8)
    w.config(cluster_store(cluster, timeout="2s"), batch_events=64)
    w.produce(30000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(cluster) > 200 or w.ended(), "some leads", 20, 0.01)
    dead = cluster.owner(cluster.slot_of(w.stream))
    dead.kill()
    until(lambda: cluster.owner(cluster.slot_of(w.stream)) is not dead, "another master of the slot", 30, 0.1)
    w.assert_leads(cluster, expected)
    daemon.stop()


def sentinels_name_another_master(w):
    sentinel = w.hold(RedisSentinel(w.path("sentinel")))
    nodes = ", ".join(f"'{a}'" for a in sentinel.addresses)
    w.create_topic(4)
    w.config(f"{{redis: {{sentinel: {{master: {sentinel.master_name}, nodes: [{nodes}]}}, timeout: 2s}}}}", batch_events=64)
    w.produce(30000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: w.length(sentinel) > 200 or w.ended(), "some leads", 20, 0.01)
    old = sentinel.master()
    old.kill()
    sentinel.wait_for_other_master(old)
    # The old one comes back as what it was, and learns otherwise.
    old.start(fresh_conf=False)
    until(lambda: old.client().info("replication")["role"] == "slave", "the old master to follow", 40)
    w.assert_leads(sentinel, expected)
    daemon.stop()


def dead_letters_in_a_cluster(w):
    """Those of partitions on several nodes, while slots move: listed, sent again with key and headers to where they were, dropped."""
    r = random.Random(7)
    cluster = w.hold(RedisCluster(w.path("cluster"), 3))
    w.create_topic(4)
    w.config(cluster_store(cluster))
    w.produce(500)
    for p in range(4):
        for n in range(12):
            w.kcat.produce(w.topic, f"poison {p} {n}", key=f"k{p}", partition=p, headers=["origin=test"])
    daemon = w.daemon()

    def letters(*more):
        return [json.loads(line) for line in w.goldhour("dlq", "list", "--json", *more).splitlines()]

    until(lambda: len(letters()) >= 48, "dead letters", 30, 0.2)
    daemon.stop()
    for p in range(4):
        slot = cluster.slot_of(f"gh:{{{w.group}:p{p}}}:meta")
        owner = cluster.owner(slot)
        cluster.migrate(slot, r.choice([n for n in cluster.nodes if n is not owner]))
    expect([letter["partition"] for letter in letters("--partition", "2")] == [2] * 12, "not those of the partition")
    expect(len(letters("--limit", "20")) == 20, "not as many as asked for")
    begun = w.kafka.admin.offsets(w.topic)
    w.goldhour("dlq", "replay", "3:7")
    w.goldhour("dlq", "replay", "--all", "--yes")
    expect(not letters(), "dead letters are left")
    for p in range(4):
        sent = w.kcat.read(w.topic, partition=p, begin=begun[p])
        expect(sorted(m["payload"] for m in sent) == sorted(f"poison {p} {n}" for n in range(12)), f"partition {p}: {len(sent)} sent again")
        expect(all(m["key"] == f"k{p}" and m["headers"] == ["origin", "test"] for m in sent), f"partition {p}: {sent[:1]}")
    daemon = w.daemon()
    until(lambda: len(letters()) >= 48, "the same dead letters again", 30, 0.2)
    w.goldhour("dlq", "drop", "--all", "--yes")
    expect(not letters(), "dead letters are left")
    daemon.stop()


CASES = [a_cluster_whose_slots_move, a_node_of_a_cluster_fails, sentinels_name_another_master, dead_letters_in_a_cluster]
