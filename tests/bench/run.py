#!/usr/bin/env python3
"""The benchmark counts right: bench/run.py GOLDHOUR

Times are not judged here, they depend on the machine and on the sanitizers; what must come out is exact. Beside a small set of the project's own, the
workload of ../shared/bench-workload is made and its known match counts are compared.
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKLOAD = os.path.join(ROOT, '..', 'shared', 'bench-workload', 'gen.py')
KEYS = {'matches', 'ns_per_event', 'ns_min', 'ns_max', 'load_ms', 'rss_bytes'}


def match(goldhour, conditions, schema, events, *options):
    command = [goldhour, 'bench', 'match', '--conditions', conditions, '--schema', schema, '--events', events, '--json', *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def counts(done):
    assert done.returncode == 0, 'exit %d: %s' % (done.returncode, done.stderr.decode()[-500:])
    report = json.loads(done.stdout)
    assert KEYS <= set(report), 'missing: %s' % (KEYS - set(report))
    assert report['ns_min'] <= report['ns_per_event'] <= report['ns_max'], report
    return report['matches']


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def own(folder):
    schema = write(folder, 'schema.json', json.dumps({'type': 'string', 'amount': 'int', 'rate': 'double', 'vip': 'bool', 'note': 'string', 'at': 'timestamp'}))
    events = [{'type': 'in' if i % 3 else 'out', 'amount': i, 'rate': i, 'vip': i % 2 == 0, 'at': '2026-09-14T09:00:00Z'} for i in range(100)]
    return schema, write(folder, 'events.jsonl', '\n'.join(json.dumps(e) for e in events) + '\n')


def check_own_counts(goldhour, folder):
    """Conditions with and without an equality that could be a bucket; an error is no match; a blank line is nothing."""
    schema, events = own(folder)
    expected = [('type == "in" && amount >= 50', 33), ('type == "out" && vip', 17), ('type == "none"', 0), ('amount < 10', 10), ('rate < 10.5', 11),
                ('note == "x"', 0), ('"in" == type || vip', 83), ('at.getHours() == 9', 100)]
    for condition, n in expected:
        got = counts(match(goldhour, write(folder, 'one.cel', condition + '\n'), schema, events))
        assert got == n, '%s: %d instead of %d' % (condition, got, n)
    everything = write(folder, 'all.cel', '\n\n'.join(c for c, _ in expected) + '\n')
    assert counts(match(goldhour, everything, schema, events)) == sum(n for _, n in expected)
    assert counts(match(goldhour, everything, schema, events, '--limit', '1')) == 5


def check_faults(goldhour, folder):
    """A wrong condition is shown with its line, a wrong event with its own, and nothing is measured."""
    schema, events = own(folder)
    done = match(goldhour, write(folder, 'bad.cel', 'amount > 1\namount > "x"\n'), schema, events)
    assert done.returncode == 78 and b'bad.cel:2:' in done.stderr and not done.stdout, done
    done = match(goldhour, write(folder, 'good.cel', 'amount > 1\n'), schema, write(folder, 'bad.jsonl', '{"amount": 1}\n{"amount": "x"}\n'))
    assert done.returncode == 1 and b'bad.jsonl:2:' in done.stderr and not done.stdout, done


def check_workload(goldhour, folder):
    subprocess.run([sys.executable, WORKLOAD, folder], check=True)
    paths = os.path.join(folder, 'schema.json'), os.path.join(folder, 'features.jsonl')
    for n, limit, expected in ((10, 100000, 437), (1000, 20000, 10648), (10000, 2000, 10690)):
        got = counts(match(goldhour, os.path.join(folder, 'conditions-%d.cel' % n), *paths, '--limit', str(limit)))
        assert got == expected, '%d conditions: %d matches instead of %d' % (n, got, expected)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    failed = False
    for check in (check_own_counts, check_faults, check_workload):
        name = 'bench/' + check.__name__[6:].replace('_', '-')
        if check is check_workload and not os.path.exists(WORKLOAD):
            print('SKIPPED %s: ../shared/bench-workload is not here' % name)
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(os.path.abspath(sys.argv[1]), folder)
                print('ok ' + name, flush=True)
            except AssertionError as e:
                print('FAILED %s: %s' % (name, e), flush=True)
                failed = True
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
