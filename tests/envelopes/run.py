#!/usr/bin/env python3
"""Each envelope by its shipped mapping: envelopes/run.py [--write] GOLDHOUR

A folder is a case: goldhour.yaml with a mapping of config/mappings, sample.jsonl (messages as `kcat -J` prints them if its lines have a `payload`), and
expected.txt: what `goldhour check --sample` makes of it. --write puts down what comes out: read it before it is kept.
"""
import difflib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def output(goldhour, folder):
    with open(os.path.join(folder, 'sample.jsonl'), encoding='utf-8') as f:
        form = 'kcat' if '"payload":' in f.readline() else 'lines'
    done = subprocess.run([goldhour, 'check', '--sample', 'sample.jsonl', '--format', form, '--limit', '1000'], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    text = done.stdout.decode('utf-8')
    return text[text.index('\n') + 1:] + 'exit %d\n' % done.returncode if text.startswith('ok: ') else text


def forgotten_format(goldhour):
    """Lines of kcat's read as messages: the program says what is forgotten."""
    done = subprocess.run([goldhour, 'check', '--sample', 'sample.jsonl', '--limit', '0'], cwd=os.path.join(HERE, 'debezium'), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    said = b'say --format kcat' in done.stderr and done.returncode == 1
    print('ok envelopes/forgotten_format' if said else 'FAILED envelopes/forgotten_format: %r' % done.stderr)
    return 0 if said else 1


def main(arguments):
    goldhour = os.path.abspath([a for a in arguments if a != '--write'][0])
    failed = forgotten_format(goldhour)
    for name in sorted(os.listdir(HERE)):
        folder = os.path.join(HERE, name)
        if not os.path.isfile(os.path.join(folder, 'goldhour.yaml')):
            continue
        got, path = output(goldhour, folder), os.path.join(folder, 'expected.txt')
        if '--write' in arguments:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(got)
        with open(path, encoding='utf-8') as f:
            want = f.read()
        if got != want:
            failed += 1
            sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), 'expected', 'said'))
        print('ok envelopes/' + name if got == want else 'FAILED envelopes/%s: the sample gives something else' % name)
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
