#!/usr/bin/env python3
"""What people write wrong, and what `goldhour check` says of it: faults/run.py [--write] GOLDHOUR

A folder is a case: goldhour.yaml and what it names, and expected.txt: the output, then the exit status. --write puts down what comes out: read
it before it is kept. The cases name a calendar that does not end soon, so that no output depends on the day.
And the files that are good pass the schemas for editors (config/schema), where python3-jsonschema is there.
"""
import difflib
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOOD = ['config/init', 'config/demo', 'tests/faults/00-good']


def output(goldhour, folder):
    done = subprocess.run([goldhour, 'check'], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    text = done.stdout.decode('utf-8')
    if done.returncode == 0:
        text = text[:text.rindex(', version ')] + '\n'  # the version is a hash: another text, another version
    return text + 'exit %d\n' % done.returncode


def yaml_loader(yaml):
    """YAML as Goldhour reads it: libyaml, and only true and false are bools."""
    class Loader(yaml.CSafeLoader):
        yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver('tag:yaml.org,2002:bool', re.compile('^(true|false)$'), list('tf'))
    Loader.add_implicit_resolver('tag:yaml.org,2002:int', re.compile('^-?[0-9]+$'), list('-0123456789'))
    Loader.add_implicit_resolver('tag:yaml.org,2002:null', re.compile('^(~|null|)$'), ['~', 'n', ''])
    return Loader


def editor_schemas():
    """Holds each good file against its schema; yields what does not fit."""
    import jsonschema
    import yaml
    loader = yaml_loader(yaml)
    for kind, patterns in {'goldhour': ['goldhour.yaml'], 'schema': ['schema.yaml'], 'rules': ['rules.yaml', 'rules/*.yaml'], 'tests': ['rules/*.test.yaml']}.items():
        with open(os.path.join(ROOT, 'config/schema', kind + '.json'), encoding='utf-8') as f:
            validator = jsonschema.Draft202012Validator(json.load(f))
        for path in sorted(p for folder in GOOD for pattern in patterns for p in glob.glob(os.path.join(ROOT, folder, pattern))):
            if path.endswith('.test.yaml') != (kind == 'tests'):
                continue
            with open(path, encoding='utf-8') as f:
                for fault in validator.iter_errors(yaml.load(f, Loader=loader)):
                    yield '%s: %s' % (os.path.relpath(path, ROOT), fault.message)


def check_editor_schemas():
    try:
        found = list(editor_schemas())
    except ImportError as missing:
        print('SKIPPED faults/editor-schemas: python3-%s is absent' % missing.name)
        return 0
    print('\n'.join(found + ['FAILED faults/editor-schemas: a good file does not fit its schema' if found else 'ok faults/editor-schemas']))
    return 1 if found else 0


def main(arguments):
    write = '--write' in arguments
    goldhour = os.path.abspath([a for a in arguments if a != '--write'][0])
    failed = check_editor_schemas()
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
