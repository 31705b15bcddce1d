/* The options of goldhour.yaml, a row each: parser, default, bounds and help come from here. How to add one: a field in struct gh_conf (or in a
 * struct of edges.h), a row in options.c (or in an edge's file), a line in docs/configuration.md and in config/schema/goldhour.json (a test compares
 * them). A map within the file is a group of rows of its own; what no kind of row says has a reader of its own.
 */
#ifndef GH_CONF_OPTIONS_H
#define GH_CONF_OPTIONS_H

#include "goldhour/conf/conf.h"

enum gh_option_kind {
  GH_OPTION_TEXT,     /* struct gh_str of least … most bytes; most 0: any */
  GH_OPTION_PATH,     /* struct gh_path */
  GH_OPTION_PATHS,    /* struct gh_path *, unsigned: one path or a list */
  GH_OPTION_INT,      /* int64_t within least … most */
  GH_OPTION_BOOL,     /* bool */
  GH_OPTION_NOT,      /* bool, kept the other way round */
  GH_OPTION_CHOICE,   /* an enum from 0: one of `words` */
  GH_OPTION_DURATION, /* int64_t ms within least … most */
  GH_OPTION_BYTES,    /* int64_t within least … most */
  GH_OPTION_CLOCK,    /* int64_t ms since midnight */
  GH_OPTION_HOURS,    /* open_ms, close_ms */
  GH_OPTION_MAP,      /* the rows of `keys` */
  GH_OPTION_EDGE,     /* source, profiles, store: one of `edges` */
  GH_OPTION_SINKS,    /* sink: one of `edges` or a list of them */
  GH_OPTION_OWN,      /* what `read` makes of it */
};

/* What readers share. */
struct gh_reading {
  struct gh_conf *conf;    /* the one being read */
  struct gh_arena *arena;  /* of its texts */
  struct gh_faults *faults;
};

struct gh_option_group;
struct gh_edge_kind;

struct gh_option {
  const char *key;
  enum gh_option_kind kind;
  size_t at, at_more;    /* offsets from the group's beginning: of the value; of the count or the edge's kind, where there is one */
  int64_t least, most;
  bool required;
  const char *fallback;  /* the default as it would be written; NULL: none */
  const char *meaning;
  const char *const *words;            /* CHOICE: ended by NULL */
  const struct gh_option_group *keys;  /* MAP, and OWN that may be a map: ended by one without rows */
  const struct gh_edge_kind *edges;    /* EDGE, SINKS: ended by one without a name */
  void (*read)(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base); /* OWN: `base` is the group's beginning */
};

struct gh_option_group {
  const struct gh_option *rows;
  size_t nrows;
  size_t at;        /* where the group begins in what the map fills */
  const char *like; /* these rows stand in the help at this key already */
};

#define GH_GROUP(table, offset) {(table), sizeof(table) / sizeof *(table), (offset), NULL}

/* What may stand at an edge: `source: stdin`, `source: {file: {path: events.jsonl}}`. */
struct gh_edge_kind {
  const char *name;
  int kind;                           /* enum gh_source_kind, …; -1: known, but of a later release */
  const struct gh_option_group *keys; /* of its map; NULL: it has no options */
  /* What its keys must be together; `body` is its map, NULL where none was written; `at` is the edge's place. */
  void (*finish)(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base);
};

extern const struct gh_option_group gh_options; /* of the whole file, in struct gh_conf */
extern const struct gh_edge_kind gh_source_kinds[], gh_profile_kinds[], gh_store_kinds[], gh_sink_kinds[];

/* Reads one value into `base`. What is wrong is a fault; the field then keeps what it was. */
void gh_option_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base);
/* Reads the map `n` (NULL or absent: an empty one at `at`) by `groups`: what is written, else the defaults. `whose` begins the fault of a missing key,
 * "'source': kafka"; empty: the file. */
struct gh_map_place { struct gh_str whose; struct gh_spot at; };
void gh_map_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option_group *groups, void *base, struct gh_map_place place);

/* An edge's value: one of `kinds`, its keys into `base`. NULL with a fault. `edge` is the key that faults name. */
const struct gh_edge_kind *gh_edge_one(struct gh_reading *r, const struct gh_node *n, struct gh_str edge, const struct gh_edge_kind *kinds, void *base);
/* source, profiles, store: the kind goes to `at_more`. */
void gh_edge_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base);
/* Reads `sink`: one, or a list. */
void gh_sinks_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o);
/* What the edges must be together, once all are read: what a sink has from source and store, names. */
void gh_edges_settle(struct gh_reading *r);

/* Rows that several edges share, and their checks. */
enum { GH_KAFKA_NROWS = 3, GH_REDIS_NROWS = 8 };
extern const struct gh_option gh_brokers_needed[1], gh_brokers_or_none[1], gh_kafka_rows[GH_KAFKA_NROWS], gh_redis_rows[GH_REDIS_NROWS];
extern const struct gh_option_group gh_tls_keys[], gh_kafka_source_keys[], gh_redis_store_keys[];
void gh_conf_read_tls(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base);
/* A name of Kafka's: letters a–z A–Z, digits, `.`, `_`, `-`; at most 249 of them. */
void gh_name_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base);
bool gh_name_valid(struct gh_str name);
void gh_properties_read(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base);
void gh_kafka_source_finish(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base);
/* At most one of url, sentinel, cluster; the url taken apart. False: no server is named. */
bool gh_redis_finish(struct gh_reading *r, const struct gh_node *body, struct gh_redis_conf *redis);
void gh_redis_store_finish(struct gh_reading *r, const struct gh_node *body, struct gh_spot at, void *base);

#endif
