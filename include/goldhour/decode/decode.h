/* Records in, events out: JSON (simdjson behind a C shim) by the canonical form or by a mapping, and CSV for bulk profiles.
 *
 * A decoder belongs to one thread. What it gives out borrows from it and from the record's bytes until its next call. No allocation per event once
 * it is warm. The formats are described in docs/events.md.
 */
#ifndef GOLDHOUR_DECODE_DECODE_H
#define GOLDHOUR_DECODE_DECODE_H

#include "goldhour/cel/cel.h"
#include "goldhour/conf/conf.h"
#include "goldhour/model/message.h"
#include "goldhour/model/schema.h"

struct gh_mapping; /* mapping.yaml, compiled */
struct gh_decoder;

/* Reads mapping.yaml. Returns it, in `arena`; NULL with faults. */
const struct gh_mapping *gh_mapping_parse(struct gh_arena *arena, const struct gh_schema *schema, const struct gh_zones *zones,
                                          struct gh_str file, struct gh_str text, struct gh_faults *faults);

enum gh_decoded {
  GH_DECODED,       /* `event` is an event, or a change of profile */
  GH_DECODED_BLANK, /* an empty line */
  GH_DECODED_OTHER, /* of a type that the schema does not name, or that the mapping passes over */
  GH_DECODED_BAD,   /* refused: reason and detail say why */
};

struct gh_record {
  struct gh_event event;
  const char *reason;   /* BAD: a stable word of gh_decode_reasons: bad_json, wrong_type, missing_field, … */
  struct gh_str detail; /* BAD: for people: which field, what was expected, what was found (no values of the customer's) */
  bool more;            /* the message holds a further row: ask gh_decode_more */
};

/* zone: that of dates and of times without offset in a mapping. `mapping` NULL: canonical. All borrowed; must outlive the decoder. */
struct gh_decoder *gh_decoder_new(const struct gh_conf *conf, const struct gh_schema *schema, const struct gh_mapping *mapping, const struct gh_zone *zone);
void gh_decoder_free(struct gh_decoder *d);
/* Decodes one record (a line without its newline). `bytes` need not be padded. */
enum gh_decoded gh_decode(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);
/* Decodes a message: its first row. Where `out->more` is set, gh_decode_more gives the next one, with an id of its own (source id, row); a row that is refused
 * does not hide those after it. Both borrow the message until the last row was given. */
enum gh_decoded gh_decode_message(struct gh_decoder *d, const struct gh_message *m, struct gh_record *out);
enum gh_decoded gh_decode_more(struct gh_decoder *d, struct gh_record *out);
/* Decodes one line of the bulk profiles as JSON: an object without id, type, time. */
enum gh_decoded gh_decode_profile(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);

/* Appends an event, or a change of profile, as a canonical record (docs/events.md) with `id` as its id, without a newline: exact, so that decoding it without a
 * mapping gives the same event. */
void gh_event_canonical(struct gh_buf *out, const struct gh_event *e, struct gh_str id);

/* CSV: the header line names the fields; then each line is a profile. A quoted field may hold newlines, so the reader joins lines: see gh_csv_complete. */
bool gh_csv_complete(struct gh_str bytes); /* quotes are balanced */
bool gh_csv_named(const char *path);       /* whether a file of profiles is CSV, by how its name ends; NULL (standard input) is none */
bool gh_decoder_csv_header(struct gh_decoder *d, struct gh_str header, struct gh_faults *faults);
enum gh_decoded gh_decode_csv(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);

/* Why records are refused (by core, too): for the list of dead letters and the manual. Static. */
struct gh_decode_reason { const char *word, *meaning, *hint; };
const struct gh_decode_reason *gh_decode_reasons(size_t *n);
const struct gh_decode_reason *gh_decode_reason_find(struct gh_str word); /* NULL: no such word */
/* Appends a refused record as people may see it: the names of keys and the punctuation stay; digits become 9, letters x, other characters *; at most
 * about 512 characters, in one line of valid UTF-8. */
void gh_decode_mask(struct gh_buf *out, struct gh_str raw);

#endif
