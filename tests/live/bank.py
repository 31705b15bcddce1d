"""The bank of the live tests: rules of every kind, and a stream of events keyed by customer.

The first stretch of events lies one to three hours back, and every wait in it ends well before now: when a daemon has read it to its end, the clock ends what waits.
Later stretches, produced while daemons run, lie some seconds ahead of the clock, so that no clock overtakes them, and are followed by a tick for each partition that
releases them. So event time alone decides all leads: those of a replay of the same records, partition by partition, must come out.
"""
import json
import os
import random
import time

from kafka_client import partition_of

SCHEMA = """\
customer: {name: string, age: int, aum: decimal(2), staff: bool}
events:
  payroll_credit: {amount: decimal(2)}
  large_inflow: {amount: decimal(2)}
  product_bought: {product: string, matures_on: date?}
  article_read: {topic: string}
  flow_step: {flow_id: string, step: string}
  login: {channel: string}
"""

RULES = """\
features:
  reads_1h: {count: article_read, where: 'event.topic == "wealth"', over: 1h}
  inflow_1h: {sum: event.amount, of: [payroll_credit, large_inflow], over: 1h}
flows:
  house_loan: {event: flow_step, instance: event.flow_id, step: event.step, steps: [apply, valuation, documents, submit]}
rules:
  - {id: payroll, on: payroll_credit, when: 'event.amount >= 8000.00', audience: 'customer.age >= 20', due: T+1, cooldown: 30m, product: fund, script: '{{customer.name}} {{event.amount}}'}
  - {id: inflow, on: large_inflow, when: 'feature.inflow_1h >= 100000.00', due: T+1, product: wealth, script: '{{feature.inflow_1h}}'}
  - {id: reader, on: article_read, when: 'feature.reads_1h >= 3', cooldown: 10m, product: wealth, script: '{{feature.reads_1h}}'}
  - {id: idle, on: {event: large_inflow, unless: product_bought, within: 20m}, due: T+1, product: wealth}
  - {id: again, on: {event: login, unless: payroll_credit, within: 10m, restart: true}, product: app}
  - {id: loan, on: {flow: house_loan, stopped_at: valuation, for: 15m}, due: T+1, priority: 90, product: loan}
  - {id: tier, on: {becomes: 'customer.aum >= 180000.00'}, product: upgrade}
  - {id: maturity, on: {event: product_bought, date: event.matures_on, before: 1d, at: '09:00'}, product: wealth}
"""

KINDS = ["payroll_credit", "large_inflow", "product_bought", "article_read", "article_read", "flow_step", "flow_step", "login", "customer", "customer"]
HOUR_MS, SECOND_MS = 3600000, 1000


def now_ms():
    return int(time.time() * 1000)


def fields(r, kind, later):
    if kind in ("payroll_credit", "large_inflow"):
        return {"amount": f"{r.randrange(100000, 9000000) / 100:.2f}"}
    if kind == "product_bought":
        return {"product": r.choice(["fund", "wealth"]), "matures_on": r.choice([None, later])}
    if kind == "article_read":
        return {"topic": r.choice(["wealth", "fund"])}
    if kind == "flow_step":
        return {"flow_id": f"F{r.randrange(50)}", "step": r.choice(["apply", "valuation", "documents", "submit"])}
    if kind == "customer":
        return {"name": f"客户{r.randrange(1000)}", "age": r.randrange(15, 70), "aum": f"{r.randrange(10000000, 25000000) / 100:.2f}"}
    return {"channel": "app"}


def events(seed, n, begin_ms, span_ms, customers=200, late_ms=(500, 1500, 4000, 600000)):
    """(customer, record) of n events from begin_ms on, mostly in order; some late within and beyond lateness, some twice."""
    r = random.Random(seed)
    later = time.strftime("%Y-%m-%d", time.gmtime(begin_ms / 1000 + 40 * 86400))
    last, lates = [], [0] * 20 + list(late_ms)
    for i in range(n):
        kind, customer = r.choice(KINDS), f"C{r.randrange(customers):05}"
        at = begin_ms + span_ms * i // n
        late = r.choice(lates)
        event = {"id": f"e{seed}-{i}", "type": kind, "customer": customer, "time": at - late, **fields(r, kind, later)}
        pair = (customer, json.dumps(event, ensure_ascii=False))
        yield pair
        last = [*last[-20:], pair]
        if r.random() < 0.02:
            yield r.choice(last)


def keys_of(partitions):
    """A customer for each partition."""
    keys, i = {}, 0
    while len(keys) < partitions:
        keys.setdefault(partition_of(f"T{i}", partitions), f"T{i}")
        i += 1
    return [keys[p] for p in range(partitions)]


def ticks(seed, at_ms, partitions):
    """An event a partition at this time: what waited there for its order is stepped."""
    for customer in keys_of(partitions):
        yield customer, json.dumps({"id": f"tick{seed}-{customer}", "type": "customer", "customer": customer, "time": at_ms, "age": 1})


def write_rules(folder, rules=RULES, schema=SCHEMA):
    for name, text in (("schema.yaml", schema), ("rules-1.yaml", rules)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)


CONFIG = {
    "zone": "Asia/Shanghai", "calendar": "china", "business_hours": "{open: '09:00', close: '18:00'}", "lateness": "2s", "late_limit": "1d", "idle": "500ms",
    "schema": "schema.yaml", "rules": "[rules-1.yaml]"}


def write_config(folder, source, store, sink, **more):
    """Each of the edges as it stands in goldhour.yaml; a sink may be a list."""
    lines = [f"{k}: {v}" for k, v in (CONFIG | more).items() if v is not None]
    sinks = sink if isinstance(sink, str) else "[" + ", ".join(sink) + "]"
    lines += [f"source: {source}", f"store: {store}", f"sink: {sinks}"]
    name = os.path.join(folder, "goldhour.yaml")
    with open(name, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return name
