/* goldhour.yaml: the options of one installation. One table (conf/options.c) gives parser, defaults, bounds and the help text.
 *
 * Paths are as written; who opens them resolves them against `dir`, the folder of the file.
 */
#ifndef GOLDHOUR_CONF_CONF_H
#define GOLDHOUR_CONF_CONF_H

#include "goldhour/conf/edges.h"
#include "goldhour/conf/yaml.h"
#include "goldhour/model/schema.h"

enum gh_source_kind { GH_SOURCE_NONE, GH_SOURCE_FILE, GH_SOURCE_STDIN, GH_SOURCE_KAFKA };
enum gh_store_kind { GH_STORE_MEMORY, GH_STORE_SQLITE, GH_STORE_REDIS };

struct gh_conf {
  struct gh_str file, dir;               /* of goldhour.yaml itself */
  struct gh_str zone;                    /* Asia/Shanghai */
  struct gh_spot zone_at;
  struct gh_path calendar;               /* a shipped calendar's name or a path; default china */
  int64_t open_ms, close_ms;             /* business hours: ms since local midnight; 09:00, 18:00 */
  int64_t cutoff_ms;                     /* GH_NEVER: none */
  int64_t lateness_ms, late_limit_ms;    /* 2s, 1d */
  int64_t idle_ms;                       /* 5s */
  int64_t reorder_limit;                 /* events that may wait for their order: 1,000,000 */
  int64_t customer_events;               /* 10,000 */
  int64_t customer_waits;                /* waits a customer may have: 1,000 */
  int64_t customer_ids;                  /* ids remembered a customer: 100,000 */
  int64_t dead_letter_bytes;             /* 64MB */
  int64_t record_bytes; int64_t record_depth; /* 1MB, 64: a longer or deeper record is refused */
  int64_t batch_events, batch_ms;        /* a commit holds at most so many events, and, live, begins so long after the last one: 1024, 0ms */
  struct gh_path schema, mapping;        /* mapping empty: canonical events */
  struct gh_path *rules; unsigned nrules; /* globs allowed */
  struct gh_path *tests; unsigned ntests; /* rule tests; default *.test.yaml beside the rules */
  enum gh_source_kind source; struct gh_path source_path;
  struct gh_spot source_at, store_at;    /* where they were written; line 0: nowhere */
  struct gh_kafka_source_conf kafka;     /* of `source`, where it is kafka */
  struct gh_path profiles;               /* empty: none; .csv is CSV, else JSON lines */
  enum gh_store_kind store; struct gh_path store_path;
  struct gh_redis_store_conf redis;      /* of `store`, where it is redis */
  struct gh_sink_conf *sinks; unsigned nsinks; /* one at least; no two of one name */
  /* What waits is bounded; the list is in docs/operations.md. */
  int64_t sink_behind;                   /* leads that a sink may be behind: 100,000; beyond it the oldest go to the dead letters */
  int64_t state_bytes;                   /* memory of one partition's state: 8GB; at it the partition stops, with an alarm */
  int64_t warm_bytes;                    /* memory of partitions given back and kept for their return: 1GB over all */
  struct gh_str log_format;              /* logfmt | json */
};

/* Reads goldhour.yaml from `text`; everything lives in `arena`. False with faults. */
bool gh_conf_parse(struct gh_conf *conf, struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults);
/* The options of goldhour.yaml as a page for people: key, default, bounds, meaning. */
struct gh_buf;
void gh_conf_help(struct gh_buf *out);
/* Reads schema.yaml. NULL with faults. */
const struct gh_schema *gh_schema_parse(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults);
/* The same for who goes on to look for further faults: what could be read, beside the faults; a field of an unknown type is GH_DYN. NULL: nothing could. */
const struct gh_schema *gh_schema_read(struct gh_arena *arena, struct gh_str file, struct gh_str text, struct gh_faults *faults);
/* Reads a type as written in a schema: `decimal(2)`, `list(string)`; `optional` is set by a trailing `?`. */
bool gh_type_parse(struct gh_arena *arena, struct gh_str text, struct gh_type *type, bool *optional);

#endif
