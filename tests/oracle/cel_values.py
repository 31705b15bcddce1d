"""The values of CEL conditions: decimals, times, rows; their order, equality and arithmetic.

None, bool, int, UInt, float, str, bytes, list, dict, Dec (decimal), Ts (timestamp, ns), Dur (duration, ns), Literal (a double written in the text,
which beside a decimal counts by its text). An error is CelError.
"""
import re

INT_MIN, INT_MAX = -2**63, 2**63 - 1


class CelError(Exception):
    pass


class UInt(int):
    pass


class Literal(float):
    """A double of the source text, with the decimal that its text says."""

    def __new__(cls, text, negative=False):
        self = float.__new__(cls, -float(text) if negative else float(text))
        self.text, self.negative = text, negative
        return self

    def dec(self):
        d = parse_dec(self.text)
        return Dec(-d.units if self.negative else d.units, d.scale)


class Dec:
    """units * 10**-scale, exact, units within int64."""

    def __init__(self, units, scale):
        while scale > 18 and units % 10 == 0:
            units, scale = units // 10, scale - 1
        if scale > 18 or not INT_MIN <= units <= INT_MAX:
            raise CelError('decimal overflow')
        self.units, self.scale = units, scale

    def at(self, scale):
        return self.units * 10**(scale - self.scale)

    def key(self):
        units, scale = self.units, self.scale
        while scale > 0 and units % 10 == 0:
            units, scale = units // 10, scale - 1
        return ('dec', units, scale)

    def __repr__(self):
        return dec_text(self)


class Ts:
    def __init__(self, ns):
        self.ns = ns


class Dur:
    def __init__(self, ns):
        self.ns = ns


class Row:
    """Named fields; `get` raises KeyError for an absent one, CelError for one in error."""

    def __init__(self, fields):
        self.fields = fields

    def get(self, name):
        return self.fields[name]


DEC = re.compile(r'(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?\Z', re.ASCII)


def parse_dec(text):
    """The decimal that a text says, at the scale it is written with (an exponent shifts it)."""
    m = DEC.match(text)
    if not m:
        raise CelError('not a decimal: ' + text)
    fraction, exponent = m[3] or '', int(m[4] or 0)
    units, scale = int(m[2] + fraction), len(fraction) - exponent
    if scale < 0:
        units, scale = units * 10**min(-scale, 40), 0
    while scale > 18 and units % 10 == 0 and units:
        units, scale = units // 10, scale - 1
    if units == 0:
        scale = min(scale, 18)
    return Dec(-units if m[1] else units, scale)


def dec_at(text, scale):
    """The same at a fixed scale; None if it isn't exact there or overflows."""
    try:
        d = parse_dec(text)
    except CelError:
        return None
    units, have = d.units, d.scale
    while have > scale and units % 10 == 0:
        units, have = units // 10, have - 1
    if have > scale:
        return None
    units *= 10**(scale - have)
    return Dec(units, scale) if INT_MIN <= units <= INT_MAX else None


def dec_text(d):
    digits = str(abs(d.units)).rjust(d.scale + 1, '0')
    whole = digits[:len(digits) - d.scale]
    return ('-' if d.units < 0 else '') + whole + ('.' + digits[len(digits) - d.scale:] if d.scale else '')


def half_even(numerator, denominator):
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(numerator, denominator)
    return whole + (1 if 2 * rest > denominator or (2 * rest == denominator and whole % 2) else 0)


def is_int(v):
    return isinstance(v, int) and not isinstance(v, (bool, UInt))


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def decimal_pair(a, b):
    """Both as decimals, if one is a decimal and the other counts as one beside it; else None."""
    if not (isinstance(a, Dec) or isinstance(b, Dec)):
        return None
    out = []
    for v in (a, b):
        if isinstance(v, Literal):
            v = v.dec()
        elif isinstance(v, int) and not isinstance(v, bool):
            v = Dec(int(v), 0)
        if not isinstance(v, Dec):
            return None
        out.append(v)
    return out


def compare(a, b):
    """-1, 0, 1; CelError where there is no order (and for NaN)."""
    pair = decimal_pair(a, b)
    if pair:
        scale = max(pair[0].scale, pair[1].scale)
        a, b = pair[0].at(scale), pair[1].at(scale)
    elif is_number(a) and is_number(b):
        if a != a or b != b:
            raise CelError('NaN has no order')
    elif isinstance(a, bool) and isinstance(b, bool):
        pass
    elif isinstance(a, str) and isinstance(b, str):
        a, b = a.encode('utf-8'), b.encode('utf-8')
    elif isinstance(a, bytes) and isinstance(b, bytes):
        pass
    elif isinstance(a, Ts) and isinstance(b, Ts) or isinstance(a, Dur) and isinstance(b, Dur):
        a, b = a.ns, b.ns
    else:
        raise CelError('no such overload: order')
    return (a > b) - (a < b)


def equal(a, b):
    if a is None or b is None:
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(k in b and equal(v, b[k]) for k, v in a.items())
    try:
        return compare(a, b) == 0
    except CelError:
        return False


def in_int(n):
    if not INT_MIN <= n <= INT_MAX:
        raise CelError('int overflow')
    return n


def truncated(a, b):
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def arithmetic(op, a, b):
    pair = decimal_pair(a, b)
    if pair:
        return decimal_arithmetic(op, *pair)
    if is_int(a) and is_int(b) or isinstance(a, UInt) and isinstance(b, UInt):
        if op in '/%' and b == 0:
            raise CelError('division by zero')
        n = {'+': lambda: a + b, '-': lambda: a - b, '*': lambda: a * b, '/': lambda: truncated(a, b), '%': lambda: a - b * truncated(a, b)}[op]()
        if isinstance(a, UInt):
            if not 0 <= n < 2**64:
                raise CelError('uint overflow')
            return UInt(n)
        return in_int(int(n))
    if isinstance(a, float) and isinstance(b, float):
        return float_arithmetic(op, float(a), float(b))
    if op == '+' and type(a) is type(b) and isinstance(a, (str, bytes, list)):
        return a + b
    return time_arithmetic(op, a, b)


def decimal_arithmetic(op, a, b):
    scale = max(a.scale, b.scale)
    if op == '+':
        return Dec(a.at(scale) + b.at(scale), scale)
    if op == '-':
        return Dec(a.at(scale) - b.at(scale), scale)
    if op == '*':
        return Dec(a.units * b.units, a.scale + b.scale)
    raise CelError('decimals divide by decimal.div')


def float_arithmetic(op, a, b):
    if op == '/':
        if b == 0:
            return float('nan') if a == 0 or a != a else float('inf') * (1 if (a > 0) == (str(b)[0] != '-') else -1)
        return a / b
    try:
        return {'+': lambda: a + b, '-': lambda: a - b, '*': lambda: a * b}[op]()
    except KeyError:
        raise CelError('no such overload: % of doubles')


def time_arithmetic(op, a, b):
    if op == '+' and isinstance(a, Dur) and isinstance(b, Ts):
        a, b = b, a
    if op in '+-' and isinstance(a, (Ts, Dur)) and isinstance(b, Dur):
        return type(a)(a.ns + b.ns if op == '+' else a.ns - b.ns)
    if op == '-' and isinstance(a, Ts) and isinstance(b, Ts):
        return Dur(a.ns - b.ns)
    raise CelError('no such overload: %s' % op)
