/* A mapping at work: the state that changes from record to record. */
#ifndef GH_DECODE_MAP_RUN_H
#define GH_DECODE_MAP_RUN_H

#include "decoder.h"
#include "mapping.h"

/* A node of the pointers' tree with its children as keys. */
struct run_node {
  struct keys keys;
  const struct path_node **children; /* by key */
};

struct map_run {
  const struct map_set *set;
  struct run_node *nodes;           /* by path_node.id */
  const struct json_node **found;   /* by pointer: where it leads in this record; NULL: nowhere */
  struct gh_value *raws;            /* what conditions see */
  bool *wanted;                     /* by entry: whether it wants such a row */
  struct gh_str *columns;           /* by pointer: the column of the row that it names; empty: it leads elsewhere */
  struct json_node *made;           /* by pointer: of a header or the key */
  int names[ENV_NAMES];             /* the envelope's names as pointers; -1: not asked for */
  enum env_name asked[ENV_NAMES]; unsigned nasked;
  const struct env_row *row;        /* NULL: a bulk profile */
  uint64_t record;                  /* the decoder's count */
  struct gh_str twice;              /* a key that stood twice */
  struct gh_arena scratch;          /* of an evaluation */
};

/* A run in the decoder's own arena; map_run_free gives back what lies outside. */
struct map_run *gh_map_run_new(struct gh_decoder *d, const struct map_set *set);
void gh_map_run_free(struct map_run *run);
/* A row of a message, mapped. */
enum gh_decoded gh_map_run_row(struct gh_decoder *d, struct map_run *run, const struct env_row *row, struct gh_record *out);
/* The bulk profile on the decoder's tape, mapped. */
enum gh_decoded gh_map_run_profile(struct gh_decoder *d, struct map_run *run, struct gh_record *out);

/* map_look.c: where every pointer leads in the row; BAD: a key that is used stands twice. */
enum gh_decoded gh_map_look(struct gh_decoder *d, struct map_run *run, struct gh_record *out);
/* map_value.c: what a source gives for the record; GH_ABSENT: nothing, GH_NULL: null. False: refused, see d->convert. */
bool gh_map_value(struct gh_decoder *d, struct map_run *run, const struct source *s, struct gh_value *out);

#endif
