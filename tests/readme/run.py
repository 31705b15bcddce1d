#!/usr/bin/env python3
"""What README.md tells a newcomer to do works: readme/run.py GOLDHOUR

Its blocks of YAML whose first line names a file are written to that file, and its blocks of sh are run line by line, in order.
"""
import os
import re
import subprocess
import sys
import tempfile

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'README.md')


def blocks():
    with open(README, encoding='utf-8') as f:
        return re.findall(r'^```(sh|yaml)\n(.*?)^```', f.read(), re.M | re.S)


def run_block(goldhour, folder, text):
    """The folder after the block; a command that fails ends the walk."""
    for line in text.splitlines():
        command = line.split('  #')[0].strip()
        if command.startswith('cd '):
            folder = os.path.join(folder, command[3:])
        elif command.startswith('goldhour '):
            done = subprocess.run([goldhour] + command.split()[1:], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            name = 'readme/' + '-'.join(command.split()[1:3])
            if done.returncode != 0:
                print(done.stdout.decode('utf-8', 'replace'))
                print('FAILED %s: exit status %d of `%s`' % (name, done.returncode, command))
                sys.exit(1)
            print('ok ' + name)
    return folder


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as top:
        folder = top
        for kind, text in blocks():
            named = re.match(r'# (\S+\.yaml)\n', text)
            if kind == 'sh':
                folder = run_block(os.path.abspath(sys.argv[1]), folder, text)
            elif named:
                with open(os.path.join(folder, named.group(1)), 'w', encoding='utf-8') as f:
                    f.write(text)
        with open(os.path.join(folder, 'leads.jsonl'), encoding='utf-8') as f:
            leads = f.read().count('\n')
        print('ok readme/leads' if leads else 'FAILED readme/leads: the daemon gave no lead')
        others = [name for name in ('goldhour.db', 'leads.jsonl') if os.stat(os.path.join(folder, name)).st_mode & 0o007]
        print('FAILED readme/rights: anybody may touch %s' % ', '.join(others) if others else 'ok readme/rights')
        sys.exit(0 if leads and not others else 1)


if __name__ == '__main__':
    main()
