#!/usr/bin/env python3
"""The rules of the house, held against the tree: tidy/run.py GOLDHOUR

Each check is a function that yields (where, what) for what it finds. ratchet.txt beside this file lists what is tolerated, a line `CHECK WHERE
COUNT` each; more than that fails, and so does less: then the line must be lowered, so that nothing gets worse again.
GOLDHOUR names the build whose libraries are looked into.
"""
import collections
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = [['base'], ['model', 'conf'], ['cel', 'rule', 'state'], ['core'], ['sys'], ['redis', 'kafka'], ['source', 'decode', 'store', 'queue', 'sink'], ['engine', 'http', 'sim'], ['cli']]
PURE = ['base', 'model', 'conf', 'cel', 'rule', 'state', 'core']
FILE_LINES, FUNCTION_LINES, NESTING, PARAMETERS, LINE_CHARACTERS = 800, 70, 3, 5, 200

WORDS = re.compile(r'\b(TODO|FIXME|XXX|(?i:stub(bed)?|not (yet )?implemented|for now|placeholder))\b')
PATHS = re.compile(r'(?<![\w.])/(work|farm|root|home)/[a-z.]+')
FUNCTION_HEAD = re.compile(r'^[A-Za-z_].*\b(\w+)\s*\((.*)\)\s*$', re.S)


def files(*patterns):
    return sorted(os.path.relpath(path, ROOT) for pattern in patterns for path in glob.glob(os.path.join(ROOT, pattern), recursive=True) if os.path.isfile(path))


def text_of(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        return f.read()


def c_files():
    return files('src/**/*.[ch]', 'src/**/*.cc', 'include/**/*.h')


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def bare(text):
    """The text with comments, strings and characters blanked, lines kept."""
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(path):
    """(name, parameters, first line, last line, body) of each function: its braces stand alone in the first column."""
    lines = bare(text_of(path)).split('\n')
    start = None
    for i, line in enumerate(lines):
        if line.startswith('{') and i > 0:
            start = i
        elif line.startswith('}') and start is not None:
            head = start - 1
            while head > 0 and not re.match(r'[A-Za-z_]', lines[head]):
                head -= 1
            found = FUNCTION_HEAD.match('\n'.join(lines[head:start]))
            if found:
                yield found.group(1), found.group(2), head + 1, i + 1, '\n'.join(lines[start:i + 1])
            start = None


def links():
    """room -> the rooms it may include, from the LINKS of CMakeLists.txt, all that follow from them included."""
    direct = {}
    for name, rest in re.findall(r'^gh_(?:room|program)\(([^)]*?) LINKS ([^)]*)\)', text_of('CMakeLists.txt'), re.M):
        direct[name.split()[-1]] = set(re.findall(r'\bgh_(\w+)', rest))
    for _ in direct:
        direct = {room: below.union(*(direct.get(b, set()) for b in below)) for room, below in direct.items()}
    return direct


def layer_of(room):
    return next((i for i, rooms in enumerate(LAYERS) if room in rooms), None)


def check_links():
    """The link lines go down, or stay within a layer."""
    for room, below in links().items():
        for other in sorted(below):
            if layer_of(room) is None or layer_of(other) is None or layer_of(other) > layer_of(room) or other == room:
                yield 'CMakeLists.txt', 'gh_%s links gh_%s' % (room, other)


def check_includes():
    """A room includes only rooms that it links."""
    allowed = links()
    for path in c_files():
        parts = path.split('/')
        room = parts[1] if parts[0] == 'src' else parts[2]
        for n, line in enumerate(text_of(path).split('\n'), 1):
            found = re.match(r'\s*#\s*include\s+"(?:goldhour/(\w+)/|(\.\.))', line)
            if found and (found.group(2) or found.group(1) not in allowed.get(room, set()) | {room}):
                yield path, 'line %d: %s' % (n, line.strip())


def check_pure_headers():
    """Pure rooms include no header of the system's clock, files, sockets or threads."""
    unwanted = re.compile(r'#\s*include\s+<(time\.h|unistd\.h|fcntl\.h|sys/\w+\.h|pthread\.h|locale\.h|signal\.h|uv\.h|sqlite3\.h|iostream|fstream|chrono|thread|random)>')
    for path in files(*('src/%s/*' % room for room in PURE), *('include/goldhour/%s/*' % room for room in PURE)):
        for n, line in enumerate(text_of(path).split('\n'), 1):
            if unwanted.match(line.strip()):
                yield path, 'line %d: %s' % (n, line.strip())


def symbols(library, option):
    done = subprocess.run(['nm', option, library], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return {line.split()[-1] for line in done.stdout.decode().split('\n') if len(line.split()) >= 2}


def libraries(rooms):
    build = os.path.dirname(os.path.abspath(sys.argv[1]))
    return [path for path in (os.path.join(build, 'libgh_%s.a' % room) for room in rooms) if os.path.exists(path)]


def check_pure_symbols():
    """What the pure rooms leave undefined is on the allow-list: no clock, socket, file, random source, environment, locale."""
    with open(os.path.join(HERE, 'pure-symbols.txt'), encoding='utf-8') as f:
        allowed = re.compile('|'.join('(?:%s)' % line.split('#')[0].strip() for line in f if line.split('#')[0].strip()))
    found = libraries(PURE)
    defined = set().union(*(symbols(path, '--defined-only') for path in found))
    for path in found:
        for name in sorted(symbols(path, '--undefined-only') - defined):
            if not allowed.fullmatch(name):
                yield os.path.basename(path), name


def check_prefix():
    """What a library shows to others begins with gh_."""
    for path in libraries([room for rooms in LAYERS for room in rooms]):
        done = subprocess.run(['nm', '-g', '--defined-only', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        for name in sorted({line.split()[2] for line in done.stdout.decode().split('\n') if len(line.split()) == 3 and line.split()[1] in 'TDBR'}):
            if not re.match(r'gh_|_Z|__(odr_asan|asan|ubsan)|_GLOBAL_|DW\.ref', name):
                yield os.path.basename(path), name


def check_file_lines():
    """Files aim at 200 lines and have at most 800."""
    for path in c_files() + files('tests/**/*.[ch]', 'tests/**/*.py'):
        n = text_of(path).count('\n')
        if n > FILE_LINES:
            yield path, '%d lines' % n


def check_function_lines():
    """Functions aim at 15 lines and have at most 70."""
    for path in c_files():
        for name, _, first, last, _ in functions(path):
            if last - first >= FUNCTION_LINES:
                yield path, '%s: %d lines' % (name, last - first + 1)


def check_nesting():
    """At most 3 blocks inside one another."""
    for path in c_files():
        for name, _, _, _, body in functions(path):
            depth, deepest, stack = 0, 0, []
            for found in re.finditer(r'(\)|\belse|\bdo)?\s*\{|\}', body[1:]):
                if found.group(0) == '}':
                    depth -= stack.pop() if stack else 0
                else:
                    stack.append(1 if found.group(1) else 0)
                    depth += stack[-1]
                    deepest = max(deepest, depth)
            if deepest > NESTING:
                yield path, '%s: %d blocks deep' % (name, deepest)


def check_parameters():
    """At most 5 parameters."""
    for path in c_files():
        for name, parameters, _, _, _ in functions(path):
            n = parameters.count(',') + 1 - len(re.findall(r'\([^()]*,[^()]*\)', parameters))
            if n > PARAMETERS:
                yield path, '%s: %d parameters' % (name, n)


def check_line_length():
    """Lines of code stay readable: 140 is the aim, 200 characters the end. Tables and comments of headers count too."""
    for path in c_files():
        for n, line in enumerate(text_of(path).split('\n'), 1):
            if len(line) > LINE_CHARACTERS:
                yield path, 'line %d: %d characters' % (n, len(line))


def check_words():
    """Nothing says that it is missing, and nothing names a path of one machine."""
    for path in c_files() + files('config/**/*', 'deploy/**/*', 'tests/**/*.py', 'tests/**/*.[ch]', 'tests/**/*.sh', 'docs/**/*', '*.md'):
        if path == 'tests/tidy/run.py':
            continue
        for n, line in enumerate(text_of(path).split('\n'), 1):
            found = WORDS.search(line) or PATHS.search(line)
            if found:
                yield path, 'line %d: %s' % (n, found.group(0))


def check_shell():
    """The scripts are sound for a plain POSIX shell."""
    for path in files('deploy/*.sh', 'tests/*.sh', 'tests/*/*.sh'):
        if subprocess.run(['sh', '-n', os.path.join(ROOT, path)], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            yield path, 'sh -n says no'


def check_executable():
    """What says by its first line what runs it can be run so."""
    for path in files('deploy/**/*', 'tests/**/*.py', 'tests/**/*.sh'):
        with open(os.path.join(ROOT, path), 'rb') as f:
            script = f.read(2) == b'#!'
        if script != os.access(os.path.join(ROOT, path), os.X_OK):
            yield path, 'chmod +x' if script else 'executable, without a first line that says by what'


def check_links_in_text():
    """What the manuals point at exists."""
    for path in files('*.md', 'docs/*.md', 'tests/*.md'):
        for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', text_of(path)):
            if not os.path.exists(os.path.join(ROOT, os.path.dirname(path), target)):
                yield path, 'points at %s' % target


def read_ratchet():
    with open(os.path.join(HERE, 'ratchet.txt'), encoding='utf-8') as f:
        rows = [line.split('#')[0].split() for line in f]
    return {(row[0], row[1]): int(row[2]) for row in rows if row}


def checks():
    return sorted((name[6:], f) for name, f in globals().items() if name.startswith('check_'))


def write_ratchet():
    """Writes what is found now as tolerated."""
    with open(os.path.join(HERE, 'ratchet.txt'), 'w', encoding='utf-8') as f:
        f.write('# What is tolerated until it is mended: CHECK WHERE COUNT. It only falls; `tidy/run.py GOLDHOUR --ratchet` writes it anew.\n')
        for name, check in checks():
            for where, n in sorted(collections.Counter(where for where, _ in check()).items()):
                f.write('%s %s %d\n' % (name, where, n))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if sys.argv[2:] == ['--ratchet']:
        write_ratchet()
        return
    ratchet, failed = read_ratchet(), False
    for name, check in checks():
        found = collections.defaultdict(list)
        for where, what in check():
            found[where].append(what)
        wrong = []
        for where in sorted(set(found) | {w for c, w in ratchet if c == name}):
            n, tolerated = len(found[where]), ratchet.get((name, where), 0)
            if n > tolerated:
                wrong += ['  %s: %s' % (where, what) for what in found[where]] + (['  (%d are tolerated)' % tolerated] if tolerated else [])
            elif n < tolerated:
                wrong.append('  ratchet.txt: %s %s can be lowered from %d to %d' % (name, where, tolerated, n))
        if wrong:
            print('\n'.join(wrong))
            print('FAILED tidy/%s: %s' % (name, check.__doc__.split('\n')[0]))
        else:
            print('ok tidy/%s' % name)
        failed = failed or bool(wrong)
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
