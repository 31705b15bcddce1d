#!/usr/bin/env python3
"""What people write wrong, and what `goldhour check` says of it: faults/run.py [--write] GOLDHOUR

A folder is a case: goldhour.yaml and what it names, and expected.txt: the output, then the exit status. --write puts down what comes out: read
it before it is kept. The cases name a calendar that does not end soon, so that no output depends on the day.
"""
import difflib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def output(goldhour, folder):
    done = subprocess.run([goldhour, 'check'], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    text = done.stdout.decode('utf-8')
    if done.returncode == 0:
        text = text[:text.rindex(', version ')] + '\n'  # the version is a hash: another text, another version
    return text + 'exit %d\n' % done.returncode


def main(arguments):
    write = '--write' in arguments
    goldhour = os.path.abspath([a for a in arguments if a != '--write'][0])
    failed = 0
    for name in sorted(os.listdir(HERE)):
        folder = os.path.join(HERE, name)
        if not os.path.isfile(os.path.join(folder, 'goldhour.yaml')):
            continue
        got = output(goldhour, folder)
        path = os.path.join(folder, 'expected.txt')
        if write:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(got)
        with open(path, encoding='utf-8') as f:
            want = f.read()
        if got == want:
            print('ok faults/' + name)
            continue
        failed += 1
        sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), 'expected', 'said'))
        print('FAILED faults/%s: check says something else' % name)
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
