/* The edges of goldhour.yaml that speak to servers: Kafka, Redis, webhooks. Secrets are never written in the configuration: a path names the file that
 * holds one (its first line counts). Texts are empty where nothing was written; paths are as written, against the configuration's folder.
 */
#ifndef GOLDHOUR_CONF_EDGES_H
#define GOLDHOUR_CONF_EDGES_H

#include <stdint.h>

#include "goldhour/base/fault.h"

struct gh_path { struct gh_str text; struct gh_spot at; }; /* a path and where it was written */
struct gh_pair { struct gh_str name, value; struct gh_spot at; };

/* TLS, where `on`. Without `ca` the system's certificates are trusted. */
struct gh_tls_conf {
  bool on;
  struct gh_path ca, cert, key;      /* PEM; cert and key: our own certificate */
  bool any_host;                     /* verify_host: false: the certificate's name is not compared */
};

enum gh_sasl { GH_SASL_NONE, GH_SASL_PLAIN, GH_SASL_SCRAM_SHA_256, GH_SASL_SCRAM_SHA_512 };

enum gh_kafka_start { GH_START_EARLIEST, GH_START_LATEST, GH_START_TIME };
enum gh_kafka_lost { GH_LOST_STOP, GH_LOST_EARLIEST, GH_LOST_LATEST }; /* what to do where Kafka no longer holds the stored position */

/* A Kafka cluster and how we show ourselves to it. Of a sink without `brokers` it is the source's. */
struct gh_kafka_conf {
  struct gh_str brokers;             /* host:port, … */
  struct gh_tls_conf tls;
  enum gh_sasl sasl;
  struct gh_str user;
  struct gh_path password_file;
  const struct gh_pair *properties; unsigned nproperties; /* handed to librdkafka as they are, after ours */
  struct gh_spot at;                 /* where it was written */
};

/* source: {kafka: {…}} */
struct gh_kafka_source_conf {
  struct gh_kafka_conf kafka;
  const struct gh_str *topics; unsigned ntopics;  /* `run` reads one; `rekey` any number */
  struct gh_str group;               /* default goldhour */
  struct gh_str member;              /* the static member's name; empty: made of the host's name and the first free slot on it */
  enum gh_kafka_start start; int64_t start_ms; /* earliest */
  enum gh_kafka_lost lost;           /* stop */
  int64_t session_ms;                /* 10s: a member not heard of for so long loses its partitions */
  int64_t fetch_bytes;               /* 64MB: fetched and not yet taken, over all partitions of the process */
};

struct gh_node_addr { struct gh_str host; unsigned port; };

/* store: {redis: {…}}, or a sink's own */
struct gh_redis_conf {
  struct gh_str url;                 /* redis://[user@]host[:port][/db], rediss:// for TLS; empty with sentinel or cluster */
  struct gh_node_addr node; unsigned db; /* of the url */
  struct gh_str user;
  struct gh_path password_file;
  struct gh_tls_conf tls;
  struct gh_str sentinel_master;     /* sentinel: {master, nodes, user, password_file} */
  const struct gh_node_addr *sentinels; unsigned nsentinels;
  struct gh_str sentinel_user; struct gh_path sentinel_password_file;
  const struct gh_node_addr *cluster; unsigned ncluster; /* cluster: [host:port, …]: those asked first */
  int64_t timeout_ms;                /* 5s: an answer that has not come is asked for on a new connection */
  struct gh_spot at;
};

/* store: {redis: {…, name, keep, resend_bytes}} */
struct gh_redis_store_conf {
  struct gh_redis_conf redis;
  struct gh_str name;                /* of the keys: gh:{NAME:p7}:…; default: the source's group, else goldhour */
  int64_t keep_ms;                   /* 1h: leads stay in the outbox so long after the last sink has them */
  int64_t resend_bytes;              /* 64MB: bytes of the last commits kept, to be sent again if Redis loses them */
};

enum gh_sink_kind { GH_SINK_STDOUT, GH_SINK_FILE, GH_SINK_REDIS, GH_SINK_KAFKA, GH_SINK_WEBHOOK };

/* One of `sink`. Its name in the store, in logs and in dead letters: file, stdout, redis:STREAM, kafka:TOPIC, webhook:URL without user and query. */
struct gh_sink_conf {
  enum gh_sink_kind kind;
  struct gh_str name;
  struct gh_path path;               /* file */
  struct gh_str stream;              /* redis */
  int64_t keep_ms;                   /* redis: entries older than this go; default 7d, 0: none goes */
  bool own_redis;                    /* `redis` was given its own server; else the store's */
  struct gh_redis_conf redis;
  struct gh_str topic;               /* kafka */
  struct gh_kafka_conf kafka;        /* the source's where it has no brokers of its own */
  struct gh_str url;                 /* webhook: http:// or https:// */
  struct gh_path secret_file;        /* webhook: signs with HMAC-SHA256 */
  struct gh_tls_conf tls;            /* webhook: ca, cert, key, verify_host */
  int64_t timeout_ms;                /* webhook: 10s */
  struct gh_spot at;
};

#endif
