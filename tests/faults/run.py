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
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOOD = ['config/init', 'config/demo', 'config', 'tests/real-bank', 'tests/faults/00-good', 'tests/faults/27-kafka-in-memory', 'tests/faults/28-servers']

BAD = ['04-configuration', '23-kafka', '24-redis', '25-sinks']  # their goldhour.yaml must not fit


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
    kinds = {'goldhour': ['goldhour.yaml'], 'schema': ['schema.yaml'], 'mapping': ['mapping.yaml', 'mappings/*.yaml'], 'rules': ['rules.yaml', 'rules/*.yaml'],
             'tests': ['rules/*.test.yaml']}
    for kind, patterns in kinds.items():
        with open(os.path.join(ROOT, 'config/schema', kind + '.json'), encoding='utf-8') as f:
            validator = jsonschema.Draft202012Validator(json.load(f))
        for path in sorted(p for folder in GOOD for pattern in patterns for p in glob.glob(os.path.join(ROOT, folder, pattern))):
            if path.endswith('.test.yaml') != (kind == 'tests'):
                continue
            with open(path, encoding='utf-8') as f:
                for fault in validator.iter_errors(yaml.load(f, Loader=loader)):
                    yield '%s: %s' % (os.path.relpath(path, ROOT), fault.message)
        for name in BAD if kind == 'goldhour' else []:
            with open(os.path.join(HERE, name, 'goldhour.yaml'), encoding='utf-8') as f:
                if validator.is_valid(yaml.load(f, Loader=loader)):
                    yield '%s: fits, though it is faulty' % name


def check_editor_schemas():
    try:
        found = list(editor_schemas())
    except ImportError as missing:
        print('SKIPPED faults/editor-schemas: python3-%s is absent' % missing.name)
        return 0
    print('\n'.join(found + ['FAILED faults/editor-schemas: a good file does not fit its schema, or a faulty one does' if found else 'ok faults/editor-schemas']))
    return 1 if found else 0


COMMANDS = ['run', 'replay', 'check', 'test', 'eval', 'explain', 'simulate', 'bench', 'init', 'demo', 'dlq', 'profiles', 'rekey']
# arguments, exit status, what is said
USES = [
    ([], 2, 'usage: goldhour COMMAND'), (['--help'], 0, 'usage: goldhour COMMAND'), (['--version'], 0, 'goldhour '), (['help'], 0, 'help options'),
    (['help', 'options'], 0, 'late_limit: 1d'), (['help', 'check'], 0, 'usage: goldhour check'), (['repaly'], 2, "did you mean 'replay'?"),
    (['help', 'nothing'], 2, "there is no command 'nothing'"), (['check', 'goldhour.yaml'], 2, "what is 'goldhour.yaml' for?"),
    (['check', '--config', '/nonexistent/goldhour.yaml'], 78, 'goldhour init DIR'),
    (['init'], 2, 'usage: goldhour init DIR'),
] + [([c, '--help'], 0, 'usage: goldhour ' + c) for c in COMMANDS] + [([c, '--bogus'], 2, 'goldhour %s: unrecognized option' % c) for c in COMMANDS]


def check_uses(goldhour):
    """Every command has its help, and says 2 to what it does not know."""
    failed = 0
    for arguments, status, says in USES:
        done = subprocess.run([goldhour] + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        text = done.stdout.decode('utf-8')
        if done.returncode != status or says not in text:
            failed += 1
            print('goldhour %s: exit %d, not %d; said\n%s' % (' '.join(arguments), done.returncode, status, text))
    print('FAILED faults/uses: %d uses' % failed if failed else 'ok faults/uses')
    return failed


def check_closed(goldhour):
    """Standard streams that the caller closed: their numbers go to nothing else, and the run ends as on an empty stream."""
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, 'bank')
        subprocess.run([goldhour, 'init', project], stdout=subprocess.DEVNULL, check=True, timeout=60)
        path = os.path.join(project, 'goldhour.yaml')
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(re.sub('(?m)^source:.*$', 'source: stdin', text))
        done = subprocess.run(['sh', '-c', '"$0" run --until-end <&- >&- 2>&-', goldhour], cwd=project, timeout=60)
        print('FAILED faults/closed-streams: exit %d' % done.returncode if done.returncode else 'ok faults/closed-streams')
        return 1 if done.returncode else 0


def check_init(goldhour):
    """init writes a project that passes its own check and tests, and never overwrites."""
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, 'my', 'bank')
        said = ''
        for arguments, status in ((['init', project], 0), (['check', '--config', project + '/goldhour.yaml'], 0), (['test', '--config', project + '/goldhour.yaml'], 0),
                                  (['replay', '--config', project + '/goldhour.yaml', '--events', project + '/events.jsonl', '--profiles', project + '/customers.jsonl'], 0), (['init', project], 1)):
            done = subprocess.run([goldhour] + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            said = done.stdout.decode('utf-8')
            if done.returncode != status or (arguments[0] == 'replay' and said.count('"status":"offered"') != 7):
                print('%s\nFAILED faults/init: %s: exit %d' % (said, ' '.join(arguments), done.returncode))
                return 1
    print('ok faults/init')
    return 0


# the secret's file, its mode, whether check says yes, what it says
SECRETS = [
    (b'geheim\n', 0o600, True, ''), (b'geheim', 0o640, True, ''), (b'geheim\n', 0o644, True, "'password_file': everybody on this machine can read 'secret'\n  hint: chmod 600 secret"),
    (b'', 0o600, False, "'password_file': the first line of 'secret' is empty"), (b'\ngeheim\n', 0o600, False, 'the secret is the first line'),
]
KEY = b'-----BEGIN %sPRIVATE KEY-----\nAAAA\n-----END %sPRIVATE KEY-----\n'
# A pair made for this test and nothing else; it is good for a hundred years.
OWN_KEY = b'''-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzhaYy4/AenVw4VEy
spTtUQ/l8ugDJEvQJ/xTjqmHCc6hRANCAATEunSpDsjiKH0aZYlhKEIxco/y3kQO
MQLhNSyuOY6uYGA5x+mu4Lc83dDsLcERW7YnLGtcGoSDxtSCRAEwok30
-----END PRIVATE KEY-----
'''
OWN_CERTIFICATE = b'''-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUcAJrqWp4Cpzv58QFdekh/xvT0GAwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBdDAgFw0yNjExMjkyMTU5MzlaGA8yMTI2MTEwNTIxNTkzOVow
DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMS6dKkOyOIo
fRpliWEoQjFyj/LeRA4xAuE1LK45jq5gYDnH6a7gtzzd0OwtwRFbticsa1wahIPG
1IJEATCiTfSjUzBRMB0GA1UdDgQWBBRdVw2U2dttX6n8C3i+CXXAXHOBPTAfBgNV
HSMEGDAWgBRdVw2U2dttX6n8C3i+CXXAXHOBPTAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIB5AsxWsxwq4Wy2+qqISYDrFKUZx/P6vOMX9u10b09N1
AiEA8a4C6z6jQH8K+4U4wD1hHXcCG0RW9W6IvS7ZSwdrVjs=
-----END CERTIFICATE-----
'''
KEYS = [
    (OWN_KEY, 0o600, True, ''), (OWN_KEY, 0o604, True, "'key': everybody on this machine can read 'key.pem'"),
    (KEY % (b'', b''), 0o600, False, "'tls': the certificates cannot be used: key 'key.pem'"), (b'\x30\x82\x01', 0o600, False, "'key': 'key.pem' is no PEM file"),
    (KEY % (b'ENCRYPTED ', b'ENCRYPTED '), 0o600, False, "'key': 'key.pem' is locked by a password"),
]


def put(path, content, mode=0o600):
    with open(path, 'wb') as f:
        f.write(content)
    os.chmod(path, mode)


def check_secrets(goldhour):
    """Secrets are looked at where they lie, and never shown."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ('schema.yaml', 'rules.yaml'):
            shutil.copy(os.path.join(HERE, '28-servers', name), folder)
        shutil.copy(os.path.join(HERE, 'far.txt'), folder)
        put(os.path.join(folder, 'goldhour.yaml'), b'calendar: far.txt\nschema: schema.yaml\nrules: rules.yaml\nsource: stdin\n'
            b"store: {redis: {url: 'rediss://r', password_file: secret, tls: {cert: cert.pem, key: key.pem}}}\n")
        put(os.path.join(folder, 'cert.pem'), OWN_CERTIFICATE, 0o644)
        for secret, key in [(s, KEYS[0]) for s in SECRETS] + [(SECRETS[0], k) for k in KEYS[1:]]:
            put(os.path.join(folder, 'secret'), *secret[:2])
            put(os.path.join(folder, 'key.pem'), *key[:2])
            done = subprocess.run([goldhour, 'check'], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            said = done.stdout.decode('utf-8')
            quiet = secret[3] or key[3] or 'ok: 1 rules'
            if (done.returncode == 0) != (secret[2] and key[2]) or quiet not in said or 'geheim' in said:
                failed += 1
                print('secret %r, key %r: exit %d; said\n%s' % (secret, key, done.returncode, said))
    print('FAILED faults/secrets: %d ways' % failed if failed else 'ok faults/secrets')
    return failed


def main(arguments):
    write = '--write' in arguments
    goldhour = os.path.abspath([a for a in arguments if a != '--write'][0])
    failed = check_editor_schemas() + check_uses(goldhour) + check_closed(goldhour) + check_init(goldhour) + check_secrets(goldhour)
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
