"""The oracle's recount over sets that change between runs of one store: the contract's section Reload, by record. Features are absent until their window has passed,
waits and cooldowns go on by the rule's id, a changed `becomes` records anew."""
import collections
import heapq
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
from customer import NEVER, aggregate  # noqa: E402
from recount import Recount  # noqa: E402
from table import Config  # noqa: E402

BEGIN_MS = 1789401500000  # 2026-09-14T23:58:20+08:00

SCHEMA = """\
customer: {name: string, aum: decimal(2)}
events:
  inflow: {amount: decimal(2)}
  bought: {on: date?}
  login: {channel: string?}
  step: {flow_id: string, step: string}
"""


class Phases(Recount):
    def __init__(self, conf, document):
        super().__init__(conf)
        self.document, self.since, self.given_by_gone = document, {}, {}

    def names(self, event, customer, t):
        names = super().names(event, customer, t)
        row = names["feature"]

        def get(name):
            value = aggregate(row.features[name], customer, t)
            if value is None or t < self.since.get(name, -NEVER) + row.features[name].over_ms:
                raise KeyError(name)
            return value
        row.get = get
        return names

    def change(self, conf, document):
        """Another set takes effect."""
        before = {rule["id"]: rule["on"] for rule in self.document["rules"]}
        after = {rule["id"]: rule["on"] for rule in document["rules"]}
        old, new = ({rule.id: rule.position for rule in c.table.rules} for c in (self.conf, conf))
        by_id = {old[i]: new[i] for i in old if i in new}
        unchanged = {old[i]: new[i] for i in old if i in new and before[i] == after[i]}
        self.timers = []
        for customer in self.customers.values():
            self.change_customer(customer, {position: i for i, position in old.items()}, new, by_id, unchanged, conf)
        for name in set(self.document["features"]) | set(document["features"]):
            if name not in document["features"]:
                self.since.pop(name, None)
            elif self.document["features"].get(name) != document["features"][name] and self.high != -NEVER:
                self.since[name] = self.high
        self.conf, self.document = conf, document

    def change_customer(self, customer, ids, new, by_id, unchanged, conf):
        given = self.given_by_gone.setdefault(customer.id, {})
        given.update({ids[position]: times for position, times in customer.given.items()})
        customer.given = {position: given[i] for i, position in new.items() if i in given}
        customer.becomes = {unchanged[position]: value for position, value in customer.becomes.items() if position in unchanged}
        customer.cancelled_ms = {by_id.get(key, key): t for key, t in customer.cancelled_ms.items() if not isinstance(key, int) or key in by_id}
        waits, customer.waits = customer.waits, {}
        for (position, key), wait in waits.items():
            if position not in unchanged:
                continue
            wait.rule = conf.table.rules[unchanged[position]]
            customer.waits[(wait.rule.position, key)] = wait
            heapq.heappush(self.timers, (wait.end, wait.rule.position, customer.id.encode(), key.encode(), self.next_number(), wait))


def some_set(r):
    features = {name: feature for name, feature in {
        "n": {"count": "inflow", "over": r.choice(["5s", "20s"])},
        "sum": {"sum": "event.amount", "of": "inflow", "over": r.choice(["10s", "30s"])},
        "mixed": {"distinct": "event.type", "of": ["login", "bought"], "over": "15s"},
        "last": {"last": "event.amount", "of": "inflow", "where": f"event.amount > {r.choice([5, 50])}.00", "over": "20s"},
    }.items() if r.random() < 0.8}
    flows = {"loan": {"event": "step", "instance": "event.flow_id", "step": "event.step", "steps": r.choice([["a", "b", "c"], ["b", "c"], ["a", "b", "c", "d"]])}}
    rules = [
        {"id": "silent", "on": {"event": "login", "unless": "bought", "within": r.choice(["8s", "20s"])}, "audience": r.choice(["true", 'customer.name != "n1"'])},
        {"id": "again", "on": {"event": "login", "unless": "inflow", "within": r.choice(["6s", "6s", "60s"]), "restart": True}},
        {"id": "stop", "on": {"flow": "loan", "stopped_at": r.choice(["b", "b", "c"]), "for": "12s"}},
        {"id": "rich", "on": {"becomes": f"customer.aum >= {r.choice([300, 500])}.00"}},
        {"id": "cool", "on": "login", "cooldown": "30s"},
        {"id": "day", "on": {"event": "bought", "date": "event.on", "before": "0d", "at": r.choice(["00:00", "00:01"])}},
        *({"id": f"has_{name}", "on": r.choice(["login", "inflow", "bought"]), "when": f"has(feature.{name})"} for name in features)]
    rules = [{"id": "in", "on": "inflow"}, *(rule for rule in rules if r.random() < 0.8)]
    r.shuffle(rules)
    for rule in rules:
        rule["script"] = f"{r.randrange(1000)} {{{{customer.name}}}}" + "".join(f" {{{{feature.{name}}}}}" for name in features)
    return {"features": features, "flows": flows, "rules": rules}


def some_fields(r, kind):
    if kind == "inflow":
        return {"amount": r.randrange(1, 100)}
    if kind == "customer":
        return {"aum": r.randrange(1000), "name": f"n{r.randrange(3)}"}
    if kind == "step":
        return {"flow_id": f"F{r.randrange(2)}", "step": r.choice("abcd")}
    return {"on": r.choice(["2026-09-14", "2026-09-15", "2026-09-16"])} if kind == "bought" else {}


def some_events(r, bank, now):
    """At round times, so that ends of waits and windows are met; some late. The lines, and the time after them."""
    lines = []
    for i in range(r.randrange(60)):
        now += r.choice([0, 0, 500, 500, 1000, 3000])
        late = r.choice([0] * 12 + [500, 1500, 9000, 25000]) if i > 3 else 0
        kind = r.choice(["inflow", "bought", "login", "login", "step", "step", "customer"])
        lines.append(bank.event(kind, f"C{r.randrange(5)}", now - late, **some_fields(r, kind)))
    return lines, now + r.choice([10500, 10500, 40000])


def what_counts(leads):
    return collections.Counter((lead["rule"], lead["customer"], lead["event"], lead["triggered_at"], lead["stage"], lead["script"]) for lead in leads)


def compare(bank, seed, phases):
    """Runs a store through several sets: (leads, what is missing, what is extra)."""
    r, oracle, now = random.Random(seed), None, BEGIN_MS
    bank.config(lateness=r.choice(["0s", "2s", "10s"]), batch_events=r.choice([1, 3, 50]))
    bank.write("schema.yaml", SCHEMA)
    for _ in range(phases):
        document = some_set(r)
        bank.write("rules.yaml", json.dumps(document))
        conf = Config(bank.path("goldhour.yaml"))
        if oracle:
            oracle.change(conf, document)
        oracle = oracle or Phases(conf, document)
        lines, now = some_events(r, bank, now)
        bank.append("".join(lines))
        bank.run_to_end()
        for line in lines:
            oracle.take_line(line.encode())
        oracle.end(None)
    ours, theirs = what_counts(bank.leads()), what_counts(oracle.leads)
    return sum(ours.values()), list(theirs - ours), list(ours - theirs)
