"""The functions and methods of CEL that rules use."""
import datetime
import re
import zoneinfo

from cel_values import CelError, Dec, Dur, Literal, Ts, dec_text, half_even, in_int, is_int, is_number, parse_dec, truncated


def parse_duration(text):
    m = re.match(r'([-+]?)((?:[0-9]+(?:\.[0-9]*)?(?:ns|us|ms|s|m|h))+|0)\Z', text)
    if not m:
        raise CelError('bad duration')
    unit = {'ns': 1, 'us': 1000, 'ms': 10**6, 's': 10**9, 'm': 60 * 10**9, 'h': 3600 * 10**9}
    total = 0
    for n, f, u in re.findall(r'([0-9]+)(?:\.([0-9]*))?(ns|us|ms|s|m|h)', m[2]):
        total += int(n) * unit[u] + (int(f) * unit[u] // 10**len(f) if f else 0)
    return Dur(-total if m[1] == '-' else total)


def parse_timestamp_ns(text):
    """RFC 3339 with an offset; None if it isn't."""
    m = re.match(r'(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))\Z', text, re.ASCII)
    if not m:
        return None
    try:
        moment = datetime.datetime(*map(int, m.group(1, 2, 3, 4, 5, 6)), tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    offset = 0
    if not m[8]:
        if int(m[10]) > 23 or int(m[11]) > 59:
            return None
        offset = (int(m[10]) * 60 + int(m[11])) * 60 * (-1 if m[9] == '-' else 1)
    delta = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    seconds = delta.days * 86400 + delta.seconds - offset
    return seconds * 10**9 + int(((m[7] or '') + '000000000')[:9])


def to_int(v):
    if isinstance(v, bool):
        raise CelError('no such overload: int(bool)')
    if isinstance(v, float):
        if v != v or not -2.0**63 < v < 2.0**63:
            raise CelError('int overflow')
        return int(v)
    if isinstance(v, int):
        return in_int(int(v))
    if isinstance(v, Ts):
        return v.ns // 10**9
    if isinstance(v, str) and re.match(r'[-+]?[0-9]+\Z', v):
        return in_int(int(v))
    raise CelError('int()')


def to_double(v):
    if isinstance(v, Dec):
        return v.units / 10**v.scale
    if isinstance(v, str):
        try:
            return float(v)
        except ValueError:
            raise CelError('double()')
    if is_number(v):
        return float(v)
    raise CelError('double()')


def to_string(v):
    if isinstance(v, str):
        return v
    if isinstance(v, bool):
        return 'true' if v else 'false'
    if isinstance(v, Dec):
        return dec_text(v)
    if isinstance(v, int):
        return str(int(v))
    raise CelError('string() of this type is not recounted')


def size(v):
    if isinstance(v, (str, bytes, list, dict)):
        return len(v)
    raise CelError('size()')


def decimal_of(v):
    if isinstance(v, Literal):
        return v.dec()
    if isinstance(v, str):
        return parse_dec(v)
    if is_int(v):
        return Dec(v, 0)
    if isinstance(v, Dec):
        return v
    raise CelError('decimal()')


def decimal_div(a, b, scale):
    a, b = decimal_of(a), decimal_of(b)
    if b.units == 0 or not 0 <= scale <= 18:
        raise CelError('decimal.div')
    return Dec(half_even(a.units * 10**(b.scale + scale), b.units * 10**a.scale), scale)


def to_bool(v):
    if isinstance(v, bool):
        return v
    if v in ('true', 'True', 'TRUE', 't', '1'):
        return True
    if v in ('false', 'False', 'FALSE', 'f', '0'):
        return False
    raise CelError('bool()')


def to_timestamp(v):
    if isinstance(v, Ts):
        return v
    ns = parse_timestamp_ns(v) if isinstance(v, str) else v * 10**9 if is_int(v) else None
    if ns is None:
        raise CelError('timestamp()')
    return Ts(ns)


FUNCTIONS = {
    'size': size, 'int': to_int, 'double': to_double, 'string': to_string, 'decimal': decimal_of, 'bool': to_bool, 'dyn': lambda v: v,
    'timestamp': to_timestamp, 'duration': lambda v: v if isinstance(v, Dur) else parse_duration(v),
}


def local(ts, zone):
    tz = datetime.timezone.utc
    if zone is not None:
        m = re.match(r'([+-]?)(\d\d):(\d\d)\Z', zone)
        if m:
            tz = datetime.timezone(datetime.timedelta(minutes=(int(m[2]) * 60 + int(m[3])) * (-1 if m[1] == '-' else 1)))
        else:
            try:
                tz = zoneinfo.ZoneInfo(zone)
            except Exception:
                raise CelError('no such zone')
    seconds, ns = divmod(ts.ns, 10**9)
    return (datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).astimezone(tz), ns


TIME_PARTS = {
    'getFullYear': lambda d, ns: d.year, 'getMonth': lambda d, ns: d.month - 1, 'getDate': lambda d, ns: d.day, 'getDayOfMonth': lambda d, ns: d.day - 1,
    'getDayOfWeek': lambda d, ns: (d.weekday() + 1) % 7, 'getDayOfYear': lambda d, ns: d.timetuple().tm_yday - 1, 'getHours': lambda d, ns: d.hour,
    'getMinutes': lambda d, ns: d.minute, 'getSeconds': lambda d, ns: d.second, 'getMilliseconds': lambda d, ns: ns // 10**6,
}
DURATION_PARTS = {'getHours': 3600 * 10**9, 'getMinutes': 60 * 10**9, 'getSeconds': 10**9}


def time_method(v, name, args):
    if isinstance(v, Ts):
        return TIME_PARTS[name](*local(v, args[0] if args else None))
    if isinstance(v, Dur) and name in DURATION_PARTS:
        return truncated(v.ns, DURATION_PARTS[name])
    if isinstance(v, Dur) and name == 'getMilliseconds':
        return truncated(v.ns, 10**6) % 1000
    raise CelError('no such overload: ' + name)


STRING_METHODS = {
    'contains': lambda s, x: x in s, 'startsWith': lambda s, x: s.startswith(x), 'endsWith': lambda s, x: s.endswith(x),
    'matches': lambda s, x: re.search(x, s) is not None, 'size': lambda s: len(s),
    'lowerAscii': lambda s: ''.join(c.lower() if c.isascii() else c for c in s), 'upperAscii': lambda s: ''.join(c.upper() if c.isascii() else c for c in s),
    'trim': lambda s: s.strip(), 'indexOf': lambda s, x: s.find(x), 'replace': lambda s, a, b: s.replace(a, b), 'split': lambda s, x: s.split(x),
    'substring': lambda s, a, b=None: s[a:] if b is None else s[a:b],
}
