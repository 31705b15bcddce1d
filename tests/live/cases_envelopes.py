"""Messages as other tools write them: attributes in headers, many rows in a message, what is sent again, what is no event, a topic keyed by table."""
import json
import os
import time

import bank
from kafka_client import partition_of
from process import until
from world import expect

SCHEMA = "customer: {name: string}\nevents:\n  payroll_credit: {amount: decimal(2)}\n"
RULES = "rules:\n  - {id: payroll, on: payroll_credit, when: event.amount >= 8000.00}\n"
CLOUDEVENTS = """\
events:
  envelope: cloudevents
  customer: $key
  entries: [{type: payroll_credit, event_type: cn.bank.payroll}]
"""
CANAL = """\
events:
  envelope: canal
  customer: /cust
  entries: [{type: payroll_credit, table: core.txn, fields: {amount: /amt}}]
"""


def files(w, mapping, folder="."):
    """A bank of one rule, and its mapping."""
    os.makedirs(w.path(folder), exist_ok=True)
    for name, text in (("schema.yaml", SCHEMA), ("rules-1.yaml", RULES), ("mapping.yaml", mapping)):
        with open(w.path(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


def at(w, seconds):
    return w.at_ms + seconds * bank.SECOND_MS


def batch(w, number, rows, second=0, **more):
    """A flat message of Canal's: rows are (serial number, customer, amount)."""
    data = [{"no": no, "cust": customer, "amt": amount} for no, customer, amount in rows]
    message = {"id": number, "database": "core", "table": "txn", "pkNames": ["no"], "isDdl": False, "type": "INSERT", "es": at(w, second), "ts": at(w, second) + 400,
               "data": data, "old": None}
    return json.dumps(message | more)


def leads_of(w, redis, count):
    w.wait_for_leads(redis, count, 30)
    return sorted((lead["customer"], lead["event"]) for _, lead in w.entries(redis))


def events_in_headers(w):
    """Binary CloudEvents: key and headers make the event, the value is its data; the same id from the same source is the same event. One without a value is an event
    (here refused, for it lacks its amount) that comes again from the dead letters as it was; without headers it is a tombstone."""
    w.create_topic(2)
    redis = w.redis()
    files(w, CLOUDEVENTS)
    w.config(redis, mapping="mapping.yaml", lateness="0s")
    when = time.strftime("ce_time=%Y-%m-%dT%H:%M:%SZ", time.gmtime(w.at_ms / 1000))
    for customer, number, source in (("C1", 1, "/app"), ("C2", 1, "/app"), ("C1", 1, "/app"), ("C1", 1, "/core")):
        w.kcat.produce(w.topic, '{"amount": "8000.00"}', key=customer, partition=partition_of(customer, 2),
                       headers=["ce_specversion=1.0", f"ce_id={number}", f"ce_source={source}", "ce_type=cn.bank.payroll", when, "content-type=application/json"])
    w.kcat.produce(w.topic, None, key="C1", partition=partition_of("C1", 2))
    w.kcat.produce(w.topic, None, key="C1", partition=partition_of("C1", 2), headers=["ce_id=7", "ce_source=/app", "ce_type=cn.bank.payroll", when])
    w.daemon()
    expect(leads_of(w, redis, 3) == [("C1", "/app:1"), ("C1", "/core:1"), ("C2", "/app:1")], leads_of(w, redis, 3))
    until(lambda: w.goldhour("dlq", "list").count("missing_field") == 1, "the event without a value is no dead letter", 10)
    w.goldhour("dlq", "replay", "--all", "--yes")
    sent = [m for m in w.kcat.read(w.topic) if m.get("headers") and "7" in m["headers"]]
    expect(len(sent) == 2 and not sent[0]["payload"] and not sent[1]["payload"] and sent[1]["key"] == "C1", sent)
    until(lambda: w.goldhour("dlq", "list").count("missing_field") == 1, "sent again, it is no dead letter", 10)


def rows_of_a_message(w):
    """Rows are events of their own; one that is refused hides none behind it; what Canal sends again in another batch is known; DDL and tombstones are nothing."""
    w.create_topic(1)
    redis = w.redis()
    files(w, CANAL)
    w.config(redis, mapping="mapping.yaml", lateness="0s")
    w.kcat.produce(w.topic, batch(w, 1, [("1", "C1", "8000"), ("2", "C1", "much"), ("3", "C2", "9000")]), key="core.txn")
    w.kcat.produce(w.topic, json.dumps({"id": 2, "isDdl": True, "type": "ALTER", "data": None, "es": at(w, 1)}), key="core.txn")
    w.kcat.produce(w.topic, None, key="core.txn")
    first = w.daemon()
    expect(leads_of(w, redis, 2) == [("C1", f"core.txn:insert:{w.at_ms}:1"), ("C2", f"core.txn:insert:{w.at_ms}:3")], leads_of(w, redis, 2))
    first.kill()
    w.kcat.produce(w.topic, batch(w, 1, [("1", "C1", "8000"), ("3", "C2", "9000")]), key="core.txn")
    w.kcat.produce(w.topic, batch(w, 2, [("4", "C3", "8000")], second=2), key="core.txn")
    w.daemon()
    expect([c for c, _ in leads_of(w, redis, 3)] == ["C1", "C2", "C3"], leads_of(w, redis, 3))
    listed = w.goldhour("dlq", "list")
    expect("wrong_type" in listed and "row 2" in listed, listed)


def keyed_by_table(w):
    """A topic keyed by table goes through rekey: each row under its customer."""
    stream = f"{w.topic}-canal"
    w.kafka.admin.create_topic(stream, 2)
    w.create_topic(4)
    files(w, CANAL, "rekey")
    w.config("memory", folder=w.path("rekey"), source=w.source(topics=f"[{stream}]"), sink="stdout", mapping="mapping.yaml")
    people = [f"C{i}" for i in range(20)]
    for n in range(10):
        w.kcat.produce(stream, batch(w, n, [(str(100 * n + i), customer, "8000") for i, customer in enumerate(people)], second=n), key="core.txn")
    w.goldhour("rekey", "--to", w.topic, "--until-end", cwd=w.path("rekey"), seconds=60)
    written = w.kcat.read(w.topic)
    expect(len({json.loads(m["payload"])["id"] for m in written}) == 200, f"{len(written)} events")
    expect(all(m["key"] == json.loads(m["payload"])["customer"] and m["partition"] == partition_of(m["key"], 4) for m in written), "not keyed by customer")
    redis = w.redis()
    files(w, CANAL)
    w.config(redis, lateness="0s")
    w.daemon()
    until(lambda: w.length(redis) >= 200 or w.ended(), "the leads", 30)
    expect(len({(lead["customer"], lead["event"]) for _, lead in w.entries(redis)}) == 200, "each row once")


def check_sees_what_run_sees(w):
    """An outbox's events have Kafka's own time: check --live reads it where run does."""
    w.create_topic(1)
    files(w, "events: {envelope: debezium-outbox, customer: $key, entries: [{type: payroll_credit, event_type: Paid}]}\n")
    w.config("memory", sink="stdout", mapping="mapping.yaml")
    for n in range(3):
        w.kcat.produce(w.topic, '{"amount": "8000.00"}', key=f"C{n}", headers=[f"id={n}", "eventType=Paid"])
    sample = json.loads(w.goldhour("check", "--live", "--json", seconds=60))["live"]["sample"]
    expect((sample["events"], sample["refused"]) == (3, 0), sample)


CASES = [events_in_headers, rows_of_a_message, keyed_by_table, check_sees_what_run_sees]
