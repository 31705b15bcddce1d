"""Records: lines of JSON into events and changes of profiles, or refused."""
import datetime
import json
import re

import cel
from cel import Row, Ts

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Refused(Exception):
    pass


class Num(str):
    """A JSON number, as its text."""


class Doubled:
    """The value of a key that is written twice."""


def no_constant(text):
    raise ValueError(text)


def pairs(items):
    out = {}
    for k, v in items:
        out[k] = Doubled() if k in out else v
    return out


def read_json(line):
    try:
        o = json.loads(line.decode('utf-8'), parse_float=Num, parse_int=Num, parse_constant=no_constant, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        raise Refused('bad_json')
    if not isinstance(o, dict):
        raise Refused('bad_json')
    return o


FIRST_MS = int((datetime.datetime(1990, 1, 1, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()) * 1000
LAST_MS = int((datetime.datetime(2101, 1, 1, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()) * 1000


def read_time(v):
    """ms since 1970, of RFC 3339 text or a whole number."""
    if isinstance(v, Num):
        if not re.match(r'-?\d+\Z', v):
            raise Refused('bad_time')
        ms = int(v)
    elif isinstance(v, str) and cel.parse_timestamp_ns(v) is not None:
        ms = cel.parse_timestamp_ns(v) // 10**6
    else:
        raise Refused('bad_time')
    if not FIRST_MS <= ms < LAST_MS:
        raise Refused('bad_time')
    return ms


def read_value(v, kind):
    if isinstance(v, Doubled):
        raise Refused('duplicate_key')
    name, number = kind[0], isinstance(v, Num)
    if name == 'string' and isinstance(v, str) and not number:
        return str(v)
    if name == 'bool' and isinstance(v, bool):
        return v
    if name == 'int' and number and re.match(r'-?\d+\Z', v) and cel.INT_MIN <= int(v) <= cel.INT_MAX:
        return int(v)
    if name == 'double' and number and abs(float(v)) != float('inf'):
        return float(v)
    if name == 'decimal' and isinstance(v, str):
        d = cel.dec_at(v, kind[1])
        if d is None:
            raise Refused('not_exact')
        return d
    if name == 'timestamp':
        return Ts(read_time(v) * 10**6)
    if name == 'date' and isinstance(v, str) and re.match(r'\d{4}-\d\d-\d\d\Z', v):
        try:
            return datetime.date.fromisoformat(v)
        except ValueError:
            raise Refused('wrong_type')
    if name == 'list' and isinstance(v, list):
        return [read_value(x, kind[1]) for x in v]
    raise Refused('wrong_type')


def need_text(o, key):
    v = o.get(key)
    if isinstance(v, Doubled):
        raise Refused('duplicate_key')
    if not isinstance(v, str) or isinstance(v, Num) or v == '':
        raise Refused('missing_field')
    return v


class Event:
    def __init__(self, o, schema):
        self.type = need_text(o, 'type')
        self.named = self.type == 'customer' or self.type in schema.events
        if not self.named:
            return
        self.id, self.customer = need_text(o, 'id'), need_text(o, 'customer')
        if isinstance(o.get('time'), Doubled):
            raise Refused('duplicate_key')
        self.t = read_time(o.get('time'))
        self.forget = False
        if self.type == 'customer':
            self.read_change(o, schema)
        else:
            self.fields = read_fields(o, schema.events[self.type])

    def read_change(self, o, schema):
        forget = o.get('forget')
        if forget is not None and not isinstance(forget, bool):
            raise Refused('wrong_type')
        self.forget = forget is True
        self.change = read_change(o, schema)

    def order(self):
        return (self.t, self.id.encode(), self.customer.encode())

    def row(self):
        fields = {} if self.type == 'customer' else dict(self.fields)
        fields.update(id=self.id, type=self.type, time=Ts(self.t * 10**6))
        return Row(fields)


def read_fields(o, types):
    fields = {}
    for name, (kind, required) in types.items():
        if o.get(name) is not None:
            fields[name] = read_value(o[name], kind)
        elif required:
            raise Refused('missing_field')
    return fields


def read_change(o, schema):
    """{field: value, or None where it is removed}"""
    return {n: None if o[n] is None else read_value(o[n], kind) for n, kind in schema.customer.items() if n in o}


def lines(path):
    with open(path, 'rb') as f:
        data = f.read()
    if data.startswith(b'\xef\xbb\xbf'):
        data = data[3:]
    for line in data.split(b'\n'):
        line = line.rstrip(b'\r')
        if line.strip(b' \t\r'):
            yield line
