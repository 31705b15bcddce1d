/* A compiled mapping: from the bank's records to the slots of our types. Immutable once parsed; what changes with each record is in map_run. */
#ifndef GH_DECODE_MAPPING_H
#define GH_DECODE_MAPPING_H

#include "convert.h"
#include "envelope.h"
#include "goldhour/decode/decode.h"
#include "keys.h"
#include "paths.h"
#include "time_form.h"

enum code_otherwise { CODE_REFUSE, CODE_ABSENT, CODE_KEEP, CODE_VALUE };

/* A code table as written; a source turns its values into its own type. */
struct code_table {
  struct gh_str name;
  struct keys codes;            /* sorted by nothing: code i stands for values[i] */
  const struct gh_node **values;
  enum code_otherwise otherwise;
  const struct gh_node *other;  /* CODE_VALUE */
};

/* A table's values in a source's type. */
struct codes {
  const struct keys *codes;
  struct gh_value *values;
  enum code_otherwise otherwise;
  struct gh_value other;
};

enum source_kind { SOURCE_POINTER, SOURCE_JOIN, SOURCE_CONST, SOURCE_CEL };

/* A part of a joined text. */
struct join_part {
  int path;              /* -1: a literal */
  struct gh_str literal;
  unsigned width;        /* zeros are put before a shorter text */
};

/* Where a value comes from and what is done to it on the way. */
struct source {
  enum source_kind kind;
  struct gh_str name;           /* of the field, for messages */
  struct gh_type type;          /* of the value */
  int path;                     /* POINTER */
  struct join_part *parts; unsigned nparts; /* JOIN */
  struct gh_program *program;   /* CEL */
  struct gh_value constant;     /* CONST; else the default where the record has nothing: GH_ABSENT none */
  const struct codes *codes;    /* NULL: none */
  const struct time_form *form; /* NULL: as canonical */
  const struct gh_zone *zone;   /* NULL: the decoder's */
  struct gh_str separator;      /* of a list in one text */
  int minor_digits;             /* the number counts 10^-n; -1: as written */
  int base64_digits;            /* the same of a number in base64 of its bytes; -1: it is none */
  bool per_row;                 /* reads something that differs between the rows of a message */
};

struct map_raw { struct gh_str name; struct source source; };

struct map_entry {
  const struct gh_event_type *type;
  unsigned ops;                            /* bits of enum env_op; 0: the envelope has none */
  struct gh_str *tables; unsigned ntables; /* 0: any */
  struct gh_str *event_types; unsigned nevent_types;
  struct gh_program *when;                 /* NULL: always */
  const struct source *id, *customer, *time; /* of profiles: customer alone */
  const struct source **fields;            /* by slot; NULL: not given */
  bool *reads;                             /* by raw name: whether the entry's conditions and computed values read it */
  bool forget;
};

/* One kind of records: events, or profiles. */
struct map_set {
  struct envelope envelope;
  struct paths paths;
  struct map_raw *raws; unsigned nraws;    /* the envelope's names come last */
  struct map_entry *entries; unsigned nentries;
  bool refuse_others;
};

struct gh_mapping {
  bool gb18030;
  bool trim;                      /* spaces around texts go; what is empty then is absent */
  char csv_delimiter;
  struct gh_str csv_list;         /* separates the elements of a list */
  struct map_set *events, *profiles; /* NULL: canonical */
};

/* What parsing works with. */
struct map_parse {
  struct gh_arena *arena;
  const struct gh_schema *schema;
  const struct gh_zones *zones;
  const struct gh_zone *zone;     /* declared in the mapping, or NULL */
  struct gh_faults *faults;
  struct code_table *tables; unsigned ntables;
  struct map_set *set;            /* being parsed */
  bool messages;                  /* it is of messages, with headers and keys, not of bulk profiles */
  const struct source *id, *event_time; /* the envelope's; NULL: it gives none */
  bool zone_missed;               /* said once */
  struct gh_cel_env *env;         /* its raw names */
};

/* mapping.c: a time zone by its name; NULL with a fault. */
const struct gh_zone *gh_map_zone(struct map_parse *p, const struct gh_node *node);
/* map_pointer.c: whether a text begins as the envelope's things do: `$op`, `$before/amount`. */
bool gh_pointer_of_envelope(struct gh_str text);
/* A pointer's number among the set's; *per_row is set if the rows of a message differ in what it leads to. False with a fault. */
bool gh_pointer_parse(struct map_parse *p, const struct gh_node *node, int *path, bool *per_row);
/* map_source.c: a source of `type`; NULL with faults. */
const struct source *gh_source_parse(struct map_parse *p, const struct gh_node *node, struct gh_str name, struct gh_type type);
/* A value written in the mapping, as `type`; false with a fault. */
bool gh_source_constant(struct map_parse *p, const struct gh_node *node, struct gh_type type, struct gh_value *out);
/* map_table.c: a code table from a map of codes, or with `codes` and `otherwise`; false with faults. */
bool gh_table_parse(struct map_parse *p, const struct gh_node *node, struct gh_str name, struct code_table *table);
/* The table's values as `type`; NULL with faults. */
const struct codes *gh_table_codes(struct map_parse *p, const struct code_table *table, struct gh_type type);
/* A source that is one of the envelope's names. */
const struct source *gh_source_name(struct map_parse *p, enum env_name name, struct gh_str as, struct gh_type type);
/* A JSON pointer in the row, as the default of a field. */
const struct source *gh_source_field(struct map_parse *p, const struct gh_field *field);
/* map_envelope.c: the section's envelope, and what it gives to all entries; false with faults. */
bool gh_map_envelope_parse(struct map_parse *p, const struct gh_node *node);
/* The envelope's own source as an entry takes it; false with a fault: a time that lacks a zone. */
bool gh_map_default(struct map_parse *p, const struct gh_node *entry, const struct source *source);
/* Declares the envelope's names for conditions, behind the raw names. */
void gh_map_envelope_declare(struct map_parse *p);
/* Which rows an entry wants, by operation, table and type of event; false with faults. Its type has been parsed. */
bool gh_map_selection_parse(struct map_parse *p, const struct gh_node *entry, struct map_entry *out);
/* map_cel.c: a condition or a value over the raw names; NULL with a fault. want GH_ABSENT: any type. */
struct gh_program *gh_map_compile(struct map_parse *p, const struct gh_node *node, struct gh_type want);
/* map_set.c: raw names, entries. NULL with faults. */
struct map_set *gh_map_events_parse(struct map_parse *p, const struct gh_node *node);
struct map_set *gh_map_profiles_parse(struct map_parse *p, const struct gh_node *node);

#endif
