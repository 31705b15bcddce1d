"""What a case works in: a folder, a broker, topics and servers of its own, daemons over them, and the leads that must come out."""
import collections
import json
import os
import subprocess
import time

import bank
from daemon import Daemon, command
from kafka_client import Kcat
from process import TooLate, until
from resp import Refused
from servers import Redis

LIVE_FIELDS = ("stage", "found")  # what the wall clock decides


class Failure(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failure(what)


def plain_content(lead):
    return json.dumps({k: v for k, v in lead.items() if k not in LIVE_FIELDS}, sort_keys=True, ensure_ascii=False)


content = plain_content  # how two leads are compared; a storm of millions compares digests


class World:
    """Made for one case, left with everything ended."""

    def __init__(self, program, folder, kafka, options):
        self.program, self.folder, self.kafka, self.options = program, folder, kafka, options
        os.makedirs(folder)
        self.name = os.path.basename(folder)
        self.topic, self.group, self.stream = f"{self.name}-events", self.name, "leads"
        self.open, self.daemons = [], []
        self.at_ms, self.stretches = bank.now_ms() - 3 * bank.HOUR_MS, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
        for what in reversed(self.open):
            what.__exit__(None, None, None)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def hold(self, server):
        """Starts a server, proxy, … that ends with the case."""
        server.__enter__()
        self.open.append(server)
        return server

    def redis(self, name="redis", **options):
        return self.hold(Redis(self.path(name), **options))

    @property
    def kcat(self):
        return Kcat(self.kafka.brokers)

    # ── configuration ──

    def source(self, **more):
        keys = {"brokers": self.kafka.brokers, "topics": f"[{self.topic}]", "group": self.group, "start": "earliest", "session": "3s"} | more
        return "{kafka: {" + ", ".join(f"{k}: {v}" for k, v in keys.items() if v is not None) + "}}"

    def config(self, redis, folder=None, **more):
        """Kafka to Redis to a stream, where nothing else is said; redis: a server, or the store as text. more: source, sink as text, other options of the file."""
        folder = folder or self.folder
        os.makedirs(folder, exist_ok=True)
        if not os.path.exists(os.path.join(folder, "schema.yaml")):
            bank.write_rules(folder)
        store = redis if isinstance(redis, str) else f"{{redis: {{url: {redis.url}}}}}"
        return bank.write_config(folder, more.pop("source", None) or self.source(), store, more.pop("sink", None) or f"{{redis: {{stream: {self.stream}}}}}", **more)

    def create_topic(self, partitions=4, **config):
        self.kafka.admin.create_topic(self.topic, partitions, **config)

    def stretch(self, n, partitions, **more):
        """(customer, record) of a next stretch of n events, and its ticks."""
        self.stretches += 1
        ahead = self.stretches > 1
        span = 60 * bank.SECOND_MS if ahead else 2 * bank.HOUR_MS
        if ahead:
            self.at_ms = max(self.at_ms, bank.now_ms()) + 20 * bank.SECOND_MS
            more["late_ms"] = (500, 1500, 4000)
        yield from bank.events(self.stretches, n, self.at_ms, span, **more)
        self.at_ms += span + 5 * bank.SECOND_MS
        yield from bank.ticks(self.stretches, self.at_ms, partitions)

    def produce(self, n, **more):
        self.kcat.produce_many(self.topic, self.stretch(n, len(self.kafka.admin.partitions(self.topic)), **more))

    # ── daemons ──

    def daemon(self, *options, folder=None, verb="run"):
        daemon = Daemon(self.program, folder or self.folder, *options, verb=verb).start()
        self.daemons.append(daemon)
        return daemon

    def goldhour(self, *arguments, cwd=None, **more):
        return command(self.program, cwd or self.folder, *arguments, **more)

    # ── leads ──

    def partition_files(self):
        """The records of each partition, as Kafka holds them: {partition: path}."""
        paths = {p: self.path(f"partition-{p}.jsonl") for p in self.kafka.admin.partitions(self.topic)}
        files = {b"%d" % p: open(path, "wb") for p, path in paths.items()}
        arguments = ["kcat", "-b", self.kafka.brokers, "-C", "-t", self.topic, "-o", "beginning", "-e", "-q", "-f", "%p %s\n", "-X", "fetch.wait.max.ms=20"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as kcat:
            for line in kcat.stdout:
                partition, record = line.split(b" ", 1)
                files[partition].write(record)
        for f in files.values():
            f.close()
        expect(kcat.returncode == 0, f"kcat ended with {kcat.returncode}")
        return paths

    def expected(self, until_ms=None, folder=None):
        """{id: content} of the leads of the undisturbed run: each partition replayed apart."""
        more = ["--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((until_ms or bank.now_ms()) / 1000))]
        leads = {}
        for path in self.partition_files().values():
            out = command(self.program, folder or self.folder, "replay", "--events", path, *more, seconds=600)
            for line in out.splitlines():
                lead = json.loads(line)
                leads[lead["id"]] = content(lead)
        expect(len(leads) >= self.few, f"only {len(leads)} leads are expected")
        return leads

    few = 50  # fewer expected leads than this would prove nothing

    def entries(self, redis, stream=None):
        """[(id field, lead)] of the stream, in its order."""
        stream = stream or self.stream
        with redis.client_for(stream) as client:
            return [(f["id"], json.loads(f["lead"])) for _, f in client.stream(stream)]

    def length(self, redis, stream=None):
        stream = stream or self.stream
        try:
            with redis.client_for(stream) as client:
                return client("XLEN", stream)
        except (OSError, ConnectionError, Refused, AttributeError):
            return -1

    def wait_for_leads(self, redis, count, seconds=60):
        until(lambda: self.length(redis) >= count or self.ended(), f"{count} leads in the stream", seconds, 0.05)

    def ended(self):
        """A daemon that ended by itself is a failure, told by its last words."""
        for daemon in self.daemons:
            if not daemon.stopping and daemon.process.poll() not in (None, 0, -9):
                raise Failure(f"{daemon.name} ended with {daemon.process.returncode}: {daemon.text()[-1200:]}")
        return False

    def assert_leads(self, redis, expected, seconds=60, calm=0.7):
        """The stream comes to hold the expected leads, each once, and nothing else within a calm moment after."""
        why = None
        try:
            self.wait_for_leads(redis, len(expected), seconds)
        except TooLate as late:
            why = f"{late}: "
        time.sleep(calm)
        self.compare(self.entries(redis), expected, why or "")

    @staticmethod
    def compare(entries, expected, why=""):
        twice = [i for i, n in collections.Counter(i for i, _ in entries).items() if n > 1]
        ours = {i: content(lead) for i, lead in entries}
        missing, extra = expected.keys() - ours.keys(), ours.keys() - expected.keys()
        other = [i for i in ours.keys() & expected.keys() if ours[i] != expected[i]]
        expect(all(lead["id"] == i for i, lead in entries), "the field id is not the lead's")
        if twice or missing or extra or other:
            shown = [expected[i] for i in sorted(missing)[:2]] + [ours[i] for i in sorted(extra)[:2]] + [f"{ours[i]} for {expected[i]}" for i in other[:1]]
            raise Failure(f"{why}of {len(expected)} leads {len(missing)} missing, {len(extra)} extra, {len(twice)} twice, {len(other)} of other content: " + " | ".join(shown))
