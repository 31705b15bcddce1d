"""A random schema's worth of rules: well-typed conditions, features of every aggregate, several rules of each construct."""

SCHEMA = '''customer: {name: string, age: int, aum: decimal(2), staff: bool, tags: list(string), ratio: double, branch: string}
events:
  pay:    {amount: decimal(2), employer: string?}
  xfer:   {amount: decimal(2), bank: string?, fee: decimal(4)?}
  tick:   {amount: decimal(4)}
  inflow: {amount: decimal(2)}
  buy:    {product: string, amount: decimal(2)?, matures: date?}
  view:   {product: string}
  read:   {topic: string, seconds: int?, score: double?}
  spend:  {amount: decimal(2), shop: string?}
  step:   {flow: string, step: string}
  login:  {channel: string}
'''

TOPICS, SHOPS, PRODUCTS = ['wealth', 'fund', '黄金'], ['罗森', '苏宁', 'apple', '超市'], ['fund', 'wealth', 'loan']
CHANNELS, EMPLOYERS, BANKS = ['app', 'web', 'atm'], ['华东电子', '城投集团', 'x'], ['ICBC', 'CMB']
STEPS = ['apply', 'valuation', 'documents', 'submit']
AMOUNTS = ['0.01', '0.10', '49.99', '50.00', '50.01', '99.50', '100.00', '7999.99', '8000.00', '8000.01', '-3.05', '12500.50', '0.00', '1e2', '33.33']
HUGE = '92233720368547758.07'
MONEY = ['pay', 'xfer', 'tick', 'inflow', 'spend']  # types with a required amount

EVENT_CONDITIONS = {
    'pay': ['event.amount >= 8000.00', 'event.amount == 100', 'event.amount in [0.10, 8000.00, 50.01]', 'event.employer == "华东电子" || event.amount > 5000',
            'has(event.employer) && event.employer.startsWith("华")', 'event.amount * 0.1 >= 5.001', '!(event.employer == "x")', 'event.amount - 0.01 < 50.00',
            'has(event.employer) ? event.employer.size() == 4 : event.amount > 50'],
    'xfer': ['event.amount > 50', 'event.fee < 0.5', 'event.fee + event.amount > 100.0', 'event.bank in ["ICBC", "ABC"]', 'has(event.fee) == has(event.bank)',
             '(has(event.fee) ? event.fee : event.amount) >= 0.10', 'decimal.div(event.amount, decimal("3"), 2) > 16.66'],
    'tick': ['event.amount >= 50', 'event.amount == 50.0', 'event.amount < 49.995'],
    'inflow': ['event.amount >= 100.00', 'event.amount <= 8000', '-event.amount < -50.00'],
    'buy': ['event.product == "fund"', 'event.amount > 50.00', 'has(event.matures)', 'event.product != "loan" && (event.amount > 0 || has(event.matures))'],
    'view': ['event.product == "fund"', 'event.product.contains("a")', 'event.product > "g"'],
    'read': ['event.topic == "wealth"', 'event.seconds >= 60', 'event.seconds / 2 == 30 || event.topic == "fund"', 'event.score > 0.5', '600 / event.seconds > 10',
             'event.topic.size() == 2'],
    'spend': ['event.amount > 50', 'event.shop == "罗森"', 'event.shop.matches("^[a-z]+$")', 'event.amount * 3 == 150'],
    'step': ['event.flow == "F1"', 'event.step != "submit"'],
    'login': ['event.channel == "app"', 'event.channel in ["app", "web"]', 'event.id.endsWith("1") || event.id.endsWith("2")'],
}
ANY_CONDITIONS = ['now == event.time', 'now.getHours("%(zone)s") >= 9', 'now.getDayOfWeek("%(zone)s") in [1, 2, 3, 4, 5]', 'event.time.getMilliseconds() == 0',
                  'now.getHours() < 12', 'now - event.time <= duration("24h")', 'event.id > "e5"', 'true']
AUDIENCES = ['customer.age >= 20 && customer.age <= 50', '!customer.staff', 'customer.aum >= 50000.00', '"vip" in customer.tags', 'has(customer.branch)',
             'customer.tags.exists(t, t == "vip" || t.startsWith("w"))', 'customer.tags.all(t, t.size() > 2)', 'customer.ratio < 0.5 || customer.age > 30',
             'size(customer.tags.filter(t, t != "vip")) == 1', 'has(customer.age) ? customer.age < 40 : customer.id > "C2"', 'customer.aum * 2 > 100000',
             'customer.name.size() == 2', '!has(customer.name) || customer.name != "王芳"']
BECOMES = ['customer.aum >= 50000.00', 'customer.aum >= 180000.00 && customer.aum < 200000.00', 'customer.age > 40', 'has(customer.branch)', '"vip" in customer.tags',
           '!customer.staff', 'customer.ratio >= 0.5 || customer.age < 30', 'customer.tags.size() == 0']
WHERE = {'amount': ['event.amount > 50', 'event.amount != 100.00', 'event.id < "e6"'], 'topic': ['event.topic == "wealth"', 'event.seconds > 30', 'event.topic != "fund"'],
         'shop': ['event.shop != "苏宁"', 'event.amount >= 50.00']}


class RandomRules:
    """Text of rules.yaml, and what the events should know of it: durations, moments of the day."""

    def __init__(self, rng, zone, palette, calm, theme, one_window):
        self.rng, self.zone, self.palette, self.calm, self.theme = rng, zone, palette, calm, theme
        self.one_window = one_window  # all features over the same duration
        self.features = {}  # name -> (kind of value, may be put in a script)
        self.befores, self.moments = [], []

    def text(self):
        features = ['  f%d: {%s}' % (i, self.feature('f%d' % i)) for i in range(self.rng.randint(4, 9))]
        rules = [self.rule(i) for i in range(self.rng.randint(9, 20))]
        return ('features:\n%s\n\nflows:\n  loan: {event: step, instance: event.flow, step: event.step, steps: [%s]}\n'
                '  short: {event: step, instance: event.flow, step: event.step, steps: [valuation, submit]}\n\nrules:\n%s\n'
                % ('\n'.join(features), ', '.join(STEPS), '\n'.join(rules)))

    def duration(self):
        return self.rng.choice(self.palette)

    def feature(self, name):
        rng = self.rng
        over = self.one_window or self.duration()
        aggregate = rng.choice(['count', 'sum', 'min', 'max', 'avg', 'distinct', 'last'])
        if aggregate == 'count':
            return self.count_feature(name, over)
        about = rng.choice(['amount', 'amount', 'topic', 'shop', 'seconds', 'score', 'expression'])
        if aggregate in ('sum', 'min', 'max', 'avg') and about in ('topic', 'shop'):
            about = 'amount'
        where = ''
        plain = about != 'expression'
        if about == 'amount':
            types = rng.sample(MONEY, rng.randint(1, 3))
            if 'tick' in types and 'spend' in types:
                types.remove('spend')  # whose HUGE amounts have no scale 4
            value, kind = 'event.amount', 'money'
            plain = 'tick' not in types or types == ['tick'] or aggregate in ('sum', 'avg')
        elif about == 'expression':
            value, types, kind = rng.choice([('event.amount * 2', ['pay', 'spend'], 'money'), ('event.amount + 0.5', ['inflow', 'tick'], 'money'),
                                             ('event.amount - event.fee', ['xfer'], 'money'), ('event.seconds * 3 - 7', ['read'], 'int'),
                                             ('600 / event.seconds', ['read'], 'int')])
        else:
            value, types = 'event.' + about, ['spend'] if about == 'shop' else ['read']
            kind = {'topic': 'text', 'shop': 'text', 'seconds': 'int', 'score': 'double'}[about]
        if rng.random() < 0.4:
            where = ", where: '%s'" % rng.choice(WHERE['amount' if types[0] in MONEY and about != 'shop' else 'shop' if types == ['spend'] else 'topic'])
        if aggregate == 'distinct' or aggregate == 'avg' and kind == 'int':
            kind = 'int' if aggregate == 'distinct' else 'double'
        self.features[name] = (kind, (plain or kind == 'int') and kind != 'double')
        return "%s: %s, of: %s%s, over: %s" % (aggregate, value if plain or about == 'amount' else "'%s'" % value, self.types(types), where, over)

    def types(self, types):
        return types[0] if len(types) == 1 and self.rng.random() < 0.5 else '[%s]' % ', '.join(types)

    def count_feature(self, name, over):
        rng = self.rng
        types = rng.choice([['read'], ['spend'], ['login'], ['pay', 'xfer'], ['view', 'buy', 'login']])
        where = ''
        if rng.random() < 0.5 and len(types) == 1:
            where = ", where: '%s'" % rng.choice({'read': WHERE['topic'], 'spend': WHERE['shop'], 'login': ['event.channel == "app"']}[types[0]])
        self.features[name] = ('int', True)
        return 'count: %s%s, over: %s' % (self.types(types), where, over)

    def feature_condition(self):
        name = self.rng.choice(sorted(self.features))
        kind, f = self.features[name][0], 'feature.' + name
        return self.rng.choice({
            'int': ['%s >= 2', '%s == 3', '%s < 4', '%s %% 2 == 1', 'has(%s) && %s > 1'], 'money': ['%s >= 100.00', '%s < 8000', '%s == 50.01', '%s * 2 > 150.5', 'has(%s)'],
            'double': ['%s >= 0.5', '%s < 30.0', '%s == 0.75'], 'text': ['%s == "fund"', '%s != "罗森"', '%s.size() == 2', '!has(%s)'],
        }[kind]).replace('%s', f).replace('%%', '%')

    def when(self, event):
        parts = [self.rng.choice(EVENT_CONDITIONS[event])]
        if self.rng.random() < 0.35:
            parts.append(self.feature_condition())
        if self.rng.random() < 0.2:
            parts.append(self.rng.choice(ANY_CONDITIONS) % {'zone': self.zone})
        return self.join(parts)

    def join(self, parts):
        out = parts[0]
        for p in parts[1:]:
            out = '(%s) %s (%s)' % (out, self.rng.choice(['&&', '&&', '||']), p)
        return out

    def rule(self, i):
        rng = self.rng
        kind = ('event', 'unless', 'stopped', 'becomes', 'date', 'event', 'unless', 'event')[i % 8]
        if i % 2:
            kind = {'flow': 'stopped', 'waits': 'unless', 'windows': 'event', 'profiles': 'becomes', 'dates': 'date'}.get(self.theme, kind)
        lines, event = getattr(self, kind)()
        out = ['  - id: r%d-%s' % (i, kind)] + lines
        if event and kind != 'becomes' and rng.random() < (0.7 if kind == 'event' else 0.3):
            out.append("    when: '%s'" % self.when(event))
        if rng.random() < 0.4:
            parts = [rng.choice(AUDIENCES)]
            if rng.random() < 0.4:
                parts.append(self.feature_condition())
            out.append("    audience: '%s'" % self.join(parts))
        return '\n'.join(out + self.tail(event if kind != 'becomes' else None))

    def tail(self, event):
        rng, out = self.rng, []
        if rng.random() < 0.6:
            out.append('    window: ' + rng.choice(['1h', '15m', '2h', '1d', '5d'] + ([] if self.calm else ['1s', '500ms', '1h30m', '30s'])).replace('500ms', '1s'))
        if rng.random() < 0.6:
            out.append('    due: T+%d' % rng.choice([1, 1, 1, 2, 3, 7]))
        if rng.random() < 0.6:
            out.append('    priority: %d' % rng.randint(1, 99))
        if rng.random() < 0.45:
            out.append('    cooldown: ' + self.duration())
        if rng.random() < 0.5:
            out.append('    product: ' + rng.choice(['fund-plan', 'wealth', 'loan']))
        if rng.random() < 0.4:
            out.append("    script: '%s'" % self.script(event))
        return out

    def script(self, event):
        parts = ['{{customer.name}}您好', '{{customer.aum}}', '{{customer.age}}', '{{event.id}}', '{{customer.id}}', '{{customer.branch}}']
        fields = {'pay': ['amount', 'employer'], 'xfer': ['amount', 'fee', 'bank'], 'tick': ['amount'], 'inflow': ['amount'], 'buy': ['product', 'amount'], 'view': ['product'],
                  'read': ['topic', 'seconds'], 'spend': ['amount', 'shop'], 'step': ['flow', 'step'], 'login': ['channel']}.get(event, [])
        parts += ['{{event.%s}}' % f for f in fields] * 2
        parts += ['{{feature.%s}}' % f for f, (_, plain) in sorted(self.features.items()) if plain]
        return '|'.join(self.rng.sample(parts, 4))

    def event(self):
        event = self.rng.choice(['pay', 'xfer', 'read', 'spend', 'login', 'tick', 'view', 'inflow'])
        return ['    on: ' + event], event

    def unless(self):
        rng = self.rng
        a = rng.choice(['inflow', 'view', 'pay', 'login', 'xfer'])
        b = a if rng.random() < 0.25 else rng.choice(['buy', 'login', 'view', 'xfer'])
        other = b if rng.random() < 0.5 else "{event: %s, when: '%s'}" % (b, self.when(b))
        restart = rng.choice(['', '', ', restart: true', ', restart: false'])
        return ['    on: {event: %s, unless: %s, within: %s%s}' % (a, other, self.duration(), restart)], a

    def stopped(self):
        flow = self.rng.choice(['loan', 'short'])
        step = self.rng.choice(STEPS if flow == 'loan' else ['valuation', 'submit'])
        return ['    on: {flow: %s, stopped_at: %s, for: %s}' % (flow, step, self.duration())], 'step'

    def becomes(self):
        condition = self.rng.choice(BECOMES)
        return ["    on: {becomes: '%s'}" % condition], 'customer'

    def date(self):
        before, at = self.rng.choice([1, 2, 3, 7]), self.rng.choice(['09:00', '02:30', '01:30', '02:15', '01:45', '00:00', '23:59', '18:00'])
        self.befores.append(before)
        self.moments.append(at)
        return ["    on: {event: buy, date: event.matures, before: %dd, at: '%s'}" % (before, at)], 'buy'
