#!/usr/bin/env python3
"""Leads over the transactions of a real bank, by the mapping here: real-bank/run.py GOLDHOUR [--data FOLDER]

`goldhour replay` reads the bank's own records through mapping.yaml; the recount (../oracle) reads canonical ones made by canonical.py. Both must give the same
leads; and the same again when the records are shuffled within the lateness and every one is sent twice. The data are looked for beside the project, in
../shared/real-bank (README.md says what they are); SKIPPED where they are absent.
"""
import argparse
import gzip
import importlib.util
import json
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTS, 'oracle')]
import canonical
import recount

spec = importlib.util.spec_from_file_location('golden_run', os.path.join(TESTS, 'golden', 'run.py'))
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)


def read(path):
    with gzip.open(path, 'rt', encoding='utf-8') as f:
        return f.read().splitlines()


def write(path, lines):
    with open(path, 'w', encoding='utf-8', newline='\n') as f:
        f.writelines(line + '\n' for line in lines)


def canonical_lines(lines, turn):
    return [json.dumps(turn(json.loads(line)), ensure_ascii=False) for line in lines]


def shuffled_and_doubled(lines, seed):
    """Every record twice, each copy up to a day (in steps of the date) later than it was: within the lateness of 2 days."""
    rng, out = random.Random(seed), []
    days = {day: i for i, day in enumerate(sorted({json.loads(line)['date'] for line in lines}))}
    for line in lines:
        day = days[json.loads(line)['date']]
        out += [(day + rng.random(), line), (day + rng.random(), line)]
    return [line for _, line in sorted(out)]


class Case:
    def __init__(self, goldhour, data, folder):
        self.goldhour, self.folder = goldhour, folder
        for name in ('goldhour.yaml', 'schema.yaml', 'mapping.yaml', 'rules.yaml', 'calendar.txt'):
            with open(os.path.join(HERE, name), encoding='utf-8') as f:
                write(os.path.join(folder, name), f.read().splitlines())
        self.transactions = read(os.path.join(data, 'transactions.jsonl.gz'))
        self.customers = read(os.path.join(data, 'customers.jsonl.gz'))
        write(os.path.join(folder, 'customers.jsonl'), self.customers)

    def replay(self, lines):
        write(os.path.join(self.folder, 'events.jsonl'), lines)
        return golden.replay(self.goldhour, self.folder)

    def recount(self):
        at = lambda name: os.path.join(self.folder, name)
        write(at('canonical-events.jsonl'), canonical_lines(self.transactions, canonical.event))
        write(at('canonical-customers.jsonl'), canonical_lines(self.customers, canonical.profile))
        leads, _ = recount.recount(at('goldhour.yaml'), at('canonical-events.jsonl'), at('canonical-customers.jsonl'))
        return sorted(leads, key=golden.key)


def say(name, wrong):
    print('\n'.join(wrong[:40] + ['FAILED %s: %d differences' % (name, len(wrong))]) if wrong else 'ok ' + name, flush=True)


def by_key(leads):
    found = {}
    for lead in leads:
        found.setdefault(golden.key(lead), []).append(lead)
    return found


def differences(expected, got):
    """As the golden runner's, key by key: there are thousands of leads."""
    expected, got = by_key(expected), by_key(got)
    ids = [lead['id'] for leads in got.values() for lead in leads]
    out = ['  %d leads share their ids' % (len(ids) - len(set(ids)))] if len(ids) != len(set(ids)) else []
    for key in sorted(set(expected) | set(got)):
        out += golden.differences(expected.get(key, []), got.get(key, []))
    return out


def without(leads, name):
    return [{k: v for k, v in lead.items() if k != name} for lead in leads]


def unused_rules(leads):
    with open(os.path.join(HERE, 'rules.yaml'), encoding='utf-8') as f:
        ids = [line.split(':', 1)[1].strip() for line in f if line.startswith('  - id:')]
    return ['  no lead of the rule ' + i for i in ids if i not in {lead['rule'] for lead in leads}]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('goldhour')
    parser.add_argument('--data', default=os.path.join(os.path.dirname(TESTS), '..', 'shared', 'real-bank'))
    args = parser.parse_args()
    if not os.path.exists(os.path.join(args.data, 'transactions.jsonl.gz')):
        print('SKIPPED real-bank: %s is absent' % os.path.relpath(args.data))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        case = Case(os.path.abspath(args.goldhour), args.data, folder)
        leads, error = case.replay(case.transactions)
        if error:
            say('real-bank', ['  ' + error])
            return 1
        say('real-bank/every rule gives leads', unused_rules(leads))
        say('real-bank/the leads of the recount', differences(case.recount(), leads))
        again, error = case.replay(shuffled_and_doubled(case.transactions, 7))
        # When a late record was found decides its stage; which leads there are, and their deadlines, stay.
        say('real-bank/shuffled and doubled', ['  ' + error] if error else differences(without(leads, 'stage'), again))
    return 0


if __name__ == '__main__':
    sys.exit(main())
