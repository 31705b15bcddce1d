"""TLS and users on every link."""
from daemon import secret
from kafka import Kafka
from servers import RedisCluster
from world import expect


def everything_over_tls(w):
    """Redis with TLS and an ACL user; Kafka with TLS by SCRAM, by PLAIN, by a certificate. Wrong secrets are told, not shown."""
    w.kafka = w.hold(Kafka(w.path("kafka"), secure=True, users={"gold": "a secret"}))
    redis = w.redis(tls=True, acl=["default off", "gold on >secret ~* &* +@all"])
    redis.login = {"user": "gold", "password": "secret"}
    w.create_topic(2)
    for name, text in (("redis.pw", "secret"), ("kafka.pw", "a secret"), ("wrong.pw", "wrong-one")):
        secret(w.folder, name, text)
    store = f"{{redis: {{url: 'rediss://127.0.0.1:{redis.port}', user: gold, password_file: redis.pw, tls: {{ca: redis/tls/ca.crt}}}}}}"
    ca = "kafka/tls/ca.crt"
    ways = {
        "SASL_SSL scram": {"brokers": f"127.0.0.1:{w.kafka.ports['SASL_SSL']}", "tls": f"{{ca: {ca}}}", "sasl": "{mechanism: SCRAM-SHA-256, user: gold, password_file: kafka.pw}"},
        "SASL_SSL plain": {"brokers": f"127.0.0.1:{w.kafka.ports['SASL_SSL']}", "tls": f"{{ca: {ca}}}", "sasl": "{mechanism: PLAIN, user: gold, password_file: kafka.pw}"},
        "SSL": {"brokers": f"127.0.0.1:{w.kafka.ports['SSL']}", "tls": f"{{ca: {ca}, cert: kafka/tls/client.crt, key: kafka/tls/client.key}}"},
        "SASL": {"brokers": f"127.0.0.1:{w.kafka.ports['SASL_PLAINTEXT']}", "sasl": "{mechanism: SCRAM-SHA-512, user: gold, password_file: kafka.pw}"},
    }
    for name, way in ways.items():
        w.config(store, source=w.source(**way))
        w.produce(800)
        daemon = w.daemon()
        try:
            w.assert_leads(redis, w.expected(), 30, 0.2)
        except Exception as why:
            raise type(why)(f"{name}: {why}: {daemon.text()[-700:]}") from None
        daemon.stop()
    faults = {
        "kafka's password": (store, ways["SASL_SSL scram"] | {"sasl": "{mechanism: SCRAM-SHA-256, user: gold, password_file: wrong.pw}"}),
        "no TLS where it is wanted": (store, {"brokers": ways["SSL"]["brokers"]}),
        "redis's password": (store.replace("redis.pw", "wrong.pw"), ways["SSL"]),
        "redis's authority": (store.replace("redis/tls", "kafka/tls"), ways["SSL"]),
    }
    for name, (store_, way) in faults.items():
        w.config(store_, source=w.source(**way))
        said = w.goldhour("check", "--live", status=None, seconds=60)
        both = said.stdout + said.stderr
        expect(said.returncode in (1, 78), f"{name}: check --live ends with {said.returncode}: {both[-600:]}")
        expect("wrong-one" not in both and "a secret" not in both, f"{name}: a secret is shown")


def a_cluster_with_users(w):
    cluster = w.hold(RedisCluster(w.path("cluster"), 3))
    for node in cluster.nodes:
        with node.client() as c:
            c("ACL", "SETUSER", "gold", "on", ">secret", "~gh:*", "~leads*", "&*", "+@all", "-@admin", "-@dangerous", "+info", "+function", "+role", "+cluster", "+client")
    secret(w.folder, "redis.pw", "secret")
    w.create_topic(4)
    nodes = ", ".join(f"'{a}'" for a in cluster.addresses)
    w.config("{redis: {cluster: [" + nodes + "], user: gold, password_file: redis.pw}}")
    w.produce(3000)
    daemon = w.daemon()
    w.assert_leads(cluster, w.expected())
    daemon.stop()


CASES = [everything_over_tls, a_cluster_with_users]
