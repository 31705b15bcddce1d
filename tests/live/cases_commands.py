"""Commands beside the daemon: rekey, profiles, check --live."""
import json
import random
import subprocess
import time

import bank
from daemon import secret
from kafka import Kafka
from kafka_client import partition_of
from process import free_port, until
from world import expect


def streams_keyed_otherwise(w):
    """Two topics keyed by anything go through rekey, which is killed on its way; then a customer's events share a partition, none is missing, and leads come out."""
    r = random.Random(1)
    inputs = [f"{w.topic}-{name}" for name in ("cards", "app")]
    for name in inputs:
        w.kafka.admin.create_topic(name, 3)
    w.create_topic(4)
    pairs = list(w.stretch(8000, 4))
    for i, name in enumerate(inputs):
        w.kcat.produce_many(name, [(str(r.random()), value) for _, value in pairs[i::2]])
    w.config("memory", folder=w.path("rekey"), source=w.source(topics="[" + ", ".join(inputs) + "]"), sink="stdout")
    for _ in range(4):
        run = w.daemon("--to", w.topic, verb="rekey", folder=w.path("rekey"))
        time.sleep(0.3 + r.random())
        run.kill()
    w.goldhour("rekey", "--to", w.topic, "--until-end", cwd=w.path("rekey"), seconds=60)
    written = w.kcat.read(w.topic)
    ids = {json.loads(m["payload"])["id"] for m in written}
    sent = {json.loads(value)["id"] for _, value in pairs}
    expect(len(ids) == len(sent) + repeats(pairs), f"{len(ids)} ids of {len(sent)} events")
    expect(all(m["key"] == json.loads(m["payload"])["customer"] and m["partition"] == partition_of(m["key"], 4) for m in written), "not keyed by customer")
    redis = w.redis()
    w.config(redis)
    w.daemon()
    w.assert_leads(redis, w.expected())


def repeats(pairs):
    """Events that were sent to both topics: the topic is part of the new id."""
    first, second = ({json.loads(value)["id"] for _, value in pairs[i::2]} for i in range(2))
    return len(first & second)


def nightly_profiles(w):
    """They go into the topic as events; the second night sends only what changed."""
    w.create_topic(4)
    redis = w.redis()
    w.config(redis, lateness="0s")

    def night(day, people):
        with open(w.path("people.jsonl"), "w", encoding="utf-8") as f:
            f.writelines(json.dumps(p, ensure_ascii=False) + "\n" for p in people)
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(w.at_ms / 1000 + day * 3600))
        return w.goldhour("profiles", "people.jsonl", "--time", when, "--to", "kafka")

    people = [{"customer": f"P{i}", "name": f"客户{i}", "age": 30, "aum": "100.00", "staff": False} for i in range(500)]
    night(0, people)
    expect(sum(w.kafka.admin.offsets(w.topic).values()) == 500, "the first night")
    people[7]["aum"] = "200000.00"
    night(1, people)
    expect(sum(w.kafka.admin.offsets(w.topic).values()) == 501, "the second night")
    ahead = w.goldhour("profiles", "people.jsonl", "--time", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)), "--to", "kafka", "--full", status=None)
    expect(ahead.returncode == 1 and "too_early" in ahead.stderr and sum(w.kafka.admin.offsets(w.topic).values()) == 501, "a time ahead: " + ahead.stderr[-300:])
    w.daemon()
    until(lambda: w.length(redis) >= 1 or w.ended(), "the lead of the changed profile", 20)
    leads = [lead for _, lead in w.entries(redis)]
    expect([(lead["rule"], lead["customer"]) for lead in leads] == [("tier", "P7")], leads)


def check_tries_what_is_named(w):
    """check --live in the operator's words."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    w.produce(500)
    good = w.goldhour("check", "--live", status=None)
    expect(good.returncode == 0, f"a good configuration: {good.returncode} {good.stdout[-600:]}{good.stderr[-600:]}")
    nowhere = f"127.0.0.1:{free_port()}"
    faults = {
        "no such topic": {"source": w.source(topics="[nowhere]")},
        "no broker there": {"source": w.source(brokers=nowhere)},
    }
    for name, more in faults.items():
        w.config(redis, **more)
        said = w.goldhour("check", "--live", status=None, seconds=60)
        expect(said.returncode in (1, 78), f"{name}: {said.returncode} {said.stdout[-600:]}{said.stderr[-300:]}")
        print(f"  {name}: " + " ".join((said.stdout + said.stderr).split())[:300])
    w.config(f"{{redis: {{url: 'redis://{nowhere}'}}}}")
    said = w.goldhour("check", "--live", status=None, seconds=60)
    expect(said.returncode in (1, 78) and nowhere in said.stdout + said.stderr, f"no Redis: {said.returncode} {said.stdout[-600:]}")
    w.config(redis)
    w.kcat.produce_many(w.topic, [(f"other{i}", json.dumps({"id": f"w{i}", "type": "login", "customer": "C1", "time": bank.now_ms(), "channel": "app"})) for i in range(50)])
    said = w.goldhour("check", "--live", status=None, seconds=60)
    expect("C1" not in said.stdout and (said.returncode or "partition" in said.stdout), f"a customer in two partitions: {said.returncode} {said.stdout[-800:]}")


def stopped_before_it_began(w):
    """Brokers or a Redis that are away are waited for; a stop is not: nothing is in hand yet."""
    w.create_topic(2)
    redis, nowhere = w.redis(), f"127.0.0.1:{free_port()}"
    for store, more in ((redis, {"source": w.source(brokers=nowhere)}), (f"{{redis: {{url: 'redis://{nowhere}'}}}}", {})):
        w.config(store, **more)
        daemon = w.daemon()
        until(lambda: "refused" in daemon.text() or w.ended(), "the first attempt", 10)
        daemon.stop(3)
        expect(daemon.lines("goldhour has stopped")[-1]["status"] == "0", daemon.text()[-300:])


def redis_says_what_it_wants(w):
    """A password that is missing or wrong, TLS on one side alone: what to write is said."""
    w.create_topic(1)
    secret(w.folder, "wrong.pw", "wrong-one")
    plain, closed, tls = w.redis(), w.redis("closed", conf={"requirepass": "sesame"}), w.redis("tls", tls=True)
    closed.login = {"password": "sesame"}
    for url, more, words in ((f"redis://127.0.0.1:{closed.port}", "", "Write 'password_file'"), (f"redis://127.0.0.1:{closed.port}", ", password_file: wrong.pw", "Look at 'user' and"),
                             (f"redis://127.0.0.1:{tls.port}", "", "TLS may be spoken at this port (rediss://)"), (f"rediss://127.0.0.1:{plain.port}", "", "is TLS spoken at this port?")):
        w.config(f"{{redis: {{url: '{url}'{more}}}}}")
        said = w.goldhour("check", "--live", status=None, seconds=60)
        expect(said.returncode == 1 and words in said.stdout and "wrong-one" not in said.stdout + said.stderr, f"{words}: {said.stdout[-600:]}")


def rights_for_the_stream(w):
    """A user who may use the store and not the stream: check --live says which right is missing, and so does run."""
    w.create_topic(1)
    words = "hget hmget hset hdel hkeys hgetall hlen xadd xrange xtrim xdel xinfo|stream type time fcall function|load client|setname select ping info config|get"
    redis = w.redis(acl=["default on nopass ~* &* +@all", "gold on >secret ~gh:* resetchannels -@all " + " ".join("+" + word for word in words.split())])
    secret(w.folder, "redis.pw", "secret")
    w.config(f"{{redis: {{url: 'redis://gold@127.0.0.1:{redis.port}', password_file: redis.pw}}}}")
    for grant, missing in (("~gh:*", "NOPERM"), ("~leads", "may not do: HEXISTS gh:{leads}:holders, ZADD"), ("+@read +@stream +@sortedset +@hash", None)):
        with redis.client() as c:
            c("ACL", "SETUSER", "gold", *grant.split())
        said = w.goldhour("check", "--live", status=None, seconds=60)
        if missing is None:
            expect(said.returncode == 0 and "this user may write it" in said.stdout, said.stdout[-600:])
            continue
        expect(said.returncode == 1 and missing in said.stdout and "docs/sinks.md" in said.stdout, f"{grant}: {said.stdout[-600:]}")
        daemon = w.daemon()
        until(lambda: daemon.lines("leads cannot be handed over") or w.ended(), "what run says", 20)
        expect(missing in daemon.text() and "evalsha" not in daemon.text(), daemon.text()[-600:])
        daemon.kill()


def check_ends_though_a_broker_hangs(w):
    """A broker that stands still while its partitions are asked for: they are told, and the rest is tried all the same."""
    w.kafka = w.hold(Kafka(w.path("kafka")))
    w.create_topic(50)
    w.config(w.redis())
    begun = time.monotonic()
    with subprocess.Popen([w.program, "check", "--live"], cwd=w.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as check:
        lines = []
        for line in check.stdout:
            lines.append(line)
            if "kafka group" in line:
                w.kafka.pause()
    w.kafka.resume()
    took, said = time.monotonic() - begun, "".join(lines)
    expect(check.returncode == 1 and took < 30 and "did not say in time" in said and "sink redis:leads" in said, f"{took:.1f} s: {said[-700:]}")


CASES = [streams_keyed_otherwise, nightly_profiles, check_tries_what_is_named, stopped_before_it_began, redis_says_what_it_wants, rights_for_the_stream, check_ends_though_a_broker_hangs]
