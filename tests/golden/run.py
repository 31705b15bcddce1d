#!/usr/bin/env python3
"""Runs the golden cases: golden/run.py GOLDHOUR [NAME…]

A case is a folder: goldhour.yaml with the files it names, events.jsonl, customers.jsonl (may be absent), leads.jsonl; `args` holds further options of
`goldhour replay`, `story` says in words what it shows. The leads must be those of leads.jsonl: order of lines and of keys aside, further keys allowed.
"""
import collections
import json
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def key(lead):
    return (str(lead.get('triggered_at')), str(lead.get('rule')), str(lead.get('customer')), str(lead.get('event')))


def read_leads(text):
    return sorted((json.loads(line) for line in text.splitlines() if line.strip()), key=key)


def field_differences(expected, got):
    """Lines that say what is wrong with the fields of a lead. `due`, `product` and `script` must be absent where the case has none."""
    out = []
    for name in sorted(set(expected) | {'due', 'product', 'script'}):
        if expected.get(name) != got.get(name):
            out.append('    %s: expected %s, got %s' % (name, json.dumps(expected.get(name), ensure_ascii=False), json.dumps(got.get(name), ensure_ascii=False)))
    return out


def differences(expected, got):
    """What differs between two lists of leads, as lines."""
    out, left = [], collections.defaultdict(list)
    for lead in got:
        left[key(lead)].append(lead)
    for lead in expected:
        if not left[key(lead)]:
            out.append('  missing: ' + json.dumps(lead, ensure_ascii=False))
            continue
        fields = field_differences(lead, left[key(lead)].pop(0))
        if fields:
            out += ['  lead %s:' % ' '.join(key(lead))] + fields
    out += ['  unexpected: ' + json.dumps({k: g[k] for k in g if k != 'evidence'}, ensure_ascii=False) for leads in left.values() for g in leads]
    ids = collections.Counter(str(g.get('id')) for g in got)
    return out + ['  the id is not unique: ' + i for i in ids if i == 'None' or ids[i] > 1]


def replay(goldhour, folder, extra=()):
    """(leads, error) of one run."""
    command = [goldhour, 'replay', '--config', os.path.join(folder, 'goldhour.yaml'), '--events', os.path.join(folder, 'events.jsonl')]
    if os.path.exists(os.path.join(folder, 'customers.jsonl')):
        command += ['--profiles', os.path.join(folder, 'customers.jsonl')]
    done = subprocess.run(command + list(extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    errors = done.stderr.decode('utf-8', 'replace').strip()
    if done.returncode != 0:
        return None, 'exit %d: %s' % (done.returncode, errors[-2000:])
    try:
        return read_leads(done.stdout.decode('utf-8')), None
    except ValueError as e:
        return None, 'the output is not JSON lines: %s' % e


def run_case(goldhour, name):
    """Lines that say what failed; none: fine."""
    folder = os.path.join(HERE, name)
    extra = []
    if os.path.exists(os.path.join(folder, 'args')):
        with open(os.path.join(folder, 'args'), encoding='utf-8') as f:
            extra = shlex.split(f.read(), comments=True)
    leads, error = replay(goldhour, folder, extra)
    if error:
        return ['  ' + error]
    with open(os.path.join(folder, 'leads.jsonl'), encoding='utf-8') as f:
        return differences(read_leads(f.read()), leads)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    goldhour, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    failed = False
    for name in sorted(n for n in os.listdir(HERE) if os.path.isfile(os.path.join(HERE, n, 'goldhour.yaml'))):
        if wanted and not any(name.startswith(w) for w in wanted):
            continue
        wrong = run_case(goldhour, name)
        failed = failed or bool(wrong)
        print(''.join(line + '\n' for line in wrong), end='')
        print('FAILED golden/%s: the leads differ' % name if wrong else 'ok golden/' + name, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
