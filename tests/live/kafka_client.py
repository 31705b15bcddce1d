"""Producing and consuming through kcat, as a user would: keys, partitions, headers, null values, topics read to their end."""
import json
import os
import subprocess
import tempfile

from process import TooLate

KEY_END = "\x1f"


class Kcat:
    def __init__(self, brokers, *options):
        """options: of kcat, such as -X name=value for TLS and SASL."""
        self.brokers, self.options = brokers, list(options)

    def run(self, *arguments, seconds=60, **more):
        try:
            run = subprocess.run(["kcat", "-b", self.brokers, *self.options, *arguments], capture_output=True, timeout=seconds, **more)
        except subprocess.TimeoutExpired:
            raise TooLate(f"kcat {' '.join(arguments)}: not within {seconds} s") from None
        if run.returncode:
            raise TooLate(f"kcat {' '.join(arguments)}: {run.stderr.decode(errors='replace')[-500:]}")
        return run.stdout

    def produce(self, topic, value, key=None, partition=None, headers=()):
        """One message; value None is a null value; headers as "name=value"."""
        arguments = ["-P", "-t", topic, *(["-p", str(partition)] if partition is not None else []), *(w for h in headers for w in ("-H", h))]
        if value is None:
            return self.run(*arguments, "-Z", "-K", KEY_END, input=f"{key or ''}{KEY_END}\n".encode())
        arguments += ["-k", key] if key is not None else []
        data = value if isinstance(value, bytes) else value.encode()
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            return self.run(*arguments, f.name)

    def produce_many(self, topic, pairs, partition=None, seconds=600):
        """(key, value) of many messages, in order; lines of text."""
        with tempfile.NamedTemporaryFile("w", suffix=".kafka", encoding="utf-8", newline="") as f:
            f.writelines(f"{key}{KEY_END}{value}\n" for key, value in pairs)
            f.flush()
            self.produce_file(topic, f.name, partition, seconds)

    def produce_file(self, topic, path, partition=None, seconds=600):
        """A file of lines KEY 0x1f VALUE: a million in a few seconds. Keys go to partitions as Java's producer does it (murmur2)."""
        self.run("-P", "-t", topic, "-K", KEY_END, "-l", path, "-X", "topic.partitioner=murmur2_random", "-X", "queue.buffering.max.messages=1000000", "-X", "linger.ms=5",
                 "-X", "enable.idempotence=true", *(["-p", str(partition)] if partition is not None else []), seconds=seconds)

    def read(self, topic, partition=None, begin="beginning", seconds=60):
        """All messages up to the end: dictionaries with partition, offset, ts, key, headers, payload."""
        lines = self.run("-C", "-t", topic, "-o", str(begin), "-e", "-q", "-J", "-X", "fetch.wait.max.ms=20", *(["-p", str(partition)] if partition is not None else []), seconds=seconds).splitlines()
        return [json.loads(line) for line in lines]

    def metadata(self):
        return json.loads(self.run("-L", "-J"))


def murmur2(data):
    """Of Java's producer: which partition a key goes to is murmur2(key) & 0x7fffffff modulo partitions."""
    m, mask = 0x5bd1e995, 0xffffffff
    h = (0x9747b28c ^ len(data)) & mask
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        k ^= k >> 24
        h = (h * m & mask) ^ (k * m & mask)
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h ^= h >> 13
    h = h * m & mask
    return h ^ (h >> 15)


def partition_of(key, partitions):
    return (murmur2(key.encode()) & 0x7fffffff) % partitions


def line_file(path, pairs):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.writelines(f"{key}{KEY_END}{value}\n" for key, value in pairs)
    return os.path.getsize(path)
