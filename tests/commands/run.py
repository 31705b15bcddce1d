#!/usr/bin/env python3
"""What profiles and dlq print and do, without a server: commands/run.py GOLDHOUR"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

T1, T2, T3 = "2026-03-02T00:00:00+08:00", "2026-03-03T00:00:00+08:00", "2026-03-04T00:00:00+08:00"


class Failure(Exception):
    pass


def expect(found, wanted, what):
    if found != wanted:
        raise Failure("%s: %s, not %s" % (what, json.dumps(found, ensure_ascii=False)[:600], json.dumps(wanted, ensure_ascii=False)[:600]))


class Bank:
    """A folder with the project that `goldhour init` writes."""

    def __init__(self, goldhour, folder):
        self.goldhour, self.folder = goldhour, folder
        self.run("init", "bank", cwd=folder)
        self.folder = os.path.join(folder, "bank")

    def run(self, *arguments, status=0, cwd=None, stdin=""):
        done = subprocess.run([self.goldhour, *arguments], cwd=cwd or self.folder, input=stdin.encode(), capture_output=True, timeout=60, check=False)
        self.said = done.stderr.decode()
        if done.returncode != status:
            raise Failure("goldhour %s: exit %d, not %d: %s" % (" ".join(arguments), done.returncode, status, self.said[-800:]))
        return done.stdout.decode()

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as f:
            return f.read()

    def profiles(self, *lines, file="people.jsonl", **options):
        """The events that come of these lines; of CSV where the file is so named."""
        status = options.pop("status", 0)
        self.write(file, "".join((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n" for line in lines))
        more = [word for name, value in options.items() for word in (("--" + name.replace("_", "-"),) if value is True else ("--" + name.replace("_", "-") + "=" + value,))]
        return [json.loads(line) for line in self.run("profiles", file, *more, status=status).splitlines()]


def person(n, **fields):
    return {"customer": "C%d" % n, "name": "客户%d" % n, "age": 30 + n, "aum": "100.50"} | fields


def an_event_a_customer(bank):
    found = bank.profiles(person(1), person(2, tags=["vip"]), time=T1)
    expect([{k: v for k, v in e.items() if k != "id"} for e in found], [
        {"type": "customer", "customer": "C1", "time": 1772380800000, "name": "客户1", "age": 31, "aum": "100.50"},
        {"type": "customer", "customer": "C2", "time": 1772380800000, "name": "客户2", "age": 32, "aum": "100.50", "tags": ["vip"]}], "events")
    expect(found, bank.profiles(person(1), person(2, tags=["vip"]), time="2026-03-01T16:00:00Z"), "the same time, written otherwise, gives the same ids")
    other = bank.profiles(person(1, age=77), person(2, tags=["vip"]), time=T1)
    expect((other[0]["id"] != found[0]["id"], other[1]["id"] == found[1]["id"]), (True, True), "a corrected file is not taken for a repeat")


def they_are_events(bank):
    """What is printed is read as canonical events."""
    lines = bank.profiles(*(person(n) for n in range(50)), time=T1)
    bank.write("events.jsonl", "".join(json.dumps(e) + "\n" for e in lines))
    bank.run("replay", "--events", "events.jsonl", "--stats")
    expect("refused" in bank.said, False, "refused")


def csv(bank):
    found = bank.profiles("customer,name,age,aum,staff,tags", 'C1,"王,芳",36,186500.00,false,wealth|vip', "C2,,,1.00,,", file="people.csv", time=T1)
    expect([(e["customer"], e.get("name"), e.get("tags")) for e in found], [("C1", "王,芳", ["wealth", "vip"]), ("C2", None, None)], "CSV")
    found = bank.profiles("customer,nme,age", "C1,王芳,36", file="PEOPLE.CSV", time=T1)
    expect(("PEOPLE.CSV: warning: column 'nme' is passed over" in bank.said, found[0]["age"]), (True, 36), "a column of no field is told: " + bank.said[-300:])


def through_the_mapping(bank):
    """The bank's own columns, in its own encoding."""
    bank.write("mapping.yaml", "encoding: gb18030\nprofiles: {customer: /CUST_NO, fields: {name: /CUST_NAME, aum: /AUM}}\n")
    bank.write("goldhour.yaml", bank.read("goldhour.yaml") + "\nmapping: mapping.yaml\n")
    with open(os.path.join(bank.folder, "people.csv"), "wb") as f:
        f.write("CUST_NO,CUST_NAME,AUM,OTHER\nC1,王芳,186500.00,x\nC2,㐂,1,y\n".encode("gb18030"))
    found = [json.loads(line) for line in bank.run("profiles", "people.csv", "--time", T1).splitlines()]
    expect([(e["customer"], e["name"], e["aum"]) for e in found], [("C1", "王芳", "186500.00"), ("C2", "㐂", "1.00")], "mapped")


def unchanged_customers_are_skipped(bank):
    people = [person(n) for n in range(200)]
    expect(len(bank.profiles(*people, time=T1, state="s")), 200, "first night")
    expect(bank.profiles(*people[::-1], time=T2, state="s"), [], "nothing changed")
    people[7]["age"] = 99
    people.append(person(1000))
    expect([e["customer"] for e in bank.profiles(*people, time=T3, state="s")], ["C7", "C1000"], "one changed, one new")
    expect(len(bank.profiles(*people, time=T3, state="s", full=True)), 201, "--full")
    expect("201 customers read, 201 sent, 0 unchanged" in bank.said, True, bank.said)


def a_field_left_out_is_removed(bank):
    bank.profiles(person(1), person(2), time=T1, state="s")
    short = {"customer": "C1", "name": "客户1"}
    found = bank.profiles(short, person(2), person(3, age=None), time=T2, state="s")
    expect([(e["customer"], e.get("age", "absent"), e.get("aum", "absent")) for e in found], [("C1", None, None), ("C3", None, "100.50")], "removed")
    expect([e["customer"] for e in bank.profiles(short, person(2), person(3, age=None), time=T3, state="s")], [], "once")


def customers_that_are_gone(bank):
    people = [person(n) for n in range(40)]
    bank.profiles(*people, time=T1, state="s")
    expect(bank.profiles(*people[2:], time=T2, state="s"), [], "left alone")
    expect("2 known but not in the file: left as they are" in bank.said, True, bank.said)
    found = bank.profiles(*people[2:], time=T3, state="s", forget_missing=True)
    expect([(e["customer"], e["forget"]) for e in found], [("C0", True), ("C1", True)], "forgotten")
    expect(bank.profiles(*people[2:], time=T3, state="s", forget_missing=True), [], "once")
    bank.profiles(*people[:10], time=T3, state="s", forget_missing=True, status=1)
    expect("nobody was forgotten" in bank.said, True, "a file cut short: " + bank.said)
    bank.profiles(*people[3:], '{"customer": "C2", "age": "x"}', time=T3, state="s", forget_missing=True, status=1)
    expect("nobody was forgotten" in bank.said, True, "a refused line is no missing customer: " + bank.said)


def refused_lines_are_told(bank):
    found = bank.profiles(person(1), '{"customer": "C2", "age": "forty"}', "{", person(3), time=T1, state="s", status=1)
    expect([e["customer"] for e in found], ["C1", "C3"], "the others are sent")
    expect(("people.jsonl:2: refused: wrong_type" in bank.said, "people.jsonl:3: refused: bad_json" in bank.said, "2 lines refused" in bank.said), (True,) * 3, bank.said)
    expect("forty" in bank.said, False, "a value is shown")


def two_lines_of_a_customer(bank):
    found = bank.profiles(person(1, age=1), person(1, age=2), time=T1)
    expect(sorted(found, key=lambda e: e["id"]), found, "in the order of their ids")


def wrong_uses(bank):
    bank.write("people.jsonl", "")
    for arguments, says in [(["people.jsonl"], "--time TIME"), (["people.jsonl", "--time", "2026-03-02"], "--time wants"), (["--time", T1], "which file?"),
                            (["people.jsonl", "--time", T1, "--to", "nowhere"], "--to wants"), (["people.jsonl", "--time", T1, "--forget-missing"], "--state")]:
        bank.run("profiles", *arguments, status=2)
        expect(says in bank.said, True, bank.said)
    bank.run("profiles", "people.jsonl", "--time", T1, "--to", "kafka", status=1)
    expect("source is kafka" in bank.said, True, bank.said)
    bank.run("profiles", "nothing.jsonl", "--time", T1, status=1)
    bank.write("other", "not a state")
    bank.run("profiles", "people.jsonl", "--time", T1, "--state", "other", status=1)
    expect(bank.read("other"), "not a state", "another file is left alone")
    bank.run("rekey", status=2)
    bank.run("rekey", "--to", "events", status=78)


GOOD = {"id": "e1", "type": "transfer_in", "customer": "C001", "time": "2026-09-16T20:00:00+08:00", "amount": 50000}
BAD = ['{"id": "secret-1"', json.dumps(GOOD | {"id": "e2", "amount": "many"}), json.dumps(GOOD | {"id": "e3", "amount": "lots"})]


def dead_letters(bank):
    """Listed, filtered, shown masked, printed again to be appended, dropped."""
    bank.write("events.jsonl", "\n".join([json.dumps(GOOD), *BAD]) + "\n")
    bank.run("run", "--until-end")
    letters = [json.loads(line) for line in bank.run("dlq", "list", "--json").splitlines()]
    expect([(e["number"], e["reason"], e["input"], e["record"]) for e in letters],
           [("1", "bad_json", "events", 2), ("2", "wrong_type", "events", 3), ("3", "wrong_type", "events", 4)], "list")
    expect([line.split("\t")[0] for line in bank.run("dlq", "list", "--reason", "wrong_type", "--limit", "1").splitlines()], ["2"], "filters")
    expect(bank.run("dlq", "list", "--since", "2100-01-01T00:00:00Z"), "", "--since")
    expect(("many" in bank.run("dlq", "show", "2"), "many" in bank.run("dlq", "show", "2", "--json")), (False, False), "masked")
    expect(bank.run("dlq", "show", "2", "--raw"), BAD[1] + "\n", "--raw")
    expect(json.loads(bank.run("dlq", "show", "2", "--json", "--raw"))["raw"], BAD[1], "--json --raw")
    bank.run("dlq", "show", "9", status=1)
    for arguments in (["replay"], ["drop"], ["show"], ["show", "x"], ["list", "1"], ["drop", "--all", "1"], ["burn"], []):
        bank.run("dlq", *arguments, status=2)
    expect(bank.run("dlq", "replay", "1", "3", "--keep"), BAD[0] + "\n" + BAD[2] + "\n", "--keep")
    expect(len(bank.run("dlq", "list").splitlines()), 3, "kept")
    expect(bank.run("dlq", "replay", "--reason", "wrong_type", "--limit", "1"), BAD[1] + "\n", "replay")
    expect(bank.run("dlq", "list", "--json").count("\n"), 2, "sent again, then dropped")
    bank.run("dlq", "drop", "1", "77", status=1)
    expect("1 of these 2" in bank.said and "1 dropped" in bank.said, True, bank.said)
    bank.run("dlq", "drop", "--all")
    expect(bank.run("dlq", "list"), "", "all dropped")


def dead_letters_that_are_full(bank):
    """Beyond the bound place and reason alone are kept, and the log says of how many."""
    bank.write("goldhour.yaml", bank.read("goldhour.yaml") + "dead_letter_bytes: 400B\n")
    bank.write("events.jsonl", "".join(BAD[1] + "\n" for _ in range(5)))
    bank.run("run", "--until-end")
    said = bank.said
    kept = [bank.run("dlq", "show", str(n + 1), "--raw") != "\n" for n in range(5)]
    expect((kept[0], kept[4]), (True, False), "what is kept")
    expect(f"the dead letters are full: of refused records place and reason alone were kept; raise dead_letter_bytes, or empty them with dlq\" partition=0 records={kept.count(False)}"
           in said, True, said[-900:])
    bank.run("dlq", "replay", "5", status=1)
    expect("5 stays: the record itself was not kept" in bank.said, True, bank.said)


def a_terminal_is_told_nothing(bank):
    """What a record calls its fields may be meant for the terminal of whoever looks."""
    bank.write("events.jsonl", '{"id": "e1", "\x7f": 2, "\x9b31m": 3, "字段": 4' + "\n")
    bank.run("run", "--until-end")
    shown = bank.run("dlq", "show", "1")
    expect([c for c in shown if (c < " " and c not in "\t\n") or "\x7f" <= c < "\xa0"], [], "control characters")
    expect("字段" in shown, True, shown)


def mended_and_sent_again(bank):
    """A schema that was wrong is mended, the dead letters are appended to the source, and become events."""
    read = {"id": "e9", "type": "article_read", "customer": "C001", "time": "2026-09-16T20:00:00+08:00", "topic": "wealth"}
    bank.write("events.jsonl", json.dumps(GOOD | {"amount": "x"}) + "\n" + json.dumps(read) + "\n")
    bank.run("run", "--until-end")
    expect([json.loads(line)["reason"] for line in bank.run("dlq", "list", "--json").splitlines()], ["wrong_type", "missing_field"], "refused")
    bank.write("schema.yaml", bank.read("schema.yaml").replace("seconds: int}", "seconds: int?}"))
    bank.write("events.jsonl", bank.read("events.jsonl") + bank.run("dlq", "replay", "2"))
    bank.run("run", "--until-end")
    expect("events=1 " in bank.said and "refused=2 " in bank.said, True, bank.said[-600:])
    expect([json.loads(line)["number"] for line in bank.run("dlq", "list", "--json").splitlines()], ["1"], "the other one stays")


CANAL = """\
events:
  envelope: canal
  customer: /cust
  entries: [{type: transfer_in, table: core.txn, fields: {amount: /amt}}]
"""


def rows_of_one_message(bank):
    """Each row that is refused is a letter; the message is sent again once, and all of its letters are done with."""
    bank.write("mapping.yaml", CANAL)
    bank.write("goldhour.yaml", bank.read("goldhour.yaml") + "mapping: mapping.yaml\n")
    row = {"no": "1", "cust": "C001", "amt": "much"}
    message = json.dumps({"id": 1, "database": "core", "table": "txn", "pkNames": ["no"], "isDdl": False, "type": "INSERT", "es": 1789560000000, "ts": 1789560000000,
                          "data": [row | {"no": "%d" % n} for n in range(5)], "old": None})
    bank.write("events.jsonl", message + "\n" + message.replace("much", "more") + "\n")
    bank.run("run", "--until-end")
    letters = [json.loads(line) for line in bank.run("dlq", "list", "--json").splitlines()]
    expect([e["reason"] for e in letters], ["wrong_type"] * 10, "refused")
    expect(bank.run("dlq", "replay", "--all"), message + "\n" + message.replace("much", "more") + "\n", "each message once")
    expect(bank.run("dlq", "list"), "", "all of them are dropped")


CASES = [an_event_a_customer, they_are_events, csv, through_the_mapping, unchanged_customers_are_skipped, a_field_left_out_is_removed, customers_that_are_gone, refused_lines_are_told,
         two_lines_of_a_customer, wrong_uses, dead_letters, dead_letters_that_are_full, a_terminal_is_told_nothing, mended_and_sent_again, rows_of_one_message]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    failed = 0
    for case in CASES:
        folder = tempfile.mkdtemp(prefix="goldhour-commands-")
        try:
            case(Bank(os.path.abspath(sys.argv[1]), folder))
            print("ok commands/" + case.__name__)
        except Failure as why:
            failed += 1
            print("FAILED commands/%s: %s" % (case.__name__, " ".join(str(why).split())))
        finally:
            shutil.rmtree(folder)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
