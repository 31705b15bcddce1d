#!/usr/bin/env python3
"""The simulated bank against the shipped rules: sim/run.py GOLDHOUR

Every seed of `seeds` is a bank; a seed that ever failed is added there and stays.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, '..', '..', 'config', 'demo', 'goldhour.yaml')


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise AssertionError('exit %d: %s' % (done.returncode, done.stderr.decode('utf-8', 'replace')[-2000:]))
    return done.stdout


def lines(data):
    return [json.loads(line) for line in data.decode('utf-8').splitlines()]


class Bank:
    """A simulated bank, and the leads of its replay."""

    def __init__(self, goldhour, folder, seed, *options):
        self.goldhour = goldhour
        self.paths = {name: os.path.join(folder, '%s-%s.jsonl' % (name, seed)) for name in ('events', 'profiles', 'truth')}
        self.command = [goldhour, 'simulate', '--seed', str(seed), '--customers', '1500', '--days', '4', *options,
                        '--profiles', self.paths['profiles'], '--truth', self.paths['truth']]
        self.stream = run(*self.command)
        with open(self.paths['events'], 'wb') as f:
            f.write(self.stream)

    def read(self, name):
        with open(self.paths[name], 'rb') as f:
            return f.read()

    def leads(self):
        return lines(run(self.goldhour, 'replay', '--config', CONFIG, '--events', self.paths['events'], '--profiles', self.paths['profiles']))


def check_same_bytes(bank):
    first = bank.stream, bank.read('profiles'), bank.read('truth')
    again = run(*bank.command), bank.read('profiles'), bank.read('truth')
    assert first == again, 'a second run gave other bytes'


def check_truth(bank):
    """Every planted trigger gives its lead, at its time."""
    leads = {(l['rule'], l['customer'], l['event'], l['triggered_at']) for l in bank.leads()}
    truth = [(t['rule'], t['customer'], t['event'], t['triggered_at']) for t in lines(bank.read('truth'))]
    missing = [t for t in truth if t not in leads]
    assert len(truth) > 30, 'only %d triggers were planted' % len(truth)
    assert not missing, '%d of %d planted triggers gave no lead, the first: %s' % (len(missing), len(truth), missing[0])


def check_stream(bank):
    """What the help promises is in the stream."""
    events = lines(bank.stream)
    ids = collections.Counter((e['customer'], e['id']) for e in events)
    customers = {e['customer'] for e in events}
    known = {p['customer'] for p in lines(bank.read('profiles'))}
    assert max(ids.values()) > 1, 'no duplicate'
    assert customers - known, 'everybody has a profile'
    assert known - customers, 'nobody is silent'
    types = {e['type'] for e in events}
    assert {'payroll_credit', 'flow_step', 'customer', 'product_bought', 'login'} <= types, types
    by_hour = collections.Counter(e['time'][11:13] for e in events)
    assert by_hour['21'] > 5 * by_hour['04'], 'the night is as busy as the evening'


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    failed = False
    with open(os.path.join(HERE, 'seeds'), encoding='utf-8') as f:
        seeds = [line.split('#')[0].strip() for line in f]
    with tempfile.TemporaryDirectory() as folder:
        for seed in [s for s in seeds if s]:
            bank = Bank(os.path.abspath(sys.argv[1]), folder, seed)
            for check in (check_same_bytes, check_stream, check_truth):
                name = 'sim/%s-seed-%s' % (check.__name__[6:].replace('_', '-'), seed)
                try:
                    check(bank)
                    print('ok ' + name, flush=True)
                except (AssertionError, KeyError, ValueError) as e:
                    print('FAILED %s: %s' % (name, e), flush=True)
                    failed = True
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
