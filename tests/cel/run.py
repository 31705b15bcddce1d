#!/usr/bin/env python3
"""Runs cases of CEL through `goldhour eval --cases` and compares.

usage: run.py GOLDHOUR [CASES.jsonl...]

Without files: own.jsonl beside this one, the command line (command.py), the examples of docs/cel.md, and
../shared/cel-conformance/cases.jsonl where it is.
A case is a line of JSON as `goldhour eval --cases` reads it, with what must come out:
  {"expr": "1 + 1", "want": {"int": "2"}}
  {"expr": "1 / 0", "want": {"error": "divide by zero"}}                      any error is right
  {"expr": "1 / 0", "want": {"error": ""}, "says": "by zero"}                 the error's text must contain it
Further keys (file, section, name) say where it stands. Typed values are those of docs/cel.md.
Maps compare without order; doubles by value, and NaN equals NaN.
Prints `ok NAME` or `FAILED NAME: why` for each case, a count for each file, and `N passed, N failed`; exit status 1 if any failed.
"""
import collections
import json
import math
import os
import re
import subprocess
import sys

import command

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PUBLIC = os.path.join(os.path.dirname(ROOT), "shared", "cel-conformance", "cases.jsonl")
MANUAL = os.path.join(ROOT, "docs", "cel.md")
EXAMPLE = re.compile(r"`([^`]+)` → (?:`([^`]+)`|an error)")


def canonical(value):
    """A typed value in a form that == compares."""
    if not isinstance(value, dict) or len(value) != 1:
        return ("malformed", json.dumps(value, sort_keys=True))
    kind, inner = next(iter(value.items()))
    if kind == "double":
        number = float(inner)
        return (kind, "nan" if math.isnan(number) else number)
    if kind == "list":
        return (kind, tuple(canonical(item) for item in inner))
    if kind == "map":
        return (kind, frozenset((canonical(key), canonical(item)) for key, item in inner))
    if isinstance(inner, list):
        return (kind, tuple(str(part) for part in inner))
    return (kind, type(inner).__name__, inner)


def holds(case, got):
    want = case["want"]
    if "error" in want:
        return "error" in got and case.get("says", "") in got["error"]
    try:
        return "value" in got and canonical(got["value"]) == canonical(want)
    except (TypeError, ValueError):
        return False


def evaluate(program, cases):
    """What the program answers, one for each case."""
    lines = "".join(json.dumps({k: v for k, v in case.items() if k != "want"}) + "\n" for case in cases)
    run = subprocess.run([program, "eval", "--cases", "-"], input=lines.encode(), stdout=subprocess.PIPE)
    answers = [json.loads(line) for line in run.stdout.decode().splitlines()]
    if run.returncode != 0 or len(answers) != len(cases):
        print("%d cases gave %d answers and exit status %d" % (len(cases), len(answers), run.returncode))
        answers += [{"no answer": "exit status %d" % run.returncode}] * (len(cases) - len(answers))
    return answers[:len(cases)]


def file_cases(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                case = json.loads(line)
                parts = [case[key] for key in ("file", "section", "name") if case.get(key)]
                yield "%s:%d %s" % (os.path.basename(path), number, "/".join(parts)), case


def manual_cases(program):
    """The manual's examples: `EXPR` → `VALUE`, both sides being CEL; quoted in a table, `|` is written `\\|`."""
    found = []
    with open(MANUAL, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            for expr, value in EXAMPLE.findall(line):
                found.append(("cel.md:%d" % number, expr.replace("\\|", "|"), value.replace("\\|", "|")))
    wants = evaluate(program, [{"expr": value or "1 / 0"} for _, _, value in found])
    for (name, expr, value), want in zip(found, wants):
        yield name, {"file": "manual", "expr": expr, "want": want.get("value", {"no value": value}) if value else {"error": ""}}


def run_cases(program, title, cases):
    """Passed and failed; prints a line for each case and a count for each group."""
    answers = evaluate(program, [case for _, case in cases])
    counts = collections.defaultdict(lambda: [0, 0])
    for (name, case), got in zip(cases, answers):
        ok = holds(case, got)
        counts[case.get("file", "")][0 if ok else 1] += 1
        if ok:
            print("ok %s" % name)
            continue
        print("  expr %s\n  want %s%s" % (case.get("expr"), json.dumps(case["want"], ensure_ascii=False),
                                          " saying " + case["says"] if "says" in case else ""))
        print("FAILED %s: got %s" % (name, json.dumps(got, ensure_ascii=False)))
    for group, (good, bad) in sorted(counts.items()):
        print("%-12s %-16s %4d passed, %d failed" % (title, group, good, bad))
    return sum(good for good, _ in counts.values()), sum(bad for _, bad in counts.values())


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    program = arguments[0]
    paths = arguments[1:] or [os.path.join(HERE, "own.jsonl"), PUBLIC]
    totals = [0, 0]
    suites = [] if arguments[1:] else [("manual", lambda: manual_cases(program))]
    for path in paths:
        if os.path.exists(path):
            suites.append((os.path.basename(path), lambda path=path: file_cases(path)))
        else:
            print("SKIPPED %s: no such file here" % os.path.relpath(path, ROOT))
    if not arguments[1:]:
        totals = list(command.run_checks(program))
    for title, cases in suites:
        passed, failed = run_cases(program, title, list(cases()))
        totals = [totals[0] + passed, totals[1] + failed]
    print("%d passed, %d failed" % tuple(totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
