"""The files of an installation: goldhour.yaml, the schema, the rule table."""
import glob
import os
import re
import zoneinfo

import yaml

import calendars
import cel

DAY_MS = 86400000
UNIT_MS = {'ms': 1, 's': 1000, 'm': 60000, 'h': 3600000, 'd': DAY_MS}


def duration_ms(text):
    assert re.match(r'(?:\d+(?:ms|[smhd]))+\Z', text), 'bad duration ' + text
    return sum(int(n) * UNIT_MS[u] for n, u in re.findall(r'(\d+)(ms|[smhd])', text))


def clock_ms(text):
    parts = [int(p) for p in text.split(':')]
    return ((parts[0] * 60 + parts[1]) * 60 + (parts[2] if len(parts) > 2 else 0)) * 1000


def load_yaml(path):
    with open(path, encoding='utf-8') as f:
        text = re.sub(r'(:\s*)([\w()]+\?)(?=\s*[,}\n])', r"\1'\2'", f.read())  # PyYAML stumbles over `string?}`
    return yaml.load(text, Loader=yaml.BaseLoader) or {}  # every scalar as its text


def as_list(v):
    return v if isinstance(v, list) else [v]


class Config:
    def __init__(self, path):
        y, folder = load_yaml(path), os.path.dirname(os.path.abspath(path))
        self.zone = zoneinfo.ZoneInfo(y.get('zone', 'Asia/Shanghai'))
        self.close_ms = clock_ms(y.get('business_hours', {}).get('close', '18:00'))
        self.cutoff_ms = clock_ms(y['cutoff']) if 'cutoff' in y else None
        self.lateness_ms = duration_ms(y.get('lateness', '2s'))
        self.late_limit_ms = duration_ms(y.get('late_limit', '1d'))
        self.reorder_limit = int(str(y.get('reorder_limit', 1000000)).replace(',', ''))
        self.customer_events = int(str(y.get('customer_events', 10000)).replace(',', ''))
        self.calendar = self.load_calendar(y.get('calendar', 'china'), folder)
        self.schema = Schema(load_yaml(os.path.join(folder, y['schema'])))
        files = []
        for pattern in as_list(y['rules']):
            files += sorted(glob.glob(os.path.join(folder, pattern)))
        self.table = Table([load_yaml(f) for f in files], self.schema)

    @staticmethod
    def load_calendar(name, folder):
        if name == 'china':
            return calendars.china()
        return calendars.read(os.path.join(folder, name))


class Schema:
    def __init__(self, y):
        self.customer = {n: field_type(t)[0] for n, t in (y.get('customer') or {}).items()}
        self.events = {n: {f: field_type(t) for f, t in (fields or {}).items()} for n, fields in (y.get('events') or {}).items()}


def field_type(text):
    """(type, required); a type is ('int',), ('decimal', 2), ('list', TYPE), …"""
    text = text.strip()
    required = not text.endswith('?')
    text = text.rstrip('?').strip()
    m = re.match(r'(\w+)\s*\((.*)\)\Z', text)
    if not m:
        return (text,), required
    if m[1] == 'decimal':
        return ('decimal', int(m[2])), required
    return ('list', field_type(m[2])[0]), required


def condition(y, name):
    return cel.compile_condition(y[name]) if name in y else None


class Feature:
    AGGREGATES = ('count', 'sum', 'min', 'max', 'avg', 'distinct', 'last')

    def __init__(self, name, y, schema):
        self.name = name
        self.aggregate = next(a for a in self.AGGREGATES if a in y)
        self.types = as_list(y['count'] if self.aggregate == 'count' else y['of'])
        self.value = None if self.aggregate == 'count' else cel.compile_condition(y[self.aggregate])
        self.where = condition(y, 'where')
        self.over_ms = duration_ms(y['over'])
        self.scale = self.common_scale(y[self.aggregate], schema) if self.value else None

    def common_scale(self, text, schema):
        """The largest scale that a plain field has over the types; None where the expression is not a plain field."""
        m = re.match(r'\s*event\.(\w+)\s*\Z', text)
        kinds = [schema.events[t][m[1]][0] for t in self.types if m[1] in schema.events[t]] if m else []
        scales = [k[1] for k in kinds if k[0] == 'decimal']
        return max(scales) if scales else None


class Rule:
    def __init__(self, position, y, flows):
        self.position, self.id = position, y['id']
        self.when, self.audience = condition(y, 'when'), condition(y, 'audience')
        self.window_ms = duration_ms(y.get('window', '1h'))
        self.due_days = int(y['due'][2:]) if 'due' in y else None
        self.priority = int(y.get('priority', 50))
        self.cooldown_ms = duration_ms(y['cooldown']) if 'cooldown' in y else None
        self.product, self.script = y.get('product'), y.get('script')
        self.kind, self.event = self.read_on(y['on'], flows)

    def read_on(self, on, flows):
        if isinstance(on, str):
            return 'event', on
        if 'becomes' in on:
            self.becomes = cel.compile_condition(on['becomes'])
            return 'becomes', None
        if 'flow' in on:
            self.flow, self.step, self.wait_ms = on['flow'], on['stopped_at'], duration_ms(on['for'])
            return 'stopped', flows[on['flow']].event
        if 'unless' in on:
            other = on['unless'] if isinstance(on['unless'], dict) else {'event': on['unless']}
            self.unless, self.unless_when = other['event'], condition(other, 'when')
            self.wait_ms, self.restart = duration_ms(on['within']), on.get('restart') == 'true'
            return 'unless', on['event']
        if 'date' in on:
            self.date = re.match(r'\s*event\.(\w+)\s*\Z', on['date'])[1]
            self.before_days = duration_ms(on.get('before', '0d')) // DAY_MS
            self.at_ms = clock_ms(on.get('at', '00:00'))
            return 'date', on['event']
        return 'event', on['event']


class Flow:
    def __init__(self, y):
        self.event, self.steps = y['event'], y['steps']
        self.instance = re.match(r'\s*event\.(\w+)\s*\Z', y['instance'])[1]
        self.step = re.match(r'\s*event\.(\w+)\s*\Z', y['step'])[1]


class Table:
    def __init__(self, files, schema):
        self.features, self.flows, self.rules = {}, {}, []
        for y in files:
            self.features.update({n: Feature(n, f, schema) for n, f in (y.get('features') or {}).items()})
            self.flows.update({n: Flow(f) for n, f in (y.get('flows') or {}).items()})
        for y in files:
            self.rules += [Rule(0, r, self.flows) for r in y.get('rules') or []]
        for position, rule in enumerate(self.rules):
            rule.position = position
