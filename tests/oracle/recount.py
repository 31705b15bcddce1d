#!/usr/bin/env python3
"""The recount: the leads of a case from its files, slow and plain, written from the contract alone. See README.md beside it for the readings chosen
where the contract leaves room.

    recount.py FOLDER|goldhour.yaml [--events FILE] [--profiles FILE] [--until TIME] [--counts]      prints the leads, one JSON object a line
"""
import argparse
import bisect
import datetime
import heapq
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cel
from cel import CelError, Dec, Ts
from customer import NEVER, Customer, FeatureRow, Wait
from localtime import LocalTime
from records import Event, Refused, lines, need_text, read_change, read_json
from table import DAY_MS, Config


class Recount:
    def __init__(self, conf):
        self.conf, self.time = conf, LocalTime(conf.zone)
        self.customers = {}
        self.high = -NEVER
        self.floor = -NEVER        # the least watermark: moved by a full reorder buffer
        self.waiting = []          # heap of (order, found base, event): events that wait
        self.timers = []           # heap of (end, rule position, customer, key, number, Wait)
        self.number = 0
        self.leads = []
        self.counts = {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def customer(self, customer_id):
        if customer_id not in self.customers:
            self.customers[customer_id] = Customer(customer_id)
        return self.customers[customer_id]

    def watermark(self):
        return max(self.high - self.conf.lateness_ms, self.floor)

    # -- input

    def load_profiles(self, path):
        touched = []
        for line in lines(path):
            try:
                o = read_json(line)
                customer_id, change = need_text(o, 'customer'), read_change(o, self.conf.schema)
            except Refused as e:
                self.count('refused: %s' % e)
                continue
            customer = self.customer(customer_id)
            apply_change(customer, change)
            touched.append(customer)
        for customer in touched:
            for rule in self.rules('becomes'):
                customer.becomes[rule.position] = self.becomes_now(rule, customer, None, -NEVER)

    def rules(self, kind):
        return [r for r in self.conf.table.rules if r.kind == kind]

    def take_line(self, line):
        try:
            event = Event(read_json(line), self.conf.schema)
        except Refused as e:
            self.count('refused: %s' % e)
            return
        if not event.named:
            self.count('unnamed')
            return
        self.take(event)

    def take(self, event):
        customer = self.customer(event.customer)
        remembered_from = self.high - self.conf.late_limit_ms
        if event.t < remembered_from:
            self.count('too_late')
            return
        if event.id in customer.ids and customer.ids[event.id] >= remembered_from:
            self.count('duplicates')
            return
        customer.ids[event.id] = event.t
        self.count('events')
        found = max(event.t, self.high)
        if event.t < self.watermark():
            self.count('late')
            self.step_event(event, found, late=True)
            return
        self.high = max(self.high, event.t)
        if self.conf.lateness_ms == 0:
            self.step_due(event.t)
            self.step_event(event, found, late=False)
            return
        heapq.heappush(self.waiting, (event.order(), self.next_number(), found, event))
        self.step_due(self.watermark())
        while len(self.waiting) > self.conf.reorder_limit:
            first = self.waiting[0][3].t
            self.count('reorder_full')
            self.step_due(first)
            self.step_first_waiting()
            self.floor = max(self.floor, first)

    def end(self, until):
        if until is not None:
            self.high = max(self.high, until)
        self.step_due(self.high, inclusive=True)

    def next_number(self):
        self.number += 1
        return self.number

    # -- order

    def step_due(self, limit, inclusive=False):
        """Steps the waiting events and the timers older than `limit`, in one order of time, events first."""
        while True:
            event_t = self.waiting[0][0][0] if self.waiting else NEVER
            timer_t = self.timers[0][0] if self.timers else NEVER
            t = min(event_t, timer_t)
            if t == NEVER or t > limit or (t == limit and not inclusive):
                return
            if event_t <= timer_t:
                self.step_first_waiting()
            else:
                self.step_timer(heapq.heappop(self.timers)[-1])

    def step_first_waiting(self):
        _, _, found, event = heapq.heappop(self.waiting)
        self.step_event(event, found, late=False)

    # -- events

    def step_event(self, event, found, late):
        if event.type == 'customer':
            self.step_change(event, found)
            return
        customer = self.customer(event.customer)
        self.enter_windows(customer, event)
        flows = self.step_flows(customer, event)
        for rule in self.conf.table.rules:
            if rule.kind == 'unless' and rule.unless == event.type:
                self.cancel(rule, customer, event)
            if rule.kind == 'stopped' and rule.flow in flows:
                self.step_flow_rule(rule, customer, event, flows[rule.flow], late)
            elif rule.kind != 'stopped' and rule.event == event.type and self.holds(rule.when, event, customer, event.t):
                self.match(rule, customer, event, found, late)

    def match(self, rule, customer, event, found, late):
        if rule.kind == 'event':
            self.trigger(rule, customer, event, event.t, found)
        elif rule.kind == 'unless':
            self.begin_unless(rule, customer, event, late)
        elif rule.kind == 'date':
            self.begin_date(rule, customer, event, late)

    def enter_windows(self, customer, event):
        counted = {}
        names = {'event': event.row()}
        for feature in self.conf.table.features.values():
            if event.type not in feature.types:
                continue
            try:
                if feature.where is not None and cel.evaluate(feature.where, names) is not True:
                    continue
                counted[feature.name] = True if feature.value is None else cel.evaluate(feature.value, names)
            except CelError:
                self.count('not counted')
        if counted:
            bisect.insort(customer.stepped, (event.t, self.next_number(), counted), key=lambda x: x[:2])
            while len(customer.stepped) > self.conf.customer_events:
                customer.gone.append(customer.stepped.pop(0))

    # -- waits

    def set_wait(self, rule, customer, key, event, end):
        wait = Wait(rule, customer, key, event, end)
        customer.waits[(rule.position, key)] = wait
        heapq.heappush(self.timers, (end, rule.position, customer.id.encode(), key.encode(), self.next_number(), wait))

    def begin_unless(self, rule, customer, event, late):
        end = event.t + rule.wait_ms
        on = customer.waits.get((rule.position, ''))
        if on and not (rule.restart and (event.t, event.id.encode()) > (on.event.t, on.event.id.encode())):
            return
        if late and (end <= self.watermark() or customer.cancelled_ms.get(rule.position, -NEVER) > event.t):
            return
        self.set_wait(rule, customer, '', event, end)

    def cancel(self, rule, customer, event):
        if not self.holds(rule.unless_when, event, customer, event.t):
            return
        customer.cancelled_ms[rule.position] = max(event.t, customer.cancelled_ms.get(rule.position, -NEVER))
        on = customer.waits.get((rule.position, ''))
        if on and on.event.t < event.t <= on.end:
            del customer.waits[(rule.position, '')]

    def step_flows(self, customer, event):
        """{flow: (instance, step, time of the newest listed step before this one was stepped)} of the flows that list the event's step."""
        out = {}
        for name, flow in self.conf.table.flows.items():
            if flow.event != event.type or event.fields.get(flow.step) not in flow.steps or flow.instance not in event.fields:
                continue
            instance = event.fields[flow.instance]
            known = customer.cancelled_ms.get((name, instance), -NEVER)
            customer.cancelled_ms[(name, instance)] = max(event.t, known)
            out[name] = (instance, event.fields[flow.step], known)
        return out

    def step_flow_rule(self, rule, customer, event, step_of, late):
        instance, step, known = step_of
        key = str(instance)
        on = customer.waits.get((rule.position, key))
        if on and on.event.t < event.t <= on.end:
            del customer.waits[(rule.position, key)]
            on = None
        if on or step != rule.step or not self.holds(rule.when, event, customer, event.t):
            return
        end = event.t + rule.wait_ms
        if late and (end <= self.watermark() or known > event.t):
            return
        self.set_wait(rule, customer, key, event, end)

    def begin_date(self, rule, customer, event, late):
        if rule.date not in event.fields:
            return
        try:
            day = event.fields[rule.date] - datetime.timedelta(rule.before_days)
        except OverflowError:
            return
        moment = self.time.moment(day, rule.at_ms)
        if moment < event.t or (late and moment <= self.watermark()):
            return
        self.set_wait(rule, customer, event.id, event, moment)

    def step_timer(self, wait):
        if wait.customer.waits.get((wait.rule.position, wait.key)) is not wait or self.customers.get(wait.customer.id) is not wait.customer:
            return
        del wait.customer.waits[(wait.rule.position, wait.key)]
        self.trigger(wait.rule, wait.customer, wait.event, wait.end, wait.end)

    # -- profiles

    def step_change(self, event, found):
        customer = self.customer(event.customer)
        if event.t < customer.changed_ms:
            self.count('profiles_old')
            return
        if event.forget:
            self.forget(customer, event)
            return
        customer.changed_ms = event.t
        apply_change(customer, event.change)
        for rule in self.rules('becomes'):
            before = customer.becomes.get(rule.position)
            value = self.becomes_now(rule, customer, event, event.t)
            customer.becomes[rule.position] = value
            if before is False and value:
                self.trigger(rule, customer, event, event.t, found)

    def becomes_now(self, rule, customer, event, t):
        return self.holds(rule.becomes, event, customer, t)

    def forget(self, customer, event):
        fresh = Customer(customer.id)
        fresh.changed_ms = event.t
        upto = (event.t, event.id.encode())
        fresh.ids = {i: t for i, t in customer.ids.items() if (t, i.encode()) > upto or i == event.id}
        self.customers[customer.id] = fresh
        self.count('forgotten')

    # -- decisions

    def names(self, event, customer, t):
        names = {'customer': customer.row(), 'feature': FeatureRow(self.conf.table.features, customer, t)}
        if t != -NEVER:
            names['now'] = Ts(t * 10**6)
        if event is not None:
            names['event'] = event.row()
        return names

    def holds(self, tree, event, customer, t):
        if tree is None:
            return True
        try:
            return cel.evaluate(tree, self.names(event, customer, t)) is True
        except CelError:
            self.count('errors')
            return False

    def trigger(self, rule, customer, event, t, found):
        if not self.holds(rule.audience, event, customer, t):
            self.count('audience')
            return
        if rule.cooldown_ms is not None and any(t0 <= t < t0 + rule.cooldown_ms for t0 in customer.given.get(rule.position, [])):
            self.count('cooldown')
            return
        if found > t + rule.window_ms and found > t + 3 * DAY_MS:
            self.count('stale')
            return
        customer.given.setdefault(rule.position, []).append(t)
        lead = {'rule': rule.id, 'customer': customer.id, 'event': event.id, 'triggered_at': self.time.text(t), 'golden_deadline': self.time.text(t + rule.window_ms)}
        due = self.due(rule, t)
        if due is not None:
            lead['due'] = self.time.text(due)
        lead.update(stage='golden' if found <= t + rule.window_ms else 'comparing', status='offered', priority=rule.priority)
        if rule.product is not None:
            lead['product'] = rule.product
        if rule.script is not None:
            lead['script'] = self.fill(rule.script, event, customer, t)
        self.leads.append(lead)

    def due(self, rule, t):
        if rule.due_days is None:
            return None
        at = self.time.local(t)
        day = at.date()
        of_day_ms = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + t % 1000
        if self.conf.cutoff_ms is not None and of_day_ms >= self.conf.cutoff_ms:
            day += datetime.timedelta(1)
        day = self.conf.calendar.add(day, rule.due_days)
        return None if day is None else self.time.moment(day, self.conf.close_ms)

    def fill(self, script, event, customer, t):
        names = self.names(event, customer, t)

        def one(m):
            try:
                v = names[m[1]].get(m[2])
            except (KeyError, CelError):
                return ''
            return self.plain(v, yuan=bool(m[3]))
        return re.sub(r'\{\{\s*(event|customer|feature)\.(\w+)\s*(\|\s*yuan\s*)?\}\}', one, script)

    def plain(self, v, yuan):
        if isinstance(v, Ts):
            return self.time.text(v.ns // 10**6)
        if isinstance(v, datetime.date):
            return v.isoformat()
        if isinstance(v, Dec) and yuan:
            whole, _, fraction = cel.dec_text(v).partition('.')
            return ('-' if v.units < 0 else '') + '{:,}'.format(int(whole.lstrip('-'))) + ('.' + fraction if fraction else '')
        return cel.to_string(v)


def apply_change(customer, change):
    for name, value in change.items():
        if value is None:
            customer.profile.pop(name, None)
        else:
            customer.profile[name] = value


def recount(config, events, profiles=None, until=None):
    """(leads, counts) of a case."""
    r = Recount(Config(config))
    if profiles:
        r.load_profiles(profiles)
    for line in lines(events):
        r.take_line(line)
    r.end(until)
    return r.leads, r.counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    parser.add_argument('--events')
    parser.add_argument('--profiles')
    parser.add_argument('--until')
    parser.add_argument('--counts', action='store_true')
    a = parser.parse_args()
    folder = a.config if os.path.isdir(a.config) else os.path.dirname(a.config)
    config = os.path.join(folder, 'goldhour.yaml') if os.path.isdir(a.config) else a.config
    profiles = a.profiles or os.path.join(folder, 'customers.jsonl')
    until = cel.parse_timestamp_ns(a.until) // 10**6 if a.until else None
    leads, counts = recount(config, a.events or os.path.join(folder, 'events.jsonl'), profiles if os.path.exists(profiles) else None, until)
    for lead in leads:
        print(json.dumps(lead, ensure_ascii=False))
    if a.counts:
        print(counts, file=sys.stderr)


if __name__ == '__main__':
    main()
