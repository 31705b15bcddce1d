#!/usr/bin/env python3
"""What `test` and `explain` print and how they exit: rules/stories.py GOLDHOUR"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRST = os.path.join(ROOT, 'tests', 'golden', '00-first-case')

STORIES = """
profiles: {C1: {age: 35}}
tests:
  - name: 工资 <8000> & 以上
    rule: payroll-fund-plan
    events: [{at: '2026-09-17 09:00', type: payroll_credit, amount: 8000.00}]
    leads: {event: e1, due: '2026-09-18 18:00'}
  - name: 差一分
    rule: payroll-fund-plan
    events: [{at: '2026-09-17 09:00', type: payroll_credit, amount: 7999.99}]
    leads: {event: e1}
"""


class Case:
    def __init__(self, goldhour, folder):
        self.goldhour, self.folder, self.failed = goldhour, folder, False

    def run(self, *args, stdin=''):
        return subprocess.run([self.goldhour, *args], cwd=self.folder, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def expect(self, name, good, done):
        if not good:
            print(done.args, 'exit status', done.returncode)
            print(done.stdout + done.stderr)
            self.failed = True
        print(('ok rules/%s' if good else 'FAILED rules/%s: see above') % name)


def write(folder, name, text):
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as f:
        f.write(text)


def tests(c):
    write(c.folder, 'rules.test.yaml', STORIES)
    done = c.run('test', '--junit', 'junit.xml')
    good = done.returncode == 1 and '1 passed, 1 failed' in done.stdout and 'event.amount = 7999.99' in done.stdout
    c.expect('test-one-fails', good, done)
    root = xml.etree.ElementTree.parse(os.path.join(c.folder, 'junit.xml')).getroot()
    cases = {case.get('name'): case.find('failure') for case in root.iter('testcase')}
    good = root.get('failures') == '1' and cases.get('工资 <8000> & 以上', 0) is None and '7999.99' in cases['差一分'].text
    c.expect('test-junit', good, done)
    done = c.run('test', '--only', '工资')
    c.expect('test-only', done.returncode == 0 and '1 passed, 0 failed, 1 passed over' in done.stdout, done)
    write(c.folder, 'wrong.test.yaml', 'tests: [{name: n, events: [], laeds: []}]\n')
    done = c.run('test', 'wrong.test.yaml')
    c.expect('test-fault', done.returncode == 78 and "wrong.test.yaml:1:31: error: unknown key 'laeds'" in done.stderr and "did you mean 'leads'?" in done.stderr, done)
    for name in ('rules.test.yaml', 'wrong.test.yaml'):
        os.remove(os.path.join(c.folder, name))
    done = c.run('test')
    c.expect('test-none', done.returncode == 0 and 'no tests' in done.stdout, done)


def explains(c):
    done = c.run('replay', '--events', 'events.jsonl', '--profiles', 'customers.jsonl')
    leads = [json.loads(line) for line in done.stdout.splitlines()]
    good = len(leads) > 10
    for lead in leads:
        done = c.run('explain', '--event', lead['event'], '--customer', lead['customer'], '--to-end', '--json')
        good = good and done.returncode == 0 and lead in [json.loads(line).get('lead') for line in done.stdout.splitlines()]
        if not good:
            break
    c.expect('explain-every-lead', good, done)
    event = {'id': 'x', 'type': 'payroll_credit', 'customer': leads[0]['customer'], 'time': '2026-12-01T09:00:00+08:00', 'amount': 8000}
    done = c.run('explain', stdin=json.dumps(event) + '\n')
    c.expect('explain-standard-input', done.returncode == 0 and '1 lead;' in done.stdout, done)
    done = c.run('explain', stdin=json.dumps(dict(event, amount='8000.001')) + '\n')
    c.expect('explain-refused', done.returncode == 1 and 'not_exact' in done.stderr, done)
    done = c.run('explain', '--event', 'nobody')
    c.expect('explain-unknown', done.returncode == 1 and "no event 'nobody'" in done.stderr, done)
    with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as f:
        f.write(json.dumps(dict(event, amount='8000.001')) + '\n')
        f.flush()
        done = c.run('explain', '--event', event['id'], '--events', f.name)
    c.expect('explain-refused-in-the-source', done.returncode == 1 and '1 were refused' in done.stderr and 'check --sample' in done.stderr, done)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        bank = os.path.join(folder, 'bank')
        shutil.copytree(FIRST, bank)
        c = Case(os.path.abspath(sys.argv[1]), bank)
        tests(c)
        explains(c)
    sys.exit(c.failed)


main()
