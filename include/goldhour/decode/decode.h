/* Records in, events out: JSON (simdjson behind a C shim) by the canonical form or by a mapping, and CSV for bulk profiles.
 *
 * A decoder belongs to one thread. What it gives out borrows from it until its next call. No allocation per event once it is warm.
 */
#ifndef GOLDHOUR_DECODE_DECODE_H
#define GOLDHOUR_DECODE_DECODE_H

#include "goldhour/cel/cel.h"
#include "goldhour/conf/conf.h"
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
  const char *reason;   /* BAD: a stable word: bad_json bad_utf8 wrong_type missing_field duplicate_key too_long too_deep not_exact bad_time … */
  struct gh_str detail; /* BAD: for people: which field, what was expected, what was found (no values of the customer's) */
};

/* zone: that of dates and of times without offset in a mapping. `mapping` NULL: canonical. All borrowed; must outlive the decoder. */
struct gh_decoder *gh_decoder_new(const struct gh_conf *conf, const struct gh_schema *schema, const struct gh_mapping *mapping, const struct gh_zone *zone);
void gh_decoder_free(struct gh_decoder *d);
/* Decodes one record (a line without its newline). `bytes` need not be padded. */
enum gh_decoded gh_decode(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);
/* Decodes one line of the bulk profiles as JSON: an object without id, type, time. */
enum gh_decoded gh_decode_profile(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);

/* CSV: the header line names the fields; then each line is a profile. A quoted field may hold newlines, so the reader joins lines: see gh_csv_complete. */
bool gh_csv_complete(struct gh_str bytes); /* quotes are balanced */
bool gh_decoder_csv_header(struct gh_decoder *d, struct gh_str header, struct gh_faults *faults);
enum gh_decoded gh_decode_csv(struct gh_decoder *d, struct gh_str bytes, struct gh_record *out);

#endif
