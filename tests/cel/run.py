#!/usr/bin/env python3
"""Runs cases of CEL through `goldhour eval --cases` and compares.

usage: run.py GOLDHOUR CASES.jsonl...

A case is a line of JSON as `goldhour eval --cases` reads it, with what must come out:
  {"expr": "1 + 1", "want": {"int": "2"}}
  {"expr": "1 / 0", "want": {"error": "divide by zero"}}                    any error is right
  {"expr": "1 / 0", "want": {"error": ""}, "says": "divide by zero"}        the error's text must contain it
Further keys (file, section, name) say where it stands. Typed values are those of docs/cel.md.
Maps compare without order; doubles by value, and NaN equals NaN.
Ends with `N passed, N failed`; exit status 1 if any failed, 77 if there was nothing to run.
"""
import collections
import json
import math
import os
import subprocess
import sys

SKIPPED = 77


def double(text):
    return float(text)


def canonical(value):
    """A typed value in a form that == compares."""
    if not isinstance(value, dict) or len(value) != 1:
        return ("malformed", json.dumps(value, sort_keys=True))
    kind, inner = next(iter(value.items()))
    if kind == "double":
        number = double(inner)
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
    """What the program answers, a line a case."""
    lines = "".join(json.dumps({k: v for k, v in case.items() if k != "want"}) + "\n" for case in cases)
    run = subprocess.run([program, "eval", "--cases", "-"], input=lines.encode(), stdout=subprocess.PIPE)
    answers = [json.loads(line) for line in run.stdout.decode().splitlines()]
    if run.returncode != 0:
        answers.append({"error": "exit status %d" % run.returncode})
    return answers


def place(path, number, case):
    parts = [case.get(key) for key in ("file", "section", "name") if case.get(key)]
    return "%s:%d%s" % (os.path.basename(path), number, " " + "/".join(parts) if parts else "")


def run_file(program, path):
    """Passed and failed by group; prints what failed."""
    with open(path, encoding="utf-8") as lines:
        cases = [(n, json.loads(line)) for n, line in enumerate(lines, 1) if line.strip()]
    answers = evaluate(program, [case for _, case in cases])
    if len(answers) != len(cases):
        print("%s: %d cases, but %d answers" % (path, len(cases), len(answers)))
    counts = collections.defaultdict(lambda: [0, 0])
    for i, (number, case) in enumerate(cases):
        got = answers[i] if i < len(answers) else {"error": "no answer"}
        ok = holds(case, got)
        counts[case.get("file", "")][0 if ok else 1] += 1
        if not ok:
            print("FAILED %s\n  expr   %s\n  want   %s%s\n  got    %s" % (
                place(path, number, case), case.get("expr"), json.dumps(case["want"], ensure_ascii=False),
                " saying " + case["says"] if "says" in case else "", json.dumps(got, ensure_ascii=False)))
    if len(answers) > len(cases):
        counts["answers"][1] += len(answers) - len(cases)
    return counts


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    program, paths = arguments[0], arguments[1:]
    passed = failed = ran = 0
    for path in paths:
        if not os.path.exists(path):
            print("SKIPPED %s: there is no such file here" % path)
            continue
        ran += 1
        for group, (good, bad) in sorted(run_file(program, path).items()):
            print("%-14s %-18s %4d passed, %d failed" % (os.path.basename(path), group, good, bad))
            passed += good
            failed += bad
    print("%d passed, %d failed" % (passed, failed))
    if failed:
        return 1
    return 0 if ran else SKIPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
