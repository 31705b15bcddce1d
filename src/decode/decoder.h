/* The decoder's inside, shared by the files of this room. */
#ifndef GH_DECODE_DECODER_H
#define GH_DECODE_DECODER_H

#include "convert.h"
#include "goldhour/decode/decode.h"
#include "keys.h"

/* The keys that every canonical record knows; those of its type's fields follow. */
enum canonical_key { KEY_ID, KEY_TYPE, KEY_CUSTOMER, KEY_TIME, KEY_FIELDS, KEY_FORGET = KEY_FIELDS, KEY_PROFILE_FIELDS };

/* The keys of one type's canonical records. */
struct canonical {
  const struct gh_event_type *type;
  struct keys keys;
  unsigned first_field; /* the key of field 0 */
};

struct map_run; /* a mapping at work: map_run.h */
struct csv;     /* csv.h */
struct recode;  /* recode.h */
struct env_run; /* envelope.h */

struct gh_decoder {
  const struct gh_conf *conf;
  const struct gh_schema *schema;
  const struct gh_mapping *mapping;
  const struct gh_zone *zone;
  struct gh_arena own;         /* lives as long as the decoder */
  struct gh_arena arena;       /* the record's: reset by each call */
  struct json_tape tape;
  struct convert convert;
  uint64_t record;             /* counts the objects looked at, from 1 */
  struct canonical *canonical; /* one a type of the schema, then the customer's */
  struct keys types;           /* their names, in the same order */
  struct gh_value *slots;      /* as many as the widest type has */
  struct gh_buf detail;
  struct map_run *events, *profiles; /* NULL: canonical */
  struct env_run *env;         /* with `events` */
  unsigned row;                /* of a message that may hold several, for what is said of it; 0: there is only one */
  struct recode *recode;       /* NULL: records are UTF-8 */
  struct csv *csv;             /* after gh_decoder_csv_header */
};

/* decoder.c: begins a record: everything of the last one dies. */
void gh_decoder_begin(struct gh_decoder *d, struct gh_record *out);
/* Refuses the record; detail by printf. */
enum gh_decoded gh_decoder_refuse(struct gh_decoder *d, struct gh_record *out, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Refuses for what d->convert found at `name`, where `expected` was expected. */
enum gh_decoded gh_decoder_refuse_value(struct gh_decoder *d, struct gh_record *out, struct gh_str name, const char *expected);
enum gh_decoded gh_decoder_refuse_field(struct gh_decoder *d, struct gh_record *out, const struct gh_field *field);
enum gh_decoded gh_decoder_refuse_missing(struct gh_decoder *d, struct gh_record *out, struct gh_str name);
enum gh_decoded gh_decoder_refuse_duplicate(struct gh_decoder *d, struct gh_record *out, struct gh_str name);
/* Refuses if a field that the event needs is absent; else the slots are complete: GH_DECODED. */
enum gh_decoded gh_decoder_finish(struct gh_decoder *d, struct gh_record *out);

/* canonical.c */
void gh_canonical_init(struct gh_decoder *d);
enum gh_decoded gh_canonical_event(struct gh_decoder *d, struct gh_record *out);
enum gh_decoded gh_canonical_profile(struct gh_decoder *d, struct gh_record *out);

#endif
