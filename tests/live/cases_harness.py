"""The harness itself: each server starts, answers, is killed and starts again; the proxy's faults do what they say."""
import socket
import time

import bank
from kafka import Kafka
from kafka_client import Kcat, partition_of
from proxy import Proxy
from resp import Redis as Client
from resp import Refused
from servers import RedisCluster, RedisSentinel
from world import expect


def a_redis_is_killed_and_cut(w):
    redis = w.redis()
    with redis.client() as c:
        c("XADD", "s", "1-0", "id", "a")
        c("XADD", "s", "2-0", "id", "b")
    redis.restart()
    with redis.client() as c:
        expect(c.stream("s") == [("1-0", {"id": "a"}), ("2-0", {"id": "b"})], c.stream("s"))
    redis.kill()
    with open(redis.aof(), "rb") as f:
        size = len(f.read())
    redis.cut_aof(size - 3)
    redis.start()
    with redis.client() as c:
        expect(c.stream("s") == [("1-0", {"id": "a"})], "a torn command is not dropped")


def a_redis_with_tls_and_users(w):
    redis = w.redis(tls=True, acl=["default off", "gold on >secret ~* &* +@all", "weak on >weak ~gh:* +get"])
    redis.login = {"user": "gold", "password": "secret"}
    with redis.client() as c:
        expect(c("PING") == "PONG", "no answer")
    with redis.client(user="weak", password="weak") as c:
        try:
            c("GET", "other")
            expect(False, "a key without right was given")
        except Refused:
            pass


def a_redis_cluster_moves_a_slot(w):
    cluster = w.hold(RedisCluster(w.path("cluster"), 3, 1))
    slot = cluster.slot_of("gh:{a}:x")
    first = cluster.owner(slot)
    first.client()("SET", "gh:{a}:x", "1")
    other = next(n for n in cluster.nodes[:3] if n is not first)
    cluster.migrate(slot, other)
    expect(cluster.client_for("gh:{a}:x")("GET", "gh:{a}:x") == "1", "the key did not move")
    expect(cluster.owner(slot) is other, "the slot did not move")


def sentinels_promote(w):
    sentinel = w.hold(RedisSentinel(w.path("sentinel")))
    old = sentinel.master()
    old.client()("SET", "a", "1")
    time.sleep(0.2)
    old.kill()
    new = sentinel.wait_for_other_master(old)
    expect(new.client()("GET", "a") == "1", "the new master lacks the key")


def a_broker_serves(w):
    """Keys, headers, null values, ends, offsets, records deleted."""
    admin, kcat = w.kafka.admin, w.kcat
    w.create_topic(16)
    w.produce(5000)
    read = kcat.read(w.topic)
    expect(len(read) >= 5000 and all(partition_of(m["key"], 16) == m["partition"] for m in read), "keys do not go where they should")
    expect(sum(admin.offsets(w.topic).values()) == len(read), "the ends are wrong")
    small = w.topic + "-small"
    admin.create_topic(small)
    kcat.produce(small, None, key="k")
    kcat.produce(small, "two\nlines", key="k", headers=["a=b"], partition=0)
    first, second = kcat.read(small)
    expect(first["payload"] is None and second["payload"] == "two\nlines" and second["headers"] == ["a", "b"], (first, second))
    admin.delete_records(small, {0: 1})
    expect(admin.offsets(small, -2) == {0: 1} and len(kcat.read(small)) == 1, "records are not deleted")
    admin.commit(w.group, w.topic, {0: 5}, "meta")
    expect(admin.committed(w.group) == {(w.topic, 0): (5, "meta")}, admin.committed(w.group))
    admin.grow_topic(small, 3)
    expect(admin.partitions(small) == [0, 1, 2], "the topic does not grow")


def a_secure_broker_is_killed(w):
    kafka = w.hold(Kafka(w.path("kafka"), secure=True, users={"gold": "secret"}))
    kafka.admin.create_topic("t")
    Kcat(kafka.brokers).produce("t", "x", key="k")
    for protocol, port in kafka.ports.items():
        settings = {"security.protocol": protocol, "ssl.ca.location": f"{kafka.tls}/ca.crt"}
        if "SASL" in protocol:
            settings |= {"sasl.mechanism": "PLAIN" if protocol == "SASL_SSL" else "SCRAM-SHA-256", "sasl.username": "gold", "sasl.password": "secret"}
        else:
            settings |= {"ssl.certificate.location": f"{kafka.tls}/client.crt", "ssl.key.location": f"{kafka.tls}/client.key"}
        kcat = Kcat(f"127.0.0.1:{port}", *(word for k, v in settings.items() for word in ("-X", f"{k}={v}")))
        expect(len(kcat.read("t")) == 1, f"{protocol} gives nothing")
    kafka.restart()
    expect(len(Kcat(kafka.brokers).read("t")) == 1, "nothing there after a kill")


def the_proxy_cuts_between_request_and_reply(w):
    redis = w.redis()
    link = w.hold(Proxy(redis.port))
    client = Client(link.port)
    client("INCR", "n")
    for cut, done in ((link.cut_reply, 1), (link.cut_request, 0), (lambda match: link.cut_request(match, middle=True), 0)):
        before = int(redis.client()("GET", "n"))
        cut(b"INCR")
        expect(client("PING") == "PONG", "another request is cut")
        try:
            client("INCR", "n")
            expect(False, "the reply came")
        except (OSError, ConnectionError):
            pass
        expect(int(redis.client()("GET", "n")) == before + done, "the request went wrong")
        client = Client(link.port)
    link.black_hole()
    client = Client(link.port, timeout=0.3)
    try:
        client("PING")
        expect(False, "an answer out of the black hole")
    except OSError:
        pass
    link.heal()
    link.refuse()
    with socket.socket() as s:
        expect(s.connect_ex(("127.0.0.1", link.port)) != 0, "not refused")
    link.heal()
    expect(Client(link.port)("PING") == "PONG", "not healed")
    begun = time.monotonic()
    link.delay(0.2)
    Client(link.port)("PING")
    expect(time.monotonic() - begun >= 0.4, "not delayed")


def the_bank_gives_leads(w):
    w.create_topic(4)
    bank.write_rules(w.folder)
    bank.write_config(w.folder, "stdin", "memory", "stdout")
    w.produce(4000)
    leads = w.expected()
    expect(len(leads) > 500, f"{len(leads)} leads")


CASES = [a_redis_is_killed_and_cut, a_redis_with_tls_and_users, a_redis_cluster_moves_a_slot, sentinels_promote, a_broker_serves, a_secure_broker_is_killed,
         the_proxy_cuts_between_request_and_reply, the_bank_gives_leads]
