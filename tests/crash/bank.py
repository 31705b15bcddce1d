"""A small bank in a folder: configuration, rules of every kind, profiles and a stream of events; the same seed gives the same bytes."""
import json
import os
import random

CONFIG = """\
zone: Asia/Shanghai
calendar: china
business_hours: {{open: '09:00', close: '18:00'}}
lateness: {lateness}
late_limit: 1d
idle: 100ms
schema: schema.yaml
rules: [rules-*.yaml]
source: {source}
{profiles}store: {{sqlite: {{path: goldhour.db}}}}
sink: {{file: {{path: leads.jsonl}}}}
batch_events: {batch_events}
batch_ms: 0
"""

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
  reads_1d: {count: article_read, where: 'event.topic == "wealth"', over: 1d}
  inflow_1d: {sum: event.amount, of: [payroll_credit, large_inflow], over: 1d}
flows:
  house_loan: {event: flow_step, instance: event.flow_id, step: event.step, steps: [apply, valuation, documents, submit]}
rules:
  - {id: payroll, on: payroll_credit, when: 'event.amount >= 8000.00', audience: 'customer.age >= 20', due: T+1, cooldown: 6h, product: fund, script: '{{customer.name}} {{event.amount}}'}
  - {id: inflow, on: large_inflow, when: 'feature.inflow_1d >= 100000.00', due: T+1, product: wealth}
  - {id: reader, on: article_read, when: 'feature.reads_1d >= 3', cooldown: 2h, product: wealth}
  - {id: idle, on: {event: large_inflow, unless: product_bought, within: 3h}, due: T+1, product: wealth}
  - {id: again, on: {event: login, unless: payroll_credit, within: 90m, restart: true}, product: app}
  - {id: loan, on: {flow: house_loan, stopped_at: valuation, for: 30m}, due: T+1, priority: 90, product: loan}
  - {id: tier, on: {becomes: 'customer.aum >= 180000.00'}, product: upgrade}
  - {id: maturity, on: {event: product_bought, date: event.matures_on, before: 1d, at: '09:00'}, product: wealth}
"""

BEGIN_MS = 1789344000000  # 2026-09-14T08:00:00+08:00


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)


def config(folder, batch_events=16, profiles=True, source="{file: {path: events.jsonl}}", lateness="2s"):
    profiles = "profiles: {file: {path: customers.jsonl}}\n" if profiles else ""
    write(folder, "goldhour.yaml", CONFIG.format(batch_events=batch_events, profiles=profiles, source=source, lateness=lateness))
    write(folder, "schema.yaml", SCHEMA)


def profile(r, i):
    return {"customer": f"C{i:05}", "name": f"客户{i}", "age": r.randrange(15, 70), "aum": f"{r.randrange(0, 30000000) / 100:.2f}", "staff": r.random() < 0.05}


def fields(r, kind):
    if kind in ("payroll_credit", "large_inflow"):
        return {"amount": f"{r.randrange(100000, 9000000) / 100:.2f}"}
    if kind == "product_bought":
        return {"product": r.choice(["fund", "wealth"]), "matures_on": r.choice([None, "2026-09-16", "2026-09-17"])}
    if kind == "article_read":
        return {"topic": r.choice(["wealth", "fund"])}
    if kind == "flow_step":
        return {"flow_id": f"F{r.randrange(50)}", "step": r.choice(["apply", "valuation", "documents", "submit"])}
    if kind == "customer":
        return {"aum": f"{r.randrange(10000000, 25000000) / 100:.2f}"}
    return {"channel": "app"}


KINDS = ["payroll_credit", "large_inflow", "product_bought", "article_read", "article_read", "flow_step", "flow_step", "login", "customer", "unnamed"]
BAD = ['{"id": "x", "type": "login"', "", '{"id": "y", "type": "login", "customer": "C00001", "time": "yesterday", "channel": "app"}', "[1]"]


def events(r, n, customers):
    """Mostly in order; some late, some too late, some twice, some bad."""
    now, lines = BEGIN_MS, []
    for i in range(n):
        now += r.randrange(1, 60000)
        kind = r.choice(KINDS)
        late = r.choice([0] * 20 + [1500, 4000, 3600000, 90000000])
        event = {"id": f"e{i:06}", "type": kind, "customer": f"C{r.randrange(customers):05}", "time": now - late, **fields(r, kind)}
        lines.append(json.dumps(event, ensure_ascii=False))
        if r.random() < 0.03:
            lines.append(r.choice(lines[-50:]))
        if r.random() < 0.01:
            lines.append(r.choice(BAD))
    return lines


def make(folder, seed, n=1500, customers=150, profiles=600, batch_events=16):
    r = random.Random(seed)
    os.makedirs(folder)
    config(folder, batch_events)
    write(folder, "rules-1.yaml", RULES)
    write(folder, "customers.jsonl", "".join(json.dumps(profile(r, i % (profiles - 20)), ensure_ascii=False) + "\n" for i in range(profiles)))
    write(folder, "events.jsonl", "\n".join(events(r, n, customers)) + "\n")
