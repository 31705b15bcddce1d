#!/usr/bin/env python3
"""The live tests: real Kafka brokers and Redis servers, daemons over them, faults at every joint.

    tests/live/run.py GOLDHOUR [--case PART OF A NAME]… [--long] [--keep]

A file cases_*.py is a group: run in a process of its own, three at a time, its cases (functions of CASES, given a World) one after the other. A broker of Kafka is
shared by all groups; a case that disturbs a broker starts one of its own.
"""
import argparse
import concurrent.futures
import glob
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from kafka import Kafka  # noqa: E402
from kafka_wire import Admin  # noqa: E402
from process import Unavailable, die_with_parent, end_all  # noqa: E402
from world import World  # noqa: E402


class SharedKafka:
    """The broker that all groups share: to be talked to, not to be disturbed."""

    def __init__(self, port):
        self.port, self.brokers, self.admin = port, f"127.0.0.1:{port}", Admin(port)


class NoKafka:
    """Stands for the broker where none can be had: whoever asks anything of it learns why."""

    def __init__(self, why):
        self.why = why

    def __getattr__(self, name):
        raise Unavailable(self.why)


def tell(case, options, kafka, root):
    begun, folder = time.monotonic(), os.path.join(root, case.__name__.replace("_", "-"))
    try:
        with World(options.goldhour, folder, kafka, options) as world:
            case(world)
        print(f"  {case.__name__}: {time.monotonic() - begun:.1f} s\nok {case.__name__}", flush=True)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        return True
    except Unavailable as why:
        print(f"SKIPPED {case.__name__}: {why}", flush=True)
        return True
    except Exception as why:  # whatever went wrong is this case's failure, the others go on
        told = " ".join(str(why).split())
        print("".join(f"  {line}\n" for line in traceback.format_exc().splitlines()[-8:]) + f"FAILED {case.__name__}: {type(why).__name__}: {told[:900]}", flush=True)
        return False
    finally:
        end_all()


def wanted(case, options):
    return (not options.case or any(part in case.__name__ for part in options.case)) and (options.long or not getattr(case, "long", False) or bool(options.case))


def run_group(options):
    group = importlib.import_module(options.group)
    kafka = SharedKafka(int(options.kafka)) if options.kafka.isdigit() else NoKafka(options.kafka)
    good = [tell(case, options, kafka, options.root) for case in group.CASES if wanted(case, options)]
    return 0 if all(good) else 1


def by_itself(name, options, kafka):
    """A group in a process of its own."""
    arguments = [sys.executable, os.path.abspath(__file__), options.goldhour, "--group", name, "--kafka", kafka, "--root", options.root]
    arguments += [word for part in options.case for word in ("--case", part)] + (["--long"] if options.long else []) + (["--keep"] if options.keep else [])
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as run:
        block = ""
        for line in run.stdout:  # a case's lines stand together
            block += line
            if not line.startswith(" "):
                print(block, end="", flush=True)
                block = ""
        said = block + run.stderr.read()
    if said or run.returncode not in (0, 1):
        print("".join(f"  {line}\n" for line in said.splitlines()[-20:]) + f"FAILED {name}: exit status {run.returncode}", flush=True)
    return run.returncode == 0


def groups(options):
    names = sorted(os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, "cases_*.py")))
    some = [(name, importlib.import_module(name)) for name in names]
    return [name for name, group in some if any(wanted(case, options) for case in group.CASES)]


def run_all(options):
    names = groups(options)
    if not names:
        print("no case of that name", file=sys.stderr)
        return 2
    try:
        with Kafka(os.path.join(options.root, "kafka")) as kafka, concurrent.futures.ThreadPoolExecutor(3) as some:
            good = list(some.map(lambda name: by_itself(name, options, str(kafka.port)), names))
    except Unavailable as why:
        good = [by_itself(name, options, str(why)) for name in names]
    return 0 if all(good) else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", action="append", default=[], help="cases whose names contain this")
    parser.add_argument("--long", action="store_true", help="the long cases too")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder, and say where it is")
    parser.add_argument("--group", help=argparse.SUPPRESS)
    parser.add_argument("--kafka", default="", help=argparse.SUPPRESS)
    parser.add_argument("--root", help=argparse.SUPPRESS)
    parser.add_argument("goldhour")
    options = parser.parse_args()
    options.goldhour = os.path.abspath(options.goldhour)
    if options.group:
        return run_group(options)
    options.root = tempfile.mkdtemp(prefix="goldhour-live-")
    try:
        return run_all(options)
    finally:
        end_all()
        if options.keep:
            print(f"  kept: {options.root}")
        else:
            shutil.rmtree(options.root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
