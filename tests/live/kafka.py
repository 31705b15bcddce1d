"""A real Apache Kafka broker for a test, in KRaft mode: broker and controller in one process, up in about three seconds.

    with Kafka(folder) as kafka: kafka.admin.create_topic("events", 16)
"""
import os
import shutil
import socket
import subprocess

import tls as certificates
from kafka_wire import Admin, KafkaError
from process import Process, Unavailable, free_port, until

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
LOGGING = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


def jars():
    for tool in ("java", "kcat"):
        if not shutil.which(tool):
            raise Unavailable(f"{tool} is missing")
    run = subprocess.run(["sh", os.path.join(HERE, "kafka-jars.sh")], capture_output=True, text=True)
    if run.returncode:
        raise Unavailable(run.stderr.strip().splitlines()[-1] if run.stderr.strip() else "Kafka's jars could not be fetched")
    return run.stdout.strip()


class Kafka:
    """settings: of server.properties beside the defaults. secure: also listens with TLS, with SASL, and with both, for `users` {name: password}.
    lasting: it is compiled as it would be for days of work, which costs it its first half minute."""

    def __init__(self, folder, secure=False, users=None, lasting=False, **settings):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.port, self.controller = folder, free_port(), free_port()
        self.users = users or {}
        self.ports = {name: free_port() for name in ("SSL", "SASL_PLAINTEXT", "SASL_SSL")} if secure else {}
        self.tls = certificates.certificates(os.path.join(folder, "tls")) if secure else None
        self.settings = self.defaults() | (self.security() if secure else {}) | {k.replace("_", "."): v for k, v in settings.items()}
        self.java = ["java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", *([] if lasting else ["-XX:TieredStopAtLevel=1"]), LOGGING, "-cp", os.path.join(jars(), "*")]
        self.process = Process("kafka", folder, [*self.java, "kafka.Kafka", "server.properties"])
        self.admin = Admin(self.port)

    def defaults(self):
        listeners = {"PLAINTEXT": self.port, **self.ports}
        own = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
        return {
            "process.roles": "broker,controller", "node.id": 1, "controller.quorum.voters": f"1@127.0.0.1:{self.controller}", "controller.listener.names": "CONTROLLER",
            "listeners": f"{own},CONTROLLER://127.0.0.1:{self.controller}", "advertised.listeners": own, "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT," + ",".join(f"{name}:{name}" for name in listeners), "log.dirs": os.path.join(self.folder, "data"),
            "num.partitions": 4, "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 2, "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1, "transaction.state.log.num.partitions": 1, "group.initial.rebalance.delay.ms": 0, "group.min.session.timeout.ms": 1000,
            "num.network.threads": 2, "num.io.threads": 4, "auto.create.topics.enable": "false", "log.retention.check.interval.ms": 1000,
            # A broker that was killed is let in again at once.
            "broker.session.timeout.ms": 1000, "broker.heartbeat.interval.ms": 200}

    def security(self):
        module = "org.apache.kafka.common.security"
        plain = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        some = {"ssl.keystore.type": "PEM", "ssl.keystore.location": f"{self.tls}/keystore.pem", "ssl.truststore.type": "PEM", "ssl.truststore.location": f"{self.tls}/ca.crt",
                "ssl.client.auth": "none", "listener.name.ssl.ssl.client.auth": "required", "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"}
        for listener in ("sasl_plaintext", "sasl_ssl"):
            some[f"listener.name.{listener}.plain.sasl.jaas.config"] = f"{module}.plain.PlainLoginModule required {plain};"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                some[f"listener.name.{listener}.{mechanism}.sasl.jaas.config"] = f"{module}.scram.ScramLoginModule required;"
        return some

    @property
    def brokers(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        with open(os.path.join(self.folder, "server.properties"), "w", encoding="utf-8") as f:
            f.writelines(f"{k}={v}\n" for k, v in self.settings.items())
        scram = [word for name, password in self.users.items() for kind in ("256", "512") for word in ("--add-scram", f"SCRAM-SHA-{kind}=[name={name},password={password}]")]
        run = subprocess.run([*self.java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", "server.properties", *scram], cwd=self.folder, capture_output=True, text=True)
        if run.returncode:
            raise Unavailable("Kafka's storage could not be made: " + run.stderr[-800:])
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process.start()
        until(self.answers, "kafka", 60, 0.1)
        return self.ready()

    def answers(self):
        """True once it leads the partitions that it has: it lists itself, and its offsets can be asked for."""
        if not self.process.running():
            raise Unavailable("kafka ended: " + self.process.text()[-1500:])
        try:
            run = subprocess.run(["kcat", "-b", self.brokers, "-L", "-m", "2"], capture_output=True, text=True, timeout=5)
            return " at 127.0.0.1:" in run.stdout and "not available" not in run.stdout
        except subprocess.TimeoutExpired:
            return False

    def ready(self):
        """Waits until it lets group members in, which takes a moment after a start."""
        def asked():
            try:
                for group in ("any", "any-other"):
                    self.admin.find_coordinator(group)
                    self.admin.committed(group)
                return True
            except (KafkaError, OSError):
                return False
        until(asked, "kafka's groups", 30, 0.1)
        return self

    def kill(self):
        return self.process.kill()

    def stop(self):
        return self.process.stop(30)

    def pause(self):
        self.process.pause()

    def resume(self):
        self.process.resume()

    def restart(self):
        self.kill()
        return self.start()

    def listening(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0
