"""The commands around the stream over kills and faults: profiles, rekey and its dead letters, leads sent again by dlq, check --live."""
import base64
import json
import os
import random
import re
import time

import bank
from hook import Hook
from kafka_client import partition_of
from process import free_port, until
from world import content, expect


def profiles_over_kills(w):
    """The nightly file goes in over kills: every customer, keyed, by one id however often it was sent; the next night nothing."""
    w.create_topic(4)
    w.config("memory", sink="stdout")
    n = 60000
    with open(w.path("people.csv"), "w", encoding="utf-8") as f:
        f.write("customer,name,age,aum\n")
        f.writelines(f"P{i * 7919 % n:06},客户{i},{i % 70},{i}.00\n" for i in range(n))
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(w.at_ms / 1000))
    arguments = ("people.csv", "--time", when, "--to", "kafka")
    r = random.Random(1)
    for _ in range(4):
        run = w.daemon(*arguments, verb="profiles")
        time.sleep(0.2 + r.random() * 0.8)
        run.kill()
    w.goldhour("profiles", *arguments, seconds=120)
    written = w.kcat.read(w.topic, seconds=120)
    ids = {}
    for message in written:
        event = json.loads(message["payload"])
        ids.setdefault(event["customer"], set()).add(event["id"])
        expect(message["key"] == event["customer"] and message["partition"] == partition_of(message["key"], 4), "not keyed by customer")
    expect(len(ids) == n and all(len(some) == 1 for some in ids.values()), f"{len(ids)} customers, {sum(len(some) for some in ids.values())} ids")
    expect(not os.path.exists(w.path("profiles.state.part")), "something is left of the interrupted runs")
    said = w.goldhour("profiles", *arguments, status=None)
    expect(f"0 sent, {n} unchanged" in said.stderr, said.stderr[-300:])
    print(f"  {len(written)} events for {n} customers")


def a_mapping_that_would_not_read_them(w):
    """Changes of profile in a topic whose records are read through a mapping would be passed over: it is said before any is sent."""
    w.create_topic(2)
    mapping = "events: {id: /no, customer: /cust, time: /at, entries: [{type: login, fields: {channel: /via}}], otherwise: pass}\n"
    with open(w.path("mapping.yaml"), "w", encoding="utf-8") as f:
        f.write(mapping)
    w.config("memory", sink="stdout", mapping="mapping.yaml")
    with open(w.path("people.jsonl"), "w", encoding="utf-8") as f:
        f.write('{"customer": "P1", "age": 30}\n')
    said = w.goldhour("profiles", "people.jsonl", "--time", "2026-03-02T00:00:00Z", "--to", "kafka", status=None)
    expect(said.returncode == 1 and "mapping" in said.stderr, said.stderr[-400:])
    expect(sum(w.kafka.admin.offsets(w.topic).values()) == 0, "something was sent")


POISON = [b'{"id": "p1", "type": "login"', b"\xff\xfe\x00", b'{"id":"p4","type":"login","customer":"C1","time":"yesterday","channel":"app"}', b"[]"]


def what_rekey_refuses_is_kept(w):
    """In a file, or in a topic: the bytes, key and headers as they were, the place and the reason; over kills none is missing."""
    source, out, dead = (f"{w.topic}-{name}" for name in ("raw", "out", "dead"))
    for name in (source, out, dead):
        w.kafka.admin.create_topic(name, 2)
    w.config("memory", source=w.source(topics=f"[{source}]"), sink="stdout")
    for i in range(40):
        w.kcat.produce(source, POISON[i % 4], key=f"k{i}", partition=i % 2, headers=["origin=test", f"n={i}"])
        w.kcat.produce(source, json.dumps({"id": f"g{i}", "type": "login", "customer": f"C{i}", "time": bank.now_ms(), "channel": "app"}), key="any")
    for _ in range(3):
        run = w.daemon("--to", out, "--dead", dead, verb="rekey")
        time.sleep(0.4)
        run.kill()
    w.goldhour("rekey", "--to", out, "--dead", dead, "--until-end", seconds=60)
    w.goldhour("rekey", "--to", out, "--group", "other", "--until-end", seconds=60)
    letters = {}
    for partition in range(2):
        lines = w.kcat.run("-C", "-t", dead, "-p", str(partition), "-o", "beginning", "-e", "-q", "-f", "%k\x1f%h\x1f%s\x1e\n").split(b"\x1e\n")
        for line in filter(None, lines):
            key, headers, data = line.split(b"\x1f", 2)
            letters[key.decode()] = (dict(re.findall(r"(?:^|,)([a-z-]+)=([^,]*)", headers.decode())), data)
    expect(len(letters) == 40, f"{len(letters)} of 40 in the topic")
    for i in range(40):
        headers, data = letters[f"k{i}"]
        expect(data == POISON[i % 4] and headers["origin"] == "test" and headers["n"] == str(i), f"not what it was: {headers} {data}")
        expect(headers["goldhour-reason"] and headers["goldhour-topic"] == source and headers["goldhour-partition"] == str(i % 2), f"no reason or place: {headers}")
    with open(w.path("rekey-dead.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    ours = {row["key"]: row["raw"].encode() if "raw" in row else base64.b64decode(row["raw_base64"]) for row in rows}
    expect(ours == {f"k{i}": POISON[i % 4] for i in range(40)}, f"{len(ours)} of 40 in the file")
    expect(os.stat(w.path("rekey-dead.jsonl")).st_mode & 0o007 == 0, "anybody may read the file")
    ids = {json.loads(m["payload"])["id"] for m in w.kcat.read(out)}
    expect(ids == {f"{source}:g{i}" for i in range(40)}, f"{len(ids)} events")


def rekey_passes_what_is_too_large(w):
    """A record that no topic takes stalls nobody: it goes to the file, the others go on. What the topic alone refuses ends the command, and is told."""
    source, out, dead, small = (f"{w.topic}-{name}" for name in ("raw", "out", "dead", "small"))
    for name, bytes_most in ((source, 5000000), (out, 1000000), (dead, 1000000), (small, 1000)):
        w.kafka.admin.create_topic(name, 1, max_message_bytes=bytes_most)
    for n, size in (("a", 1), ("b", 1500000), ("c", 10000)):
        record = json.dumps({"id": n, "type": "login", "customer": "C1", "time": bank.now_ms(), "channel": "y" * size})
        w.kcat.run("-P", "-t", source, "-k", n, "-X", "message.max.bytes=5000000", input=record.encode() + b"\n")

    def rekey(to, group, status, *more):
        run = w.goldhour("rekey", "--to", to, "--group", group, "--until-end", *more, status=None, seconds=30)
        expect(run.returncode == status, f"{group}: exit {run.returncode}: {run.stderr[-600:]}")
        return run.stderr

    w.config("memory", source=w.source(topics=f"[{source}]"), sink="stdout")
    rekey(out, "the-dead", 0, "--dead", dead)
    w.config("memory", source=w.source(topics=f"[{source}]"), sink="stdout", record_bytes="4MB")
    rekey(out, "the-event", 0)
    with open(w.path("rekey-dead.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    expect([(row["key"], row["reason"], len(row["raw"]) > 1500000) for row in rows] == [("b", "too_long", True)] * 2, [row["reason"] for row in rows])
    expect(sorted(json.loads(m["payload"])["id"] for m in w.kcat.read(out)) == [f"{source}:{n}" for n in "aacc"], "the others")
    expect("max.message.bytes" in rekey(small, "the-topic", 1), "what the topic refuses")


def rekey_shares_the_work(w):
    """Processes that join and leave, stopped and killed: no event is missing."""
    source = w.topic + "-raw"
    w.kafka.admin.create_topic(source, 6)
    w.create_topic(4)
    w.config("memory", source=w.source(topics=f"[{source}]"), sink="stdout")
    pairs = [(str(i), json.dumps({"id": f"g{i}", "type": "login", "customer": f"C{i % 1000}", "time": bank.now_ms(), "channel": "app"})) for i in range(60000)]
    r, running = random.Random(2), []
    for part in range(6):
        running.append(w.daemon("--to", w.topic, verb="rekey"))
        w.kcat.produce_many(source, pairs[part::6])
        time.sleep(0.5)
        if len(running) > 2:
            gone = running.pop(r.randrange(len(running)))
            (gone.kill if part % 2 else gone.stop)()
    until(lambda: sum(w.kafka.admin.offsets(w.topic).values()) >= len(pairs) or w.ended(), "the events", 60)
    until(lambda: len({json.loads(m["payload"])["id"] for m in w.kcat.read(w.topic)}) == len(pairs) or w.ended(), "all of the events", 60, 1)
    for run in running:
        run.stop()
    print(f"  {sum(w.kafka.admin.offsets(w.topic).values())} written of {len(pairs)}")


def leads_of_dead_sinks_are_sent_again(w):
    """A stream and a topic that stay away beyond their bound: their leads lie in the dead letters, and go to each of them once they are back."""
    w.create_topic(2)
    redis, other = w.redis(), w.redis("other")
    hook, out, gone = Hook(), w.topic + "-leads", free_port()
    w.kafka.admin.create_topic(out, 2)
    elsewhere = f"{{redis: {{stream: elsewhere, url: 'redis://127.0.0.1:{other.port}', timeout: 1s}}}}"
    away = f"{{kafka: {{topic: {out}, brokers: '127.0.0.1:{gone}'}}}}"
    w.config(redis, sink=["{redis: {stream: leads}}", elsewhere, away, f"{{webhook: {{url: '{hook.url}', timeout: 1s}}}}"], sink_behind=3000)
    other.kill()
    w.produce(20000)
    expected = w.expected()
    daemon = w.daemon()
    w.assert_leads(redis, expected, 30)

    def letters(name):
        return [json.loads(line) for line in w.goldhour("dlq", "list", "--json", "--input", name).splitlines()]

    until(lambda: letters("redis:elsewhere") and letters(f"kafka:{out}") or w.ended(), "leads in the dead letters", 60, 0.5)
    daemon.kill()
    buried = {name: len(letters(name)) for name in ("redis:elsewhere", f"kafka:{out}")}
    other.start()
    w.config(redis, sink=["{redis: {stream: leads}}", elsewhere, f"{{kafka: {{topic: {out}}}}}"])
    w.goldhour("dlq", "replay", "--input", "redis:elsewhere", seconds=120)
    w.goldhour("dlq", "replay", "--input", f"kafka:{out}", seconds=120)
    stream, topic = w.entries(other, "elsewhere"), [json.loads(m["payload"]) for m in w.kcat.read(out)]
    expect(len(stream) >= buried["redis:elsewhere"] and all(lead["id"] == name and content(lead) == expected[name] for name, lead in stream), f"{len(stream)} in the stream")
    expect(len({lead["id"] for lead in topic}) >= buried[f"kafka:{out}"] and all(content(lead) == expected[lead["id"]] for lead in topic), f"{len(topic)} in the topic")
    expect(not letters("redis:elsewhere") and not letters(f"kafka:{out}"), "dead letters are left")
    print(f"  sent again: {buried}")


leads_of_dead_sinks_are_sent_again.long = True  # librdkafka gives a dead broker half a minute


def check_says_what_the_topic_is_like(w):
    """Customers in two partitions are counted, never named; lateness is measured and proposed; what would be refused is told with its reason."""
    w.create_topic(4)
    w.config("memory", sink="stdout", lateness="2s")
    r, base = random.Random(3), bank.now_ms() - bank.HOUR_MS
    pairs = []
    for i in range(12000):
        customer, late = f"SECRET{r.randrange(2000)}", 4500 if i % 200 == 0 else 0
        pairs.append((customer, json.dumps({"id": f"e{i}", "type": "login", "customer": customer, "time": base + i * 50 - late, "channel": "app"})))
    w.kcat.produce_many(w.topic, pairs)
    found = json.loads(w.goldhour("check", "--live", "--json", seconds=60))
    sample = found["live"]["sample"]
    expect(found["live"]["ok"] and sample["records"] == 10000 and sample["customers_in_two_partitions"] == 0, sample)
    expect(sample["lateness"] == "5s" and 4000 <= sample["late_ms"]["p999"] <= 4500 and sample["late_ms"]["p90"] == 0, sample)
    w.kcat.produce_many(w.topic, [(f"other{i}", value) for i, (_, value) in enumerate(pairs[-300:])] + [("a", "{"), ("b", json.dumps({"id": "b", "type": "login"}))])
    said = w.goldhour("check", "--live", status=None, seconds=60)
    expect(said.returncode == 1 and "SECRET" not in said.stdout + said.stderr, said.stdout[-600:])
    for words in ("stand in more than one partition", "goldhour rekey", "bad_json", "missing_field"):
        expect(words in said.stdout, f"'{words}' is missing: {said.stdout[-900:]}")


def check_knows_whose_store_it_is(w):
    """A topic that has grown, an empty store beside a group with a past, a store of another group: each is said before run refuses it."""
    w.create_topic(2)
    redis, other = w.redis(), w.redis("other")
    w.config(redis)
    w.produce(300)
    daemon = w.daemon()
    until(lambda: w.length(redis) > 0 or w.ended(), "leads", 30)
    daemon.stop()

    def said(status):
        run = w.goldhour("check", "--live", status=None, seconds=60)
        expect(run.returncode == status, f"exit {run.returncode}: {run.stdout[-900:]}")
        return run.stdout

    expect("is there: " in said(0), "its own store")
    w.config(other)
    expect("the group has committed offsets" in said(1), "an empty store")
    w.config(other, source=w.source(group="others"))
    stranger = w.daemon()
    until(lambda: w.length(other) > 0 or w.ended(), "leads", 30)
    stranger.stop()
    with other.client() as c:
        for key in c("KEYS", "gh:*"):
            c("RENAME", key, key.replace("{others", "{" + w.group))
    w.config(other)
    expect("the group's offsets were committed beside store" in said(1), "another store")
    w.config(redis)
    w.kafka.admin.grow_topic(w.topic, 3)
    until(lambda: len(w.kafka.admin.partitions(w.topic)) == 3, "the third partition", 10)
    expect("it was begun for 2 partitions, the topic has 3" in said(1), "a topic that has grown")


CASES = [profiles_over_kills, a_mapping_that_would_not_read_them, what_rekey_refuses_is_kept, rekey_passes_what_is_too_large, rekey_shares_the_work, leads_of_dead_sinks_are_sent_again,
         check_says_what_the_topic_is_like, check_knows_whose_store_it_is]
