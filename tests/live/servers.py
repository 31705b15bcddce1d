"""Real Redis servers for a test: one, a cluster, a master with its replicas and sentinels. Each is started on free ports and ended by its id.

    with Redis(folder) as r: r.client()("PING"); r.kill(); r.start()
"""
import collections
import os
import shutil
import subprocess

import resp
import tls as certificates
from process import Process, Unavailable, free_port, until

BINARY = "/usr/bin/redis-check-rdb"  # Debian's redis-tools: the server is this very program called by another name; no service comes with it


def binary():
    if os.path.exists(BINARY):
        return BINARY
    found = shutil.which("redis-server")
    if not found:
        raise Unavailable("redis-server is missing")
    return found


class Redis:
    """One server. Durable by default, as a store of leads must be: appendfsync always, noeviction."""

    def __init__(self, folder, conf=None, tls=False, acl=(), **options):
        """conf: settings beside or instead of the defaults; acl: lines as of `ACL SETUSER`, "off" takes the default user away."""
        os.makedirs(folder, exist_ok=True)
        self.folder, self.port = folder, options.get("port") or free_port()
        self.tls = certificates.certificates(os.path.join(folder, "tls")) if tls else None
        self.login = {}
        self.conf = {"bind": "127.0.0.1", "port": 0 if tls else self.port, "dir": folder, "appendonly": "yes", "appendfsync": "always", "save": "", "maxmemory-policy": "noeviction",
                     "daemonize": "no", "auto-aof-rewrite-percentage": 0, "repl-diskless-sync-delay": 0, "repl-ping-replica-period": 1, "enable-debug-command": "local"}
        if tls:
            self.conf |= {"tls-port": self.port, "tls-cert-file": f"{self.tls}/server.crt", "tls-key-file": f"{self.tls}/server.key", "tls-ca-cert-file": f"{self.tls}/ca.crt",
                          "tls-auth-clients": "optional"}
        self.conf |= conf or {}
        self.acl = list(acl)
        mode = ["--sentinel"] if options.get("sentinel") else []
        self.process = Process(options.get("name", "redis"), folder, ["redis-server", "redis.conf", *mode], executable=binary())

    @property
    def ca(self):
        return f"{self.tls}/ca.crt" if self.tls else None

    @property
    def url(self):
        return f"{'rediss' if self.tls else 'redis'}://127.0.0.1:{self.port}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def write_conf(self):
        with open(os.path.join(self.folder, "redis.conf"), "w", encoding="utf-8") as f:
            f.writelines(f'{k} {v if v != "" else chr(34) * 2}\n' for k, v in self.conf.items())
            f.writelines(f"user {line}\n" for line in self.acl)

    def start(self, fresh_conf=True):
        if fresh_conf:
            self.write_conf()
        self.process.start()
        until(self.answers, f"redis on {self.port}", 120)  # some GB of an append-only file take their time to be loaded
        return self

    def answers(self):
        if not self.process.running():
            raise Unavailable("redis-server ended: " + self.process.text()[-800:])
        try:
            with self.client() as client:
                return client("PING") == "PONG"
        except resp.Refused as refused:
            return str(refused).startswith(("NOAUTH", "NOPERM", "WRONGPASS"))
        except (OSError, ConnectionError):
            return False

    def client(self, **options):
        return resp.Redis(self.port, **{"tls": self.ca, **self.login, **options})

    def client_for(self, _key):
        return self.client()

    def kill(self):
        return self.process.kill()

    def stop(self):
        return self.process.stop()

    def pause(self):
        self.process.pause()

    def resume(self):
        self.process.resume()

    def restart(self):
        self.kill()
        return self.start()

    # ── the append-only file ──

    def aof(self):
        """The growing part of the append-only file."""
        folder = os.path.join(self.folder, "appendonlydir")
        names = [n for n in os.listdir(folder) if n.endswith(".incr.aof")]
        return os.path.join(folder, max(names, key=lambda n: int(n.split(".")[-3])))

    def cut_aof(self, keep_bytes):
        """To be called while it is dead: what is behind is lost, as after a crash of a machine that lied about its disk. A torn last command is dropped by Redis."""
        os.truncate(self.aof(), keep_bytes)

    def mend_aof(self):
        """As an operator would. Else Redis (7.0) leaves the beginning of a cut-off transaction in the file, and refuses to start once a rewrite has begun another behind it."""
        subprocess.run(["redis-check-aof", "--fix", self.aof()], input="y\n", text=True, capture_output=True, check=True)


class RedisCluster:
    """Masters with the slots spread evenly, and replicas of each."""

    def __init__(self, folder, masters=3, replicas=0, conf=None):
        more = {"cluster-enabled": "yes", "cluster-node-timeout": 2000, "cluster-config-file": "nodes.conf", "cluster-require-full-coverage": "no"}
        self.masters, self.replicas = masters, replicas
        self.nodes = [Redis(os.path.join(folder, f"node-{i}"), {**more, "cluster-port": free_port(), **(conf or {})}, name=f"node-{i}") for i in range(masters * (1 + replicas))]

    def __enter__(self):
        for node in self.nodes:
            node.start()
        per = 16384 // self.masters
        for i, node in enumerate(self.nodes[:self.masters]):
            with node.client() as c:
                c("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
                c("CLUSTER", "ADDSLOTSRANGE", i * per, 16383 if i == self.masters - 1 else (i + 1) * per - 1)
        for node in self.nodes[1:]:
            with self.nodes[0].client() as c:
                c("CLUSTER", "MEET", "127.0.0.1", node.port, node.conf["cluster-port"])
        until(lambda: all(self.state(n) == ("ok", len(self.nodes)) for n in self.nodes), "the cluster", 30)
        for i, node in enumerate(self.nodes[self.masters:]):
            with node.client() as c:
                c("CLUSTER", "REPLICATE", self.id_of(self.nodes[i % self.masters]))
        until(self.replicas_follow, "the cluster's replicas", 30)
        until(lambda: all(self.state(n)[0] == "ok" for n in self.nodes), "the cluster", 30)
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.kill()

    def state(self, node):
        with node.client() as c:
            info = dict(line.split(":", 1) for line in c("CLUSTER", "INFO").splitlines())
        return info["cluster_state"], int(info["cluster_known_nodes"])

    def replicas_follow(self):
        for node in self.nodes[self.masters:]:
            with node.client() as c:
                if c.info("replication").get("master_link_status") != "up":
                    return False
        return True

    def id_of(self, node):
        with node.client() as c:
            return c("CLUSTER", "MYID")

    @property
    def addresses(self):
        return [f"127.0.0.1:{node.port}" for node in self.nodes]

    def slot_of(self, key):
        with self.alive().client() as c:
            return c("CLUSTER", "KEYSLOT", key)

    def alive(self):
        return next(n for n in self.nodes if n.process.running() and not n.process.paused)

    def owner(self, slot):
        """The node that serves a slot, as the first living node sees it."""
        with self.alive().client() as c:
            for begin, end, master, *_ in c("CLUSTER", "SLOTS"):
                if begin <= slot <= end:
                    return next(n for n in self.nodes if n.port == master[1])
        return None

    def migrate(self, slot, to, between=lambda: None):
        """Moves a slot the way redis-cli does, with MOVED and ASK for whoever uses it meanwhile; `between` is called while it is on its way."""
        source = self.owner(slot)
        with source.client() as a, to.client() as b:
            b("CLUSTER", "SETSLOT", slot, "IMPORTING", self.id_of(source))
            a("CLUSTER", "SETSLOT", slot, "MIGRATING", self.id_of(to))
            between()
            while keys := a("CLUSTER", "GETKEYSINSLOT", slot, 1):
                a("MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "KEYS", *keys)
                between()
            for client in (b, a):
                client("CLUSTER", "SETSLOT", slot, "NODE", self.id_of(to))

    def client_for(self, key):
        """A client of the node that has this key."""
        return self.owner(self.slot_of(key)).client()

    def failover(self, replica):
        with replica.client() as c:
            c("CLUSTER", "FAILOVER", "TAKEOVER")


class RedisSentinel:
    """A master, its replicas and the sentinels that watch them."""

    def __init__(self, folder, replicas=1, sentinels=3, **options):
        conf = options.get("conf") or {}
        self.master_name = options.get("master_name", "leads")
        self.servers = [Redis(os.path.join(folder, "server-0"), conf, name="server-0")]
        for i in range(1, replicas + 1):
            self.servers.append(Redis(os.path.join(folder, f"server-{i}"), {**conf, "replicaof": f"127.0.0.1 {self.servers[0].port}"}, name=f"server-{i}"))
        watch = {"appendonly": None, "sentinel monitor": f"{self.master_name} 127.0.0.1 {self.servers[0].port} {sentinels // 2 + 1}",
                 "sentinel down-after-milliseconds": f"{self.master_name} 1000", "sentinel failover-timeout": f"{self.master_name} 4000"}
        self.sentinels = [Redis(os.path.join(folder, f"sentinel-{i}"), name=f"sentinel-{i}", sentinel=True) for i in range(sentinels)]
        for sentinel in self.sentinels:
            sentinel.conf = {k: sentinel.conf[k] for k in ("bind", "port", "dir", "daemonize")} | {k: v for k, v in watch.items() if v}

    def __enter__(self):
        for server in self.servers:
            server.start()
        until(self.replicas_follow, "the replicas", 30)
        for sentinel in self.sentinels:
            sentinel.start()
        until(self.settled, "the sentinels", 30)
        return self

    def __exit__(self, *_):
        for server in self.sentinels + self.servers:
            server.kill()

    def replicas_follow(self):
        for server in self.servers[1:]:
            with server.client() as c:
                if c.info("replication").get("master_link_status") != "up":
                    return False
        return True

    def settled(self):
        for sentinel in self.sentinels:
            with sentinel.client() as c:
                flat = c("SENTINEL", "MASTER", self.master_name)
                known = dict(zip(flat[::2], flat[1::2]))
                if int(known["num-other-sentinels"]) != len(self.sentinels) - 1 or int(known["num-slaves"]) != len(self.servers) - 1:
                    return False
        return True

    @property
    def addresses(self):
        return [f"127.0.0.1:{s.port}" for s in self.sentinels]

    def master(self):
        """The server that most of the sentinels name now: one of them may not have heard yet."""
        named = collections.Counter()
        for sentinel in self.sentinels:
            if sentinel.process.running():
                with sentinel.client() as c:
                    named[int(c("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.master_name)[1])] += 1
        port = named.most_common(1)[0][0] if named else None
        return next((s for s in self.servers if s.port == port), None)

    def client_for(self, _key):
        return self.master().client()

    def wait_for_other_master(self, than, seconds=40):
        return until(lambda: (m := self.master()) is not than and m.process.running() and m, "another master", seconds)
