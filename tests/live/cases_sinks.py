"""Leads out: to a topic, to a webhook that fails, to several at once; sinks that are dead; dead letters seen, sent again and dropped."""
import json
import os
import re
import shutil
import time

from daemon import secret
from hook import Hook
from kafka_client import Kcat, partition_of
from process import until
from proxy import Proxy
from world import content, expect


def compare_leads(leads, expected, where):
    """At least once: each lead, with its content, whatever comes twice."""
    ours = {lead["id"]: content(lead) for lead in leads}
    expect(ours == expected, f"{where}: {len(expected.keys() - ours.keys())} missing, {len(ours.keys() - expected.keys())} extra of {len(expected)}")


def to_a_stream_a_topic_and_a_webhook(w):
    """Kills between: the stream has each lead once, the others at least once; the topic's key is the customer; every signature is good."""
    w.create_topic(4)
    out = w.topic + "-leads"
    w.kafka.admin.create_topic(out, 8)
    redis, hook = w.redis(), w.hold(Hook("a secret of ours"))
    secret(w.folder, "hook.secret", hook.secret)
    w.config(redis, batch_events=64, sink=["{redis: {stream: leads}}", f"{{kafka: {{topic: {out}}}}}", f"{{webhook: {{url: '{hook.url}', secret_file: hook.secret, timeout: 1s}}}}"])
    w.produce(10000)
    expected = w.expected()
    for mode in ("ok", "break", "fail", "hang"):
        hook.mode = mode
        daemon = w.daemon()
        time.sleep(0.8)
        daemon.kill()
    hook.mode = "slow"
    w.daemon()
    w.assert_leads(redis, expected)
    hook.mode = "ok"
    until(lambda: len({lead["id"] for lead in hook.leads}) >= len(expected) or w.ended(), "leads at the webhook", 60)
    until(lambda: sum(w.kafka.admin.offsets(out).values()) >= len(expected), "leads in the topic", 30)
    time.sleep(0.5)
    compare_leads(hook.leads, expected, "webhook")
    messages = w.kcat.read(out)
    compare_leads([json.loads(m["payload"]) for m in messages], expected, "topic")
    expect(all(m["key"] == json.loads(m["payload"])["customer"] for m in messages), "the topic's keys are not the customers")
    expect(all(m["partition"] == partition_of(m["key"], 8) for m in messages), "a customer's leads do not go where Java's producers send them")
    expect(not hook.wrong, f"wrong signatures: {hook.wrong[:2]}")
    print(f"  {hook.requests} requests, {len(hook.leads)} leads at the webhook, {len(messages)} in the topic, of {len(expected)}")


def a_dead_sink_holds_nobody_up(w):
    """A webhook that is not there and a Redis that hangs: the stream goes on; they catch up when they are back."""
    w.create_topic(4)
    redis = w.redis()
    other = w.redis("other")
    link = w.hold(Proxy(other.port))
    hook = Hook()
    w.config(redis, sink=["{redis: {stream: leads}}", f"{{webhook: {{url: '{hook.url}'}}}}", f"{{redis: {{stream: elsewhere, url: 'redis://127.0.0.1:{link.port}', timeout: 1s}}}}"])
    link.black_hole()
    w.produce(5000)
    expected = w.expected()
    w.daemon()
    w.assert_leads(redis, expected, 30)
    link.heal()
    w.hold(hook)
    until(lambda: w.length(other, "elsewhere") >= len(expected) or w.ended(), "leads in the other stream", 30)
    until(lambda: len(hook.leads) >= len(expected) or w.ended(), "leads at the webhook", 40)
    w.compare(w.entries(other, "elsewhere"), expected)
    compare_leads(hook.leads, expected, "webhook")


def a_streams_server_comes_back_empty(w):
    """Not the store's: nothing there says that it ever had a lead. While a daemon lives and nothing else comes, and while none does."""
    w.create_topic(4)
    redis, other = w.redis(), w.redis("other")
    w.config(redis, sink=f"{{redis: {{stream: leads, url: {other.url}}}}}")
    w.produce(3000)
    expected = w.expected()
    daemon = w.daemon()
    w.assert_leads(other, expected)
    other.kill()
    shutil.rmtree(os.path.dirname(other.aof()))
    other.start()
    w.assert_leads(other, expected)
    expect("has lost leads: they are handed over again" in daemon.text(), "the loss is not told")
    daemon.stop()
    with other.client() as client:
        client("FLUSHALL")
    w.daemon()
    w.assert_leads(other, expected)


def beyond_its_bound_to_the_dead_letters(w):
    """A sink that stays dead: its leads go to the dead letters, and from there, once it is back, to it."""
    w.create_topic(4)
    redis, hook = w.redis(), Hook()
    w.config(redis, sink=["{redis: {stream: leads}}", f"{{webhook: {{url: '{hook.url}', timeout: 1s}}}}"], sink_behind=1000)
    w.produce(40000)
    expected = w.expected()
    daemon = w.daemon()
    w.assert_leads(redis, expected, 30)
    daemon.wait_for("dead letters in place of the sink", seconds=30)
    w.hold(hook)
    until(lambda: len(hook.leads) > 0, "leads at the webhook", 40)
    time.sleep(1)
    letters = [json.loads(line) for line in w.goldhour("dlq", "list", "--json").splitlines()]
    expect(len(letters) + len({lead["id"] for lead in hook.leads}) >= len(expected), f"{len(letters)} dead letters and {len(hook.leads)} leads of {len(expected)}")
    w.goldhour("dlq", "replay", "--all", "--yes", seconds=120)
    until(lambda: len({lead["id"] for lead in hook.leads}) >= len(expected), "the rest at the webhook", 20)
    compare_leads(hook.leads, expected, "webhook")
    expect(not w.goldhour("dlq", "list").strip(), "dead letters are left")
    daemon.stop()


def dead_letters_live(w):
    """Poison among good records stalls nobody; it is listed, shown masked, sent again with its bytes, key and headers, and dropped."""
    w.create_topic(2)
    redis = w.redis()
    w.config(redis)
    poison = [b'{"id": "p1", "type": "login"', b"\xff\xfe", b"", b'{"id":"p4","type":"login","customer":"C1","time":"yesterday","channel":"app"}']
    w.produce(500)
    for i, data in enumerate(poison):
        w.kcat.produce(w.topic, data or None, key=f"poison{i}", partition=i % 2, headers=["origin=test"])
    w.produce(500)
    daemon = w.daemon()

    def letters():
        return [json.loads(line) for line in w.goldhour("dlq", "list", "--json").splitlines()]

    until(lambda: len(letters()) >= 3, "dead letters", 30, 0.2)
    time.sleep(1)
    seen = letters()
    lines = w.goldhour("dlq", "list").splitlines()
    expect(len(lines) == len(seen), f"list says {len(lines)} and {len(seen)}")
    numbers = [re.search(r"\d+:\d+", line) for line in lines]
    expect(all(numbers), f"no numbers of partitions: {lines[:2]}")
    shown = w.goldhour("dlq", "show", numbers[0].group(0))
    expect("yesterday" not in shown and '"p1"' not in shown, f"values are shown: {shown}")
    before = w.kafka.admin.offsets(w.topic)
    first = numbers[0].group(0)
    w.goldhour("dlq", "replay", first)
    after = w.kafka.admin.offsets(w.topic)
    partition = int(first.split(":")[0])
    expect(after[partition] == before[partition] + 1, f"not produced again to its partition: {before} {after}")
    last = w.kcat.run("-C", "-t", w.topic, "-p", str(partition), "-o", str(before[partition]), "-e", "-q", "-f", "%k|%h|%s")
    key, headers, data = last.split(b"|", 2)
    expect(key.startswith(b"poison") and b"origin=test" in headers and data in poison, f"not what it was: {last!r}")
    until(lambda: len(letters()) == len(seen), "the same poison again", 20, 0.2)
    w.goldhour("dlq", "drop", "--all", "--yes")
    expect(not letters(), "dead letters are left")
    daemon.stop()


def a_dead_letter_that_is_too_large_stays_alone(w):
    """A record that came compressed, and is larger than the topic takes as it stands, holds up none of the others."""
    w.create_topic(1, **{"max.message.bytes": "20000"})
    redis = w.redis()
    w.config(redis)
    packed = Kcat(w.kafka.brokers, "-X", "compression.codec=gzip")
    for text in ("first", "x" * 100000, *["of the next page"] * 300, "last"):
        packed.produce(w.topic, text, partition=0)
    daemon = w.daemon()

    def letters():
        return [json.loads(line) for line in w.goldhour("dlq", "list", "--json").splitlines()]

    until(lambda: len(letters()) >= 303, "dead letters", 30, 0.2)
    daemon.stop()
    begun = w.kafka.admin.offsets(w.topic)[0]
    run = w.goldhour("dlq", "replay", "--all", "--yes", seconds=90, status=None)
    expect(run.returncode == 1 and "larger than the topic allows" in run.stderr, f"{run.returncode}: {run.stderr}")
    expect([letter["bytes"] for letter in letters()] == [100000], f"not the large one alone is left: {letters()}")
    sent = {m["payload"] for m in w.kcat.read(w.topic, begin=begun)}
    expect(sent == {"first", "of the next page", "last"}, f"not sent again: {sent}")


def a_topic_that_takes_little_at_once(w):
    """A page is more than the topic takes in one batch, and each lead less: all of them come, by smaller pages."""
    w.create_topic(2)
    out = w.topic + "-leads"
    w.kafka.admin.create_topic(out, 2, **{"max.message.bytes": "4000"})
    redis = w.redis()
    w.config(redis, sink=f"{{kafka: {{topic: {out}}}}}")
    w.produce(5000)
    expected = w.expected()
    daemon = w.daemon()
    until(lambda: sum(w.kafka.admin.offsets(out).values()) >= len(expected) or w.ended(), "leads in the topic", 60)
    time.sleep(0.5)
    compare_leads([json.loads(m["payload"]) for m in w.kcat.read(out)], expected, "topic")
    expect(not w.goldhour("dlq", "list"), "leads are among the dead letters")
    daemon.stop()


CASES = [to_a_stream_a_topic_and_a_webhook, a_dead_sink_holds_nobody_up, a_streams_server_comes_back_empty, beyond_its_bound_to_the_dead_letters, dead_letters_live, a_dead_letter_that_is_too_large_stays_alone,
         a_topic_that_takes_little_at_once]
