#!/usr/bin/env python3
"""Compares `goldhour replay` with the recount, over random cases: run.py GOLDHOUR [--seeds A..B] [--customers N] [--days D] [--shrink] [--big] [--daemon]
[--keep DIR]

First the recount itself is held against the golden cases. Then each seed is generated (generate.py), recounted (recount.py) and replayed; then once more
with every event twice and, in calm cases, shuffled within the lateness, where the leads must also be those of the undisturbed order. --shrink makes a
failing case small. --big: thousands of customers.
--daemon compares `goldhour run --until-end` instead, in small batches, killed a few times on the way.
"""
import argparse
import importlib.util
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cel
import recount
from generate import Case

spec = importlib.util.spec_from_file_location('golden_run', os.path.join(os.path.dirname(HERE), 'golden', 'run.py'))
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)


def read_args(folder):
    path = os.path.join(folder, 'args')
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as f:
        return f.read().split()


def recounted(folder):
    """The leads by the recount, as the golden runner compares them."""
    args = read_args(folder)
    until = cel.parse_timestamp_ns(args[1]) // 10**6 if args else None
    at = lambda name: os.path.join(folder, name)
    leads, _ = recount.recount(at('goldhour.yaml'), at('events.jsonl'), at('customers.jsonl') if os.path.exists(at('customers.jsonl')) else None, until)
    return sorted(leads, key=golden.key)


def run_daemon(goldhour, folder, seed):
    """(leads, error) of `goldhour run --until-end`, killed at random moments, then left to its end."""
    rng = random.Random(seed)
    with open(os.path.join(folder, 'goldhour.yaml'), 'a', encoding='utf-8') as f:
        f.write('batch_events: %d\n' % rng.choice([1, 3, 17, 64]))
    command = [goldhour, 'run', '--config', os.path.join(folder, 'goldhour.yaml'), '--until-end']
    for _ in range(rng.randint(0, 4)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0.01, 0.25))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        return None, 'exit %d: %s' % (done.returncode, done.stderr.decode('utf-8', 'replace')[-2000:])
    with open(os.path.join(folder, 'out.jsonl'), encoding='utf-8') as f:
        return golden.read_leads(f.read()), None


def compare_daemon(goldhour, folder, seed):
    got, error = run_daemon(goldhour, folder, seed)
    if os.path.exists(os.path.join(folder, 'args')):
        os.remove(os.path.join(folder, 'args'))  # --until is for replay alone
    return ['  ' + error] if error else golden.differences(recounted(folder), got)


def compare(goldhour, folder):
    """Lines of differences; none: the same leads."""
    got, error = golden.replay(goldhour, folder, read_args(folder))
    return ['  ' + error] if error else golden.differences(recounted(folder), got)


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read().split('\n')


def write(path, lines):
    with open(path, 'w', encoding='utf-8', newline='\n') as f:
        f.write('\n'.join(lines))


def rule_blocks(lines):
    """The lines of rules.yaml as pieces that can be left out: one a rule."""
    out = []
    for line in lines:
        if line.startswith('  - id:') or not out or not line.startswith('    '):
            out.append([])
        out[-1].append(line)
    return out


def fewer(pieces, failing):
    """The smallest part of a list of pieces, by leaving out ever smaller stretches, that still fails."""
    width = max(1, len(pieces) // 2)
    while True:
        at = 0
        while at < len(pieces):
            tried = pieces[:at] + pieces[at + width:]
            if failing(tried):
                pieces = tried
            else:
                at += width
        if width == 1:
            return pieces
        width = max(1, width // 2)


def shrink(goldhour, folder):
    """Makes the files of a failing case small, in place."""
    def failing_with(name, lines):
        before = read(os.path.join(folder, name))
        write(os.path.join(folder, name), lines)
        try:
            wrong = compare(goldhour, folder)
        except Exception:
            wrong = []
        if not wrong or 'exit 78' in wrong[0]:
            write(os.path.join(folder, name), before)
            return False
        return True
    for _ in range(2):
        for name in sorted(n for n in os.listdir(folder) if n.startswith(('rules', 'more-'))):
            fewer(rule_blocks(read(os.path.join(folder, name))), lambda b: failing_with(name, [line for block in b for line in block]))
        for name in ('events.jsonl', 'customers.jsonl'):
            fewer(read(os.path.join(folder, name)), lambda lines: failing_with(name, lines))


def report(goldhour, folder, name, wrong, options):
    if options.shrink and not options.daemon:
        shrink(goldhour, folder)
        wrong = compare(goldhour, folder)
    for line in wrong[:12]:
        print(line)
    if options.shrink:
        for file in sorted(set(os.listdir(folder)) - {'schema.yaml'}):
            print('  -- ' + file)
            print('\n'.join('  ' + line for line in read(os.path.join(folder, file)) if line))
    if options.keep:
        kept = os.path.join(options.keep, name)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept)
        print('  kept in ' + kept)
    print('FAILED oracle/%s: the leads differ' % name, flush=True)


def run_seed(goldhour, seed, options):
    """True if all variants of a seed give the leads of the recount."""
    case, base = Case(seed, options.customers, options.days), None
    for variant, lines in (('', case.variant(False, False)), ('-twice', case.variant(case.calm, True))):
        name = '%sseed-%d%s' % (options.kind, seed, variant + ('-shuffled' if variant and case.calm else ''))
        folder = tempfile.mkdtemp(prefix='goldhour-oracle-')
        try:
            case.write(folder, lines)
            leads = recounted(folder)
            if case.calm and base is not None and golden.differences(base, [dict(lead, id=str(i)) for i, lead in enumerate(leads)]):
                print('FAILED oracle/%s: the recount itself depends on the order of arrival' % name, flush=True)
                return False
            base = leads
            wrong = compare_daemon(goldhour, folder, seed) if options.daemon else compare(goldhour, folder) if goldhour else []
            if wrong:
                report(goldhour, folder, name, wrong, options)
                return False
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print('ok oracle/%sseed-%d (%d leads)' % (options.kind, seed, len(leads)), flush=True)
    return True


def recount_golden():
    """How many golden cases the recount itself gets wrong."""
    failed = 0
    for name in sorted(n for n in os.listdir(golden.HERE) if os.path.exists(os.path.join(golden.HERE, n, 'leads.jsonl'))):
        folder = os.path.join(golden.HERE, name)
        with open(os.path.join(folder, 'leads.jsonl'), encoding='utf-8') as f:
            wrong = golden.differences(golden.read_leads(f.read()), [dict(lead, id=i) for i, lead in enumerate(recounted(folder))])
        failed += bool(wrong)
        print(''.join(line + '\n' for line in wrong), end='')
        print('FAILED oracle/golden-%s: the recount differs' % name if wrong else 'ok oracle/golden-' + name, flush=True)
    return failed


def run_seeds(goldhour, seeds, options):
    """How many failed."""
    options.kind = 'daemon-' if options.daemon else ''
    first, _, last = seeds.partition('..')
    return sum(not run_seed(goldhour, seed, options) for seed in range(int(first), int(last or first) + 1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('goldhour', help='the program; `-` recounts alone')
    parser.add_argument('--seeds', help='1..100 and, by the daemon, 1..8')
    parser.add_argument('--customers', type=int, default=4)
    parser.add_argument('--days', type=int, default=6)
    parser.add_argument('--shrink', action='store_true')
    parser.add_argument('--big', action='store_true')
    parser.add_argument('--daemon', action='store_true')
    parser.add_argument('--keep', help='a folder for failing cases')
    options = parser.parse_args()
    if options.big:
        options.customers, options.days = 3000, 12
        options.seeds = options.seeds or '1001..1002'
    goldhour = None if options.goldhour == '-' else os.path.abspath(options.goldhour)
    failed = recount_golden() if not options.seeds else 0
    failed += run_seeds(goldhour, options.seeds or '1..100', options)
    if not options.seeds and goldhour:
        options.daemon = True
        failed += run_seeds(goldhour, '1..8', options)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
