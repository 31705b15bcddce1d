"""A small evaluator of CEL, the part that rules use: written from the language definition for the recount of leads, plain and slow.

Values: None, bool, int, UInt, float, str, bytes, list, dict, Dec (decimal), Ts (timestamp, ns), Dur (duration, ns), Literal (a double written in
the text, which beside a decimal counts by its text). An error is CelError. Conditions are taken as already type-checked.
"""
import datetime
import re
import zoneinfo

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


# ---------------------------------------------------------------- the text

TOKEN = re.compile(r'''
  (?P<space>\s+|//[^\n]*)
 |(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
 |(?P<int>0x[0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
 |(?P<string>[rRbB]{0,2}(?:"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
 |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
 |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
''', re.X | re.S)

SIMPLE = {'n': '\n', 't': '\t', 'r': '\r', 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v', '\\': '\\', '"': '"', "'": "'", '`': '`', '?': '?'}


def unquote(text):
    prefix = re.match(r'[rRbB]*', text)[0].lower()
    body = text[len(prefix):]
    width = 3 if body[:3] in ('"""', "'''") else 1
    body = body[width:-width]

    def one(m):
        e = m[1]
        if e[0] in 'xXuU' and len(e) > 1:
            return chr(int(e[1:], 16))
        if e[0] in '0123':
            return chr(int(e, 8))
        return SIMPLE[e]
    if 'r' not in prefix:
        body = re.sub(r'\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)', one, body, flags=re.S)
    return body.encode('utf-8') if 'b' in prefix else body


def tokens(text):
    out, at = [], 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError('bad condition at %d: %s' % (at, text))
        at = m.end()
        if m.lastgroup != 'space':
            out.append((m.lastgroup, m[0]))
    out.append(('end', ''))
    return out


class Parser:
    """Recursive descent; trees are tuples (kind, …)."""

    def __init__(self, text):
        self.text, self.toks, self.at = text, tokens(text), 0

    def peek(self):
        return self.toks[self.at][1] if self.toks[self.at][0] in ('op', 'name') else None

    def take(self, op):
        if self.peek() == op and self.toks[self.at][0] != 'string':
            self.at += 1
            return True
        return False

    def need(self, op):
        if not self.take(op):
            raise ValueError('expected %s in: %s' % (op, self.text))

    def parse(self):
        e = self.expr()
        if self.toks[self.at][0] != 'end':
            raise ValueError('text behind the condition: ' + self.text)
        return e

    def expr(self):
        e = self.level(0)
        if self.take('?'):
            a = self.level(0)
            self.need(':')
            return ('?', e, a, self.expr())
        return e

    LEVELS = [('||',), ('&&',), ('<', '<=', '>', '>=', '==', '!=', 'in'), ('+', '-'), ('*', '/', '%')]

    def level(self, n):
        if n == len(self.LEVELS):
            return self.unary()
        e = self.level(n + 1)
        while self.peek() in self.LEVELS[n]:
            op = self.peek()
            self.at += 1
            e = (op, e, self.level(n + 1))
        return e

    def unary(self):
        if self.take('!'):
            return ('!', self.unary())
        if self.take('-'):
            kind, text = self.toks[self.at]
            if kind == 'int' and text[-1] not in 'uU':
                self.at += 1
                return self.members(('value', self.check_int(-int(text, 0 if text[:2] == '0x' else 10))))
            if kind == 'float':
                self.at += 1
                return self.members(('value', Literal(text, True)))
            return ('neg', self.unary())
        return self.members(self.primary())

    @staticmethod
    def check_int(n):
        if not INT_MIN <= n <= INT_MAX:
            raise ValueError('int literal out of range')
        return n

    def members(self, e):
        while True:
            if self.take('.'):
                name = self.toks[self.at][1]
                self.at += 1
                e = ('method', e, name, self.args(')')) if self.take('(') else ('.', e, name)
            elif self.take('['):
                e = ('[', e, self.expr())
                self.need(']')
            else:
                return e

    def args(self, close):
        out = []
        while not self.take(close):
            out.append(self.expr())
            if not self.take(','):
                self.need(close)
                break
        return out

    def primary(self):
        kind, text = self.toks[self.at]
        self.at += 1
        if kind == 'float':
            return ('value', Literal(text if text[0] != '.' else '0' + text))
        if kind == 'int':
            if text[-1] in 'uU':
                return ('value', UInt(int(text[:-1], 0 if text[:2] == '0x' else 10)))
            return ('value', self.check_int(int(text, 0 if text[:2] == '0x' else 10)))
        if kind == 'string':
            return ('value', unquote(text))
        if kind == 'name':
            if text in ('true', 'false', 'null'):
                return ('value', {'true': True, 'false': False, 'null': None}[text])
            return ('call', text, self.args(')')) if self.take('(') else ('name', text)
        if text == '(':
            e = self.expr()
            self.need(')')
            return e
        if text == '[':
            return ('list', self.args(']'))
        if text == '{':
            return self.entries()
        raise ValueError('unexpected %r in: %s' % (text, self.text))

    def entries(self):
        out = []
        while not self.take('}'):
            k = self.expr()
            self.need(':')
            out.append((k, self.expr()))
            if not self.take(','):
                self.need('}')
                break
        return ('map', out)


def compile_condition(text):
    return Parser(text).parse()


# ---------------------------------------------------------------- values

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


# ---------------------------------------------------------------- functions

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


# ---------------------------------------------------------------- evaluation

MACROS = ('all', 'exists', 'exists_one', 'existsOne', 'map', 'filter')


class Evaluator:
    def __init__(self, names):
        self.names = names

    def run(self, e):
        return getattr(self, 'on_' + self.WORDS.get(e[0], e[0]))(*e[1:]) if e[0] not in self.BINARY else self.binary(*e)

    WORDS = {'.': 'select', '[': 'index', '?': 'choose', '!': 'not', '&&': 'and', '||': 'or'}
    BINARY = ('+', '-', '*', '/', '%', '<', '<=', '>', '>=', '==', '!=', 'in')

    def truth(self, e):
        v = self.run(e)
        if not isinstance(v, bool):
            raise CelError('not a bool')
        return v

    def binary(self, op, left, right):
        a, b = self.run(left), self.run(right)
        if op in ('+', '-', '*', '/', '%'):
            return arithmetic(op, a, b)
        if op == '==':
            return equal(a, b)
        if op == '!=':
            return not equal(a, b)
        if op == 'in':
            if isinstance(b, (list, dict)):
                return any(equal(a, x) for x in b)
            raise CelError('in')
        c = compare(a, b)
        return {'<': c < 0, '<=': c <= 0, '>': c > 0, '>=': c >= 0}[op]

    def on_value(self, v):
        return v

    def on_name(self, name):
        if name not in self.names:
            raise CelError('undeclared ' + name)
        return self.names[name]

    def on_list(self, items):
        return [self.run(i) for i in items]

    def on_map(self, items):
        return {self.run(k): self.run(v) for k, v in items}

    def on_select(self, e, name):
        v = self.run(e)
        try:
            if isinstance(v, Row):
                return v.get(name)
            if isinstance(v, dict):
                return v[name]
        except KeyError:
            raise CelError('no such field: ' + name)
        raise CelError('no fields here: ' + name)

    def on_index(self, e, i):
        v, i = self.run(e), self.run(i)
        try:
            if isinstance(v, list) and is_number(i) and i >= 0 and i == int(i):
                return v[int(i)]
            if isinstance(v, dict):
                return v[i]
        except (KeyError, IndexError):
            pass
        raise CelError('no such element')

    def on_choose(self, c, a, b):
        return self.run(a) if self.truth(c) else self.run(b)

    def on_not(self, e):
        return not self.truth(e)

    def on_neg(self, e):
        v = self.run(e)
        if isinstance(v, Literal):
            return Literal(v.text, not v.negative)
        if isinstance(v, Dec):
            return Dec(-v.units, v.scale)
        if isinstance(v, Dur):
            return Dur(-v.ns)
        if is_int(v):
            return in_int(-v)
        if isinstance(v, float):
            return -v
        raise CelError('-')

    def absorb(self, sides, decisive):
        """&& (decisive False) and || (True): the decisive value wins over an error on the other side."""
        error = None
        for side in sides:
            try:
                if side() is decisive:
                    return decisive
            except CelError as e:
                error = error or e
        if error:
            raise error
        return not decisive

    def on_and(self, a, b):
        return self.absorb([lambda: self.truth(a), lambda: self.truth(b)], False)

    def on_or(self, a, b):
        return self.absorb([lambda: self.truth(a), lambda: self.truth(b)], True)

    def on_call(self, name, args):
        if name == 'has':
            return self.has(args[0])
        if name not in FUNCTIONS:
            raise CelError('no such function: ' + name)
        return FUNCTIONS[name](*[self.run(a) for a in args])

    def has(self, e):
        v = self.run(e[1])
        if isinstance(v, Row):
            try:
                v.get(e[2])
                return True
            except KeyError:
                return False
        if isinstance(v, dict):
            return e[2] in v
        raise CelError('has()')

    def on_method(self, e, name, args):
        if e == ('name', 'decimal') and name == 'div':
            return decimal_div(*[self.run(a) for a in args])
        if name in MACROS and args and args[0][0] == 'name':
            return self.macro(self.run(e), name, args[0][1], args[1:])
        v, given = self.run(e), [self.run(a) for a in args]
        if name in TIME_PARTS:
            return time_method(v, name, given)
        if name == 'size' and not given:
            return size(v)
        if isinstance(v, list) and name == 'join':
            return (given[0] if given else '').join(v)
        if isinstance(v, str) and name in STRING_METHODS and all(isinstance(g, (str, int)) for g in given):
            return STRING_METHODS[name](v, *given)
        raise CelError('no such overload: ' + name)

    def macro(self, items, name, var, bodies):
        if not isinstance(items, (list, dict)):
            raise CelError('no such overload: ' + name)

        def each(body, item):
            return Evaluator({**self.names, var: item}).run(body)

        def holds(body, item):
            v = each(body, item)
            if not isinstance(v, bool):
                raise CelError('not a bool')
            return v
        if name in ('all', 'exists'):
            return self.absorb([lambda i=i: holds(bodies[0], i) for i in items], name == 'exists')
        if name in ('exists_one', 'existsOne'):
            return sum([holds(bodies[0], i) for i in items]) == 1
        if name == 'filter':
            return [i for i in items if holds(bodies[0], i)]
        if len(bodies) == 2:
            return [each(bodies[1], i) for i in items if holds(bodies[0], i)]
        return [each(bodies[0], i) for i in items]


def evaluate(tree, names):
    """The value of a condition; CelError."""
    return Evaluator(names).run(tree)
