"""A small evaluator of CEL, the part that rules use: written from the language definition for the recount of leads, plain and slow. Conditions are
taken as already type-checked. `cel_text` reads them, `cel_values` and `cel_functions` have what they are made of.
"""
from cel_functions import FUNCTIONS, STRING_METHODS, TIME_PARTS, decimal_div, parse_timestamp_ns, size, time_method, to_string
from cel_text import compile_condition
from cel_values import (INT_MAX, INT_MIN, CelError, Dec, Dur, Literal, Row, Ts, arithmetic, compare, dec_at, dec_text, equal, half_even, in_int, is_int,
                        is_number)

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
