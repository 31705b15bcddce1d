#!/usr/bin/env python3
"""Random but telling cases, in the form of the golden ones: generate.py --seed S [--customers N] [--days D] [--shuffle] [--double] FOLDER

Times are taken at the rules' own boundaries (exactly d after another event, a millisecond before and after, at midnight, at the cutoff, at the same time);
lines are refused, doubled, late, too late, of unnamed types. A *calm* case (odd seeds) has no late events and windows no shorter than the lateness: its
leads stay the same when the lines are shuffled within the lateness (--shuffle) and every event is sent twice (--double). The others are *wild*.
The same seed gives the same bytes.
"""
import argparse
import datetime
import json
import os
import random
import sys
import zoneinfo

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import random_rules as rules
from localtime import LocalTime
from table import DAY_MS, duration_ms

STARTS = ['2026-02-11', '2026-09-17', '2026-09-28', '2026-12-27', '2026-03-27', '2026-03-06', '2026-10-23', '2026-10-30', '2024-02-26', '2025-01-23', '2026-04-30', '2024-12-30']
ZONES = ['Asia/Shanghai'] * 5 + ['Europe/Prague', 'America/New_York', 'UTC', 'Australia/Lord_Howe', 'Asia/Kolkata']
# what the events of a case are mostly about, so that its rules meet
THEMES = {
    'mixed': [],
    'flow': ['step'] * 16 + ['customer', 'login'],
    'waits': ['inflow', 'view', 'pay', 'login', 'xfer', 'buy', 'login', 'view', 'xfer'] * 2,
    'windows': ['spend', 'read', 'tick', 'pay', 'xfer', 'spend', 'read', 'inflow'] * 2,
    'profiles': ['customer'] * 5 + ['login', 'read', 'inflow'],
    'dates': ['buy'] * 5 + ['customer', 'spend'],
}
# zones and first days of a summer or winter time about to begin
CHANGES = [('Europe/Prague', '2026-03-27'), ('Europe/Prague', '2026-10-23'), ('America/New_York', '2026-03-06'), ('America/New_York', '2026-10-30'),
           ('Australia/Lord_Howe', '2026-04-03'), ('Australia/Lord_Howe', '2026-10-02')]
NAMES = ['王芳', '李伟', 'Ann', '欧阳修']


class Case:
    def __init__(self, seed, customers, days):
        self.rng = rng = random.Random(seed * 7919 + 13)
        self.seed, self.calm = seed, seed % 2 == 1
        self.theme = rng.choice(sorted(THEMES))
        self.zone, start = rng.choice(ZONES), rng.choice(STARTS)
        if self.theme == 'dates' or rng.random() < 0.1:
            self.zone, start = rng.choice(CHANGES)
        self.late_share = rng.choice([0.04, 0.1, 0.3])
        self.time = LocalTime(zoneinfo.ZoneInfo(self.zone))
        self.lateness = rng.choice(['2s', '2s', '1m', '10m'] + ([] if self.calm else ['0s', '0s', '1h']))
        self.late_limit = rng.choice(['1d', '1d', '6h', '2h', '4d', '10d'])
        self.cutoff = rng.choice([None, '17:00', '17:00', '12:30'])
        self.close = rng.choice(['18:00', '17:30'])
        self.palette = rng.sample(['90s', '10m', '30m', '1h', '1h30m', '2h', '6h', '12h', '1d', '2d', '3d', '7d'], 4)
        self.reorder_limit = rng.randint(1, 12) if not self.calm and rng.random() < 0.2 else None
        self.customer_events = rng.randint(2, 8) if rng.random() < 0.2 else None
        self.rules = rules.RandomRules(rng, self.zone, self.palette, self.calm, self.theme, rng.choice(self.palette) if self.customer_events and rng.random() < 0.6 else None)
        self.rules_text = self.rules.text()
        self.forgets = self.reorder_limit is None and rng.random() < (0.7 if self.theme == 'profiles' else 0.3)
        self.days = days
        self.start = self.time.moment(datetime.date.fromisoformat(start), 9 * 3600000)
        self.calendar = self.make_calendar(start) if rng.random() < 0.15 else None
        self.files = rng.choice([1, 1, 1, 3])
        self.customers = ['C%d' % i for i in range(1, customers + 1)]
        self.profiles = self.make_profiles()
        self.arrivals = self.perturb(self.make_events())  # [(line, time or None where it is no event, customer, id)] as they come
        self.until = self.make_until()

    def make_calendar(self, start):
        """A short calendar with days off at random, and weekend days worked."""
        rng, first = self.rng, datetime.date.fromisoformat(start)
        span = rng.randint(6, 20)
        days = [first + datetime.timedelta(i) for i in range(span + 1)]
        out = ['range %s %s' % (days[0], days[-1])]
        for day in days:
            if rng.random() < 0.25:
                out.append('%s %s # at random' % ('holiday' if day.weekday() < 5 else 'worked', day))
        return '\n'.join(out) + '\n'

    # -- profiles

    def profile(self, event):
        rng, out = self.rng, {}
        values = {'name': lambda: rng.choice(NAMES), 'age': lambda: rng.randint(18, 70), 'aum': lambda: rng.choice(['49999.99', '50000.00', 180000, '199999.99', 200000.0, 7]),
                  'staff': lambda: rng.random() < 0.3, 'tags': lambda: rng.sample(['vip', 'wealth', 'fund', 'x1'], rng.randint(0, 3)), 'ratio': lambda: rng.choice([0.25, 0.5, 0.75]),
                  'branch': lambda: rng.choice(['陆家嘴', '徐家汇'])}
        for name in values:
            if rng.random() < (0.35 if event else 0.7):
                out[name] = None if rng.random() < (0.25 if event else 0.05) else values[name]()
        return out

    def make_profiles(self):
        rng, out = self.rng, []
        for c in self.customers:
            for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
                out.append(json.dumps({'customer': c, **self.profile(False)}, ensure_ascii=False))
        if rng.random() < 0.3:
            out.append('{"customer": "C1", "aum": 1.005, "age": 99}')
        rng.shuffle(out)
        return out

    # -- events

    def make_events(self):
        out = []
        for c in self.customers:
            out += self.customer_stream(c)
        self.rng.shuffle(out)
        out.sort(key=lambda e: e['time'])
        return out

    def customer_stream(self, c):
        rng = self.rng
        count = rng.randint(15, 45)
        ids = rng.sample(range(10, 99 + 10 * count), count)
        favourites = rng.sample(['pay', 'xfer', 'tick', 'inflow', 'buy', 'view', 'read', 'spend', 'step', 'login', 'customer'], 6) + THEMES[self.theme]
        times, out = [], []
        for i in range(count):
            t = self.pick_time(times)
            times.append(t)
            event = {'id': rng.choice(['e%d'] * 8 + ['E%d', '编号%d', 'e%d-with-a-longer-name-of-its-own']) % ids[i], 'type': rng.choice(favourites), 'customer': c, 'time': t}
            event.update(self.fields(event['type'], t))
            out.append(event)
        return out

    def pick_time(self, times):
        rng, span = self.rng, self.days * DAY_MS
        off = rng.choice([0, 0, 0, -1, 1])
        how = rng.random()
        if times and how < 0.5:
            t = rng.choice(times[-6:]) + duration_ms(rng.choice(self.palette)) * rng.choice([1, 1, 1, -1]) + off
        elif times and how < 0.62:
            t = rng.choice(times[-4:]) + rng.choice([0, 0, 1, -1, 500, 1000])
        elif how < 0.75:
            day = self.time.local(self.start + rng.randrange(span)).date()
            h, m = rng.choice([self.cutoff or '00:00', '00:00', '18:00'] + self.rules.moments).split(':')
            t = self.time.moment(day, (int(h) * 60 + int(m)) * 60000) + off
        else:
            t = self.start + rng.randrange(span // 1000) * 1000
        return t if self.start <= t < self.start + span else self.start + t % span

    def fields(self, kind, t):
        rng = self.rng
        some = lambda p, f: f() if rng.random() < p else None
        amount = lambda: rng.choice(rules.AMOUNTS)
        if kind == 'customer':
            return {'forget': True} if self.forgets and rng.random() < 0.15 else self.profile(True)
        out = {
            'pay': lambda: {'amount': amount(), 'employer': some(0.7, lambda: rng.choice(rules.EMPLOYERS))},
            'xfer': lambda: {'amount': amount(), 'bank': some(0.6, lambda: rng.choice(rules.BANKS)), 'fee': some(0.6, lambda: rng.choice([0.5, '0.4999', 1, '0.0001']))},
            'tick': lambda: {'amount': rng.choice(['50', '49.9950', 49.9949, '8000.0000', '0.3333'])},
            'inflow': lambda: {'amount': rng.choice(['99.99', 100, 100.01, 8000])},
            'buy': lambda: {'product': rng.choice(rules.PRODUCTS), 'amount': some(0.6, amount), 'matures': some(0.8, lambda: self.date(t))},
            'view': lambda: {'product': rng.choice(rules.PRODUCTS)},
            'read': lambda: {'topic': rng.choice(rules.TOPICS), 'seconds': some(0.7, lambda: rng.choice([0, 30, 31, 60, 61, 120])), 'score': some(0.6, lambda: rng.choice([0.1, 0.5, 0.75, 1e15, 3]))},
            'spend': lambda: {'amount': rng.choice([rules.HUGE] + [amount()] * 12), 'shop': some(0.8, lambda: rng.choice(rules.SHOPS))},
            'step': lambda: {'flow': rng.choice(['F1', 'F1', 'F2', '贷']), 'step': rng.choice(rules.STEPS + ['valuation', 'help'])},
            'login': lambda: {'channel': rng.choice(rules.CHANNELS)},
        }[kind]()
        return {k: v for k, v in out.items() if v is not None or rng.random() < 0.3 and k not in ('amount',)}

    def date(self, t):
        day = self.time.local(t).date() + datetime.timedelta(self.rng.choice(self.rules.befores or [1]) + self.rng.choice([-1, 0, 0, 0, 1, 1, 2]))
        return day.isoformat()

    # -- arrival

    def delay(self, rng, limit):
        how = rng.random()
        return 0 if how < 0.5 else limit if how < 0.6 else rng.randint(0, limit)

    def perturb(self, events):
        """The events as they arrive, as (line, event) with what is refused or of no use between them."""
        rng, lateness, limit = self.rng, duration_ms(self.lateness), duration_ms(self.late_limit)
        keyed = []
        for n, e in enumerate(events):
            late = not self.calm and rng.random() < self.late_share
            keyed.append((e['time'] + (rng.randint(lateness, rng.choice([lateness + 3600000, limit + limit // 4])) if late else self.delay(rng, lateness)), n, e))
        keyed.sort(key=lambda k: k[:2])
        out, high = [], None
        for _, _, e in keyed:
            if not self.calm and high is not None and rng.random() < 0.06:
                self.move_to_boundary(e, high, lateness, limit)
            if not self.calm and out and rng.random() < 0.02:
                self.take_old_id(e, out)
            out.append((self.line(e), e))
            high = e['time'] if high is None else max(high, e['time'] if e['time'] >= high - limit else high)
            if rng.random() < 0.05:
                out.append((self.junk(e), None))
        return self.copied(out, 0.08)

    def move_to_boundary(self, e, high, lateness, limit):
        t = high + self.rng.choice([0, -lateness, -lateness - 1, -lateness + 1, -limit, -limit - 1, -3600000, -3600001, -3 * DAY_MS, -3 * DAY_MS - 1])
        e['time'] = max(t, self.start - 20 * DAY_MS)

    def take_old_id(self, e, out):
        """The id of another event of the customer, with other content: a duplicate, or new again where that one is too old."""
        mine = [x for _, x in out if x is not None and x['customer'] == e['customer'] and x['type'] not in ('buy', 'customer')]
        if mine and e['type'] not in ('buy', 'customer') and not self.forgets:
            e['id'] = self.rng.choice(mine)['id']

    def line(self, e):
        rng, o = self.rng, dict(e)
        how = rng.random()
        if how < 0.6:
            o['time'] = self.time.text(e['time']) if rng.random() < 0.7 else self.time.text(e['time'])[:23] + '4567' + self.time.text(e['time'])[23:]
        elif how < 0.7:
            o['time'] = LocalTime(datetime.timezone.utc).text(e['time']).replace('+00:00', 'Z')
        if rng.random() < 0.1:
            o['extra'] = {'a': [1, None]}
        items = list(o.items())
        rng.shuffle(items)
        return json.dumps(dict(items), ensure_ascii=rng.random() < 0.3)

    def junk(self, e):
        rng, o = self.rng, {**e, 'id': e['id'] + 'j'}
        how = rng.randrange(9)
        if how == 0:
            return json.dumps(o)[:-rng.randint(1, 5)]
        if how == 1:
            return rng.choice(['', '   ', 'not json', '[]', '"x"'])
        if how == 2:
            return json.dumps({**o, 'type': 'heartbeat', 'time': e['time'] + 30 * DAY_MS, 'id': e['id']})
        if how == 3:
            gone = rng.choice(['id', 'time', 'customer'])
            return json.dumps({k: v for k, v in o.items() if k != gone})
        if how == 4:
            return json.dumps({**o, 'time': rng.choice([e['time'] // 1000, e['time'] * 1000, 'soon', True])})
        if how == 5:
            return json.dumps(o)[:-1] + ', "customer": "C1"}'
        kind = rng.choice([('pay', {'amount': 1.001}), ('pay', {'amount': None}), ('pay', {}), ('read', {'topic': 5}), ('read', {'topic': 'a', 'seconds': '7'}),
                           ('login', {'channel': ['app']}), ('pay', {'amount': 'ten'}), ('customer', {'aum': '0.001'}), ('customer', {'tags': ['a', 1]})])
        return json.dumps({'id': o['id'], 'type': kind[0], 'customer': e['customer'], 'time': e['time'] + 30 * DAY_MS, **kind[1]})

    def copied(self, arrivals, share):
        """A share of the events is sent a second time, anywhere as long as the copy would not be late (a forget may lie behind it)."""
        rng, lateness, high = self.rng, duration_ms(self.lateness), -1
        out, pending = [], []
        far = not self.calm and not self.forgets and self.reorder_limit is None
        for line, e in arrivals:
            if e is not None:
                high = max(high, e['time'])
            still = []
            for copy in pending:
                if rng.random() < (0.05 if far and rng.random() < 0.3 else 0.5) or (copy[1]['time'] <= high - lateness and not far):
                    out.append(copy)
                else:
                    still.append(copy)
            pending = still
            out.append((line, e))
            if e is not None and rng.random() < share:
                (out if not far and (lateness == 0 or self.reorder_limit or e['time'] < high - lateness) else pending).append((line, e))
        return out + pending

    def make_until(self):
        rng = self.rng
        high = max(e['time'] for _, e in self.arrivals if e is not None)
        if rng.random() < 0.6:
            return None
        return high + duration_ms(rng.choice(self.palette)) + rng.choice([0, -1, 1])

    # -- the variants that change no lead

    def variant(self, shuffle, double, salt=1):
        """Arrivals shuffled within the lateness (calm cases) and every event twice."""
        rng = random.Random(self.seed * 31 + salt)
        lateness = duration_ms(self.lateness)
        if shuffle and self.calm:
            keyed, last = [], self.start
            for n, (line, e) in enumerate(self.arrivals):
                last = e['time'] if e is not None else last
                for _ in range(2 if double and e is not None else 1):
                    keyed.append((last + self.delay(rng, lateness), rng.random(), n, line))
            return [k[3] for k in sorted(keyed)]
        if double:
            state, self.rng = self.rng, rng
            out = [line for line, _ in self.copied(self.arrivals, 1.0)]
            self.rng = state
            return out
        return [line for line, _ in self.arrivals]

    # -- files

    def rule_files(self):
        """The table in one file or in three, whose order is that of the table."""
        if self.files == 1:
            return {'rules.yaml': self.rules_text}
        head, _, table = self.rules_text.partition('rules:\n')
        parts = ['  - id:' + p for p in table.split('  - id:')[1:]]
        third = len(parts) // 3
        return {'rules.yaml': 'rules:\n' + ''.join(parts[:third]), 'more-1.yaml': head + 'rules:\n' + ''.join(parts[third:2 * third]),
                'more-2.yaml': 'rules:\n' + ''.join(parts[2 * third:])}

    def write(self, folder, lines=None):
        os.makedirs(folder, exist_ok=True)
        rules_files = self.rule_files()
        conf = {'zone': self.zone, 'calendar': 'days.txt' if self.calendar else 'china', 'business_hours': "{open: '09:00', close: '%s'}" % self.close,
                'lateness': self.lateness, 'late_limit': self.late_limit, 'schema': 'schema.yaml',
                'rules': '[rules.yaml]' if len(rules_files) == 1 else "[rules.yaml, 'more-*.yaml']", 'source': '{file: {path: events.jsonl}}',
                'profiles': '{file: {path: customers.jsonl}}', 'store': '{sqlite: {path: goldhour.db}}', 'sink': '{file: {path: out.jsonl}}'}
        if self.cutoff:
            conf['cutoff'] = "'%s'" % self.cutoff
        if self.reorder_limit:
            conf['reorder_limit'] = self.reorder_limit
        if self.customer_events:
            conf['customer_events'] = self.customer_events
        files = {'goldhour.yaml': ''.join('%s: %s\n' % kv for kv in conf.items()), 'schema.yaml': rules.SCHEMA, **rules_files,
                 'customers.jsonl': ''.join(p + '\n' for p in self.profiles),
                 'events.jsonl': ''.join(line + '\n' for line in (lines if lines is not None else [line for line, _ in self.arrivals]))}
        if self.calendar:
            files['days.txt'] = self.calendar
        if self.until is not None:
            files['args'] = '--until %s\n' % self.time.text(self.until)
        for name, text in files.items():
            with open(os.path.join(folder, name), 'w', encoding='utf-8', newline='\n') as f:
                f.write(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--customers', type=int, default=4)
    parser.add_argument('--days', type=int, default=6)
    parser.add_argument('--shuffle', action='store_true')
    parser.add_argument('--double', action='store_true')
    a = parser.parse_args()
    case = Case(a.seed, a.customers, a.days)
    case.write(a.folder, case.variant(a.shuffle, a.double))


if __name__ == '__main__':
    main()
