"""The few administrative requests of Kafka's protocol that tests need and kcat does not have: topics, records deleted, offsets and groups."""
import socket
import struct

LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, DESCRIBE_GROUPS = 2, 3, 8, 9, 10, 15
CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS, CREATE_PARTITIONS = 19, 20, 21, 37
TOPIC_EXISTS = 36


class KafkaError(Exception):
    pass


def text(value):
    if value is None:
        return struct.pack(">h", -1)
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        size = struct.calcsize(">" + form)
        self.at += size
        return struct.unpack(">" + form, self.data[self.at - size:self.at])[0]

    def text(self):
        n = self.number("h")
        if n < 0:
            return None
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def bytes(self):
        n = self.number("i")
        self.at += max(n, 0)
        return self.data[self.at - n:self.at] if n >= 0 else None

    def array(self, one):
        return [one() for _ in range(self.number("i"))]


def check(code, what):
    if code:
        raise KafkaError(f"{what}: error {code}")


class Admin:
    """One connection to one broker, which is the cluster."""

    def __init__(self, port, host="127.0.0.1"):
        self.address = (host, port)
        self.count = 0

    def ask(self, api, version, body):
        self.count += 1
        request = struct.pack(">hhi", api, version, self.count) + text("goldhour-tests") + body
        with socket.create_connection(self.address, 20) as s:
            s.sendall(struct.pack(">i", len(request)) + request)
            with s.makefile("rb") as f:
                size = struct.unpack(">i", f.read(4))[0]
                reply = Reader(f.read(size))
        reply.number("i")
        return reply

    def create_topic(self, name, partitions=1, **config):
        """config: the topic's settings, `_` for `.`."""
        settings = [text(k.replace("_", ".")) + text(str(v)) for k, v in config.items()]
        topic = text(name) + struct.pack(">ih", partitions, 1) + array([]) + array(settings)
        r = self.ask(CREATE_TOPICS, 2, array([topic]) + struct.pack(">i?", 15000, False))
        r.number("i")
        for _, code, why in r.array(lambda: (r.text(), r.number("h"), r.text())):
            if code != TOPIC_EXISTS:
                check(code, f"create {name}: {why}")

    def delete_topic(self, name):
        r = self.ask(DELETE_TOPICS, 1, array([text(name)]) + struct.pack(">i", 15000))
        r.number("i")
        r.array(lambda: check((r.text(), r.number("h"))[1], f"delete {name}"))

    def grow_topic(self, name, partitions):
        body = array([text(name) + struct.pack(">ii", partitions, -1)]) + struct.pack(">i?", 15000, False)
        r = self.ask(CREATE_PARTITIONS, 1, body)
        r.number("i")
        r.array(lambda: check((r.text(), r.number("h"), r.text())[1], f"grow {name}"))

    def delete_records(self, topic, before):
        """before: {partition: first offset that stays}."""
        parts = [struct.pack(">iq", p, offset) for p, offset in before.items()]
        r = self.ask(DELETE_RECORDS, 1, array([text(topic) + array(parts)]) + struct.pack(">i", 15000))
        r.number("i")
        r.array(lambda: (r.text(), r.array(lambda: check((r.number("i"), r.number("q"), r.number("h"))[2], f"delete records of {topic}"))))

    def partitions(self, topic):
        r = self.ask(METADATA, 4, array([text(topic)]) + struct.pack(">?", False))
        r.number("i")
        r.array(lambda: (r.number("i"), r.text(), r.number("i"), r.text()))
        r.text(), r.number("i")
        topics = {}

        def one():
            code, name, _ = r.number("h"), r.text(), r.number("?")
            ids = r.array(lambda: (r.number("h"), r.number("i"), r.number("i"), r.array(lambda: r.number("i")), r.array(lambda: r.number("i")))[1])
            topics[name] = [] if code else sorted(ids)
        r.array(one)
        return topics.get(topic, [])

    def offsets(self, topic, time=-1):
        """{partition: offset}; time -1 the end, -2 the beginning, else milliseconds."""
        parts = [struct.pack(">iq", p, time) for p in self.partitions(topic)]
        r = self.ask(LIST_OFFSETS, 2, struct.pack(">ib", -1, 0) + array([text(topic) + array(parts)]))
        r.number("i")
        found = {}

        def one():
            partition, code, _, offset = r.number("i"), r.number("h"), r.number("q"), r.number("q")
            check(code, f"offsets of {topic}")
            found[partition] = offset
        r.array(lambda: (r.text(), r.array(one)))
        return found

    def committed(self, group):
        """{(topic, partition): (offset, metadata)} of a group."""
        r = self.ask(OFFSET_FETCH, 3, text(group) + struct.pack(">i", -1))
        r.number("i")
        found = {}

        def one(topic):
            partition, offset, metadata, code = r.number("i"), r.number("q"), r.text(), r.number("h")
            if not code and offset >= 0:
                found[topic, partition] = (offset, metadata)

        def some():
            topic = r.text()
            r.array(lambda: one(topic))
        r.array(some)
        check(r.number("h"), f"offsets of group {group}")
        return found

    def find_coordinator(self, group):
        r = self.ask(FIND_COORDINATOR, 0, text(group))
        check(r.number("h"), f"coordinator of {group}")

    def commit(self, group, topic, offsets, metadata=""):
        """As a consumer outside any generation would: for groups without members."""
        parts = [struct.pack(">iq", p, offset) + text(metadata) for p, offset in offsets.items()]
        r = self.ask(OFFSET_COMMIT, 2, text(group) + struct.pack(">i", -1) + text("") + struct.pack(">q", -1) + array([text(topic) + array(parts)]))
        r.array(lambda: (r.text(), r.array(lambda: check((r.number("i"), r.number("h"))[1], f"commit of {group}"))))

    def group(self, name):
        """(state, [client ids]) of a consumer group."""
        r = self.ask(DESCRIBE_GROUPS, 1, array([text(name)]))
        r.number("i")

        def member():
            _, client, _, _, _ = r.text(), r.text(), r.text(), r.bytes(), r.bytes()
            return client

        def one():
            _, _, state, _, _ = r.number("h"), r.text(), r.text(), r.text(), r.text()
            return state, r.array(member)
        return r.array(one)[0]
