"""What is known of a customer, and the features computed from it."""
import cel
from cel import CelError, Dec, Row, Ts

NEVER = float('inf')


class Customer:
    def __init__(self, customer_id):
        self.id = customer_id
        self.profile = {}
        self.changed_ms = -NEVER   # time of the last change applied
        self.becomes = {}          # rule position -> last value
        self.stepped = []          # (time, order of stepping, {feature: value}) in that order: the events of the windows
        self.gone = []             # the same, those that customer_events pushed out
        self.waits = {}            # (rule position, instance or event id) -> Wait
        self.cancelled_ms = {}     # rule position -> greatest time of a B;  (flow, instance) -> of a listed step
        self.given = {}            # rule position -> [triggered_at] of leads
        self.ids = {}              # event id -> time of its accepted copy

    def row(self):
        return Row({**self.profile, 'id': self.id})


class Wait:
    def __init__(self, rule, customer, key, event, end):
        self.rule, self.customer, self.key, self.event, self.end = rule, customer, key, event, end


class FeatureRow(Row):
    """Features as of t, computed when asked for."""

    def __init__(self, features, customer, t):
        self.features, self.customer, self.t = features, customer, t

    def get(self, name):
        v = aggregate(self.features[name], self.customer, self.t)
        if v is None:
            raise KeyError(name)
        return v


def aggregate(feature, customer, t):
    """The value of a feature at t; None if absent, CelError if in error."""
    inside = [v for at, _, counted in customer.stepped if t - feature.over_ms < at <= t and feature.name in counted for v in [counted[feature.name]]]
    if any(t - feature.over_ms < at <= t and feature.name in counted for at, _, counted in customer.gone):
        raise CelError('overfull')
    if feature.aggregate == 'count':
        return len(inside)
    if feature.aggregate == 'distinct':
        return len({value_key(v) for v in inside})
    if not inside and feature.aggregate == 'sum':
        return 0 if feature.scale is None else Dec(0, feature.scale)
    if not inside:
        return None
    if feature.aggregate == 'last':
        return inside[-1]
    if feature.aggregate in ('min', 'max'):
        best = inside[0]
        for v in inside[1:]:
            if (cel.compare(v, best) < 0) == (feature.aggregate == 'min') and cel.compare(v, best) != 0:
                best = v
        return best
    return total(inside, feature)


def total(values, feature):
    """sum or avg."""
    average = feature.aggregate == 'avg'
    if isinstance(values[0], Dec):
        scale = max([v.scale for v in values] + ([feature.scale] if feature.scale is not None else []))
        units = sum(v.at(scale) for v in values)
        return Dec(cel.half_even(units, len(values)) if average else units, scale)
    if cel.is_int(values[0]):
        return sum(values) / len(values) if average else cel.in_int(sum(values))
    s = 0.0
    for v in values:
        s += v
    if s in (float('inf'), -float('inf')):
        raise CelError('overflow')
    return s / len(values) if average else s


def value_key(v):
    if isinstance(v, Dec):
        return v.key()
    if isinstance(v, Ts):
        return ('ts', v.ns)
    return (type(v).__name__, v)
