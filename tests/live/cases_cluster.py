"""Redis Cluster and Sentinel: slots that move, nodes that die, masters that change."""
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
    w.assert_leads(sentinel, expected)
    expect(sentinel.master() is not old, "the old master is back")
    daemon.stop()


CASES = [a_cluster_whose_slots_move, a_node_of_a_cluster_fails, sentinels_name_another_master]
