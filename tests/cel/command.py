"""The command line of `goldhour eval`: what it prints, where, and its exit status. Run by run.py."""
import subprocess

# Name, arguments, standard input, exit status, the whole standard output, a part of standard error.
CHECKS = [
    ("a value", ["1 + 2"], b"", 0, b"3\n", b""),
    ("behind --", ["--", "-1 + 2"], b"", 0, b"1\n", b""),
    ("readable values", ['[1u, 1.0, -2.5e-9, "客\\n", b"a\\xff", null, true, int, {"k": [timestamp(0), duration("-1.5s")]}]'], b"", 0,
     '[1u, 1.0, -2.5e-09, "客\\n", b"a\\xff", null, true, int, {"k": [timestamp("1970-01-01T00:00:00Z"), duration("-1.5s")]}]\n'.encode(), b""),
    ("no numbers", ["[0.0 / 0.0, -1.0 / 0.0]"], b"", 0, b'[double("NaN"), double("-Infinity")]\n', b""),
    ("a decimal bound", ["event.amount * 2 >= 8000.00", "--bind", 'event.amount={"decimal":"4000.00"}'], b"", 0, b"true\n", b""),
    ("a decimal keeps its scale", ["a + 1", "--bind", 'a={"decimal":"7.00"}'], b"", 0, b"8.00\n", b""),
    ("plain JSON bound", ["c.tags[1] + string(c.age)", "--bind", 'c={"tags":["a","vip"],"age":30}'], b"", 0, b'"vip30"\n', b""),
    ("large whole numbers", ["[a, b]", "--bind", "a=18446744073709551615", "--bind", "b=1e3"], b"", 0, b"[18446744073709551615u, 1000.0]\n", b""),
    ("a whole number that would lose digits", ["a", "--bind", "a=18446744073709551616"], b"", 2, b"", b"JSON"),
    ("the later of two of one name", ["a", "--bind", "a=1", "--bind", "a=2"], b"", 0, b"2\n", b""),
    ("a fault with a caret", ["1 + nosuch"], b"", 1, b"", b"^"),
    ("an error", ["1 / 0"], b"", 1, b"", b"error: "),
    ("help", ["--help"], b"", 0, None, b""),
    ("no expression", [], b"", 2, b"", b"--help"),
    ("two expressions", ["1", "2"], b"", 2, b"", b"quotes"),
    ("an unknown option", ["--nosuch"], b"", 2, b"", b"--help"),
    ("a binding without a value", ["1", "--bind", "a"], b"", 2, b"", b"NAME=JSON"),
    ("a binding that is no JSON", ["1", "--bind", "a={"], b"", 2, b"", b"JSON"),
    ("an unknown zone", ["1", "--zone", "Nowhere/Land"], b"", 2, b"", b"zone"),
    ("a file that is not there", ["--cases", "/nonexistent/cases.jsonl"], b"", 1, b"", b"/nonexistent/cases.jsonl"),
    ("no case at all", ["--cases", "-"], b"", 0, b"", b""),
    ("blank lines and CR LF", ["--cases", "-"], b'\r\n{"expr":"1"}\r\n\n  \n{"expr":"2"}', 0, b'{"value":{"int":"1"}}\n{"value":{"int":"2"}}\n', b""),
    ("texts with NUL", ["--cases", "-"], b'{"expr":"x.size()","bindings":{"x":{"string":"a\\u0000b"}}}\n', 0, b'{"value":{"int":"3"}}\n', b""),
    ("pairs of surrogates", ["--cases", "-"], b'{"expr":"x","bindings":{"x":{"string":"\\ud83d\\udc31"}}}\n', 0, '{"value":{"string":"🐱"}}\n'.encode(), b""),
]

# Each is one line with one answer, an error; the line behind them is still answered.
BAD_LINES = [
    b"{", b"nonsense", b"[]", b"1", b"{}", b'{"expr":1}', b'{"expr":"1"} x', b'{"expr":"1","bindings":[]}', b'{"expr":"x","bindings":{"x":1}}', b'{"expr":"x","bindings":{"x":{"int":1}}}',
    b'{"expr":"x","bindings":{"x":{"int":"9223372036854775808"}}}', b'{"expr":"x","bindings":{"x":{"uint":"-1"}}}', b'{"expr":"x","bindings":{"x":{"bytes":"0"}}}',
    b'{"expr":"x","bindings":{"x":{"nosuch":"1"}}}', b'{"expr":"x","bindings":{"x":{"map":[[{"int":"1"}]]}}}', b'{"expr":"x","bindings":{"x":{"timestamp":["0"]}}}',
    b'{"expr":"x","bindings":{"x":{"duration":["9223372036854775807","0"]}}}', b'{"expr":"x","bindings":{"x":{"timestamp":["253402300800","0"]}}}',
    b'{"expr":"x","type_env":{"x":"nosuch"}}', b'{"expr":"\xff"}', b'{"expr":"\\ud800"}', b'{"expr":"a\tb"}', b'{"expr":"01","x":01}', b"[" * 100000, b"\x00", b'{"expr":"1 +"}',
    b'{"expr":"' + b"(" * 100000 + b'"}',
]


def check(program, check_case):
    _, arguments, stdin, status, out, part = check_case
    run = subprocess.run([program, "eval"] + arguments, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode != status:
        return "exit status %d, not %d: %s" % (run.returncode, status, run.stderr.decode(errors="replace"))
    if out is not None and run.stdout != out:
        return "printed %r" % run.stdout
    return None if part in run.stderr else "said %r" % run.stderr


def bad_lines(program):
    lines = b"\n".join(BAD_LINES + [b'{"expr":"1"}']) + b"\n"
    run = subprocess.run([program, "eval", "--cases", "-"], input=lines, stdout=subprocess.PIPE)
    answers = run.stdout.split(b"\n")[:-1]
    if run.returncode or len(answers) != len(BAD_LINES) + 1:
        return "exit status %d, %d answers to %d lines" % (run.returncode, len(answers), len(BAD_LINES) + 1)
    for line, answer in zip(BAD_LINES, answers):
        if not answer.startswith(b'{"error":"'):
            return "%r gave %r" % (line[:80], answer)
    return None if answers[-1] == b'{"value":{"int":"1"}}' else "the last line gave %r" % answers[-1]


def run_checks(program):
    """Passed and failed; a line for each."""
    results = [(case[0], check(program, case)) for case in CHECKS] + [("bad lines do not stop it", bad_lines(program))]
    for name, why in results:
        print("ok command: %s" % name if why is None else "FAILED command: %s: %s" % (name, why))
    failed = sum(why is not None for _, why in results)
    return len(results) - failed, failed
