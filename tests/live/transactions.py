"""A producer of transactions, which kcat is not: librdkafka itself, by ctypes."""
import ctypes
import ctypes.util

PARTITION_OF_KEY, COPY = -1, 2


class Transactions:
    """with Transactions(brokers, topic) as t: t.begin(); t.put(key, value); t.commit()"""

    def __init__(self, brokers, topic, name="tests"):
        self.lib = lib = ctypes.CDLL(ctypes.util.find_library("rdkafka") or "librdkafka.so.1")
        for function in ("conf_new", "new", "topic_new", "init_transactions", "begin_transaction", "commit_transaction", "abort_transaction"):
            getattr(lib, "rd_kafka_" + function).restype = ctypes.c_void_p
        lib.rd_kafka_error_string.restype = ctypes.c_char_p
        self.why = ctypes.create_string_buffer(512)
        conf = ctypes.c_void_p(lib.rd_kafka_conf_new())
        for key, value in {"bootstrap.servers": brokers, "transactional.id": name, "transaction.timeout.ms": "60000", "log_level": "0"}.items():
            lib.rd_kafka_conf_set(conf, key.encode(), value.encode(), self.why, 512)
        self.rk = ctypes.c_void_p(lib.rd_kafka_new(0, conf, self.why, ctypes.c_size_t(512)))
        if not self.rk:
            raise RuntimeError(self.why.value.decode())
        self.topic = ctypes.c_void_p(lib.rd_kafka_topic_new(self.rk, topic.encode(), None))
        self.ask(lib.rd_kafka_init_transactions, 30000)

    def ask(self, function, *more):
        error = function(self.rk, *more)
        if error:
            raise RuntimeError(self.lib.rd_kafka_error_string(ctypes.c_void_p(error)).decode())

    def begin(self):
        self.ask(self.lib.rd_kafka_begin_transaction)

    def put(self, key, value, partition=PARTITION_OF_KEY):
        """value None: a tombstone."""
        raw, key = None if value is None else value.encode(), key.encode()
        if self.lib.rd_kafka_produce(self.topic, partition, COPY, raw, ctypes.c_size_t(len(raw or b"")), key, ctypes.c_size_t(len(key)), None):
            raise RuntimeError("not produced")

    def flush(self):
        """What was put lies in the topic, in an open transaction."""
        self.lib.rd_kafka_flush(self.rk, 30000)

    def commit(self):
        self.ask(self.lib.rd_kafka_commit_transaction, 30000)

    def abort(self):
        self.ask(self.lib.rd_kafka_abort_transaction, 30000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lib.rd_kafka_topic_destroy(self.topic)
        self.lib.rd_kafka_destroy(self.rk)
