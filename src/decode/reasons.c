/* Why a record is refused: the one list of words, for the dead letters and the manual (docs/events.md). */
#include "goldhour/decode/decode.h"

static const struct gh_decode_reason reasons[] = {
  {"bad_json", "not JSON: malformed anywhere, also in fields that nobody uses",
   "look at the record where it was written; lines must hold one object each"},
  {"bad_utf8", "bytes that are no UTF-8",
   "if the source writes GB18030, say `encoding: gb18030` in the mapping"},
  {"bad_encoding", "bytes that the mapping's encoding does not have",
   "check the mapping's `encoding` against the source"},
  {"bad_csv", "not CSV: quotes out of place, or another number of fields than the header",
   "see RFC 4180; fields that hold commas, quotes or newlines stand in quotes"},
  {"bad_envelope", "the message is not what the mapping's `envelope` says",
   "look at one message with `goldhour check --sample`, and name the envelope it really has"},
  {"too_long", "longer than `record_bytes`",
   "raise record_bytes if such records are meant"},
  {"too_deep", "nested deeper than `record_depth`",
   "raise record_depth if such records are meant"},
  {"wrong_type", "a field holds another kind of value than the schema says",
   "correct the schema, or turn the value in the mapping"},
  {"not_exact", "a number that its type cannot hold exactly",
   "give the field a larger scale, or the type double"},
  {"missing_field", "a field that is needed is absent, null or empty",
   "mark it optional with ? in the schema if that is right; id, customer and time need another source in the mapping"},
  {"duplicate_key", "a key that is used stands twice in one object",
   "the source must decide which one it means"},
  {"bad_time", "no such time or date, or outside 1990-2100",
   "say in the mapping with `as:` how the source writes times; seconds and microseconds are not milliseconds"},
  {"unknown_code", "a code that the mapping's table does not list",
   "add the code to the table, or give the table an `otherwise`"},
  {"unmapped", "no entry of the mapping applies and it says `otherwise: refuse`",
   "add an entry, or say `otherwise: pass`"},
  {"bad_value", "a value that the mapping computes ended in an error",
   "try the expression on the value with `goldhour eval`"},
  {"too_late", "older than `late_limit` before the newest event",
   "raise late_limit if events really come so late"},
  {"too_early", "over 10 minutes ahead of the clock",
   "check the clocks of source and host, and the zone of the source's times"},
  {"ids_full", "the customer has `customer_ids` events within late_limit",
   "raise customer_ids if one customer can have so many"},
  {"poison", "the process died three times while this message was decoded or stepped",
   "report it with the message; `goldhour dlq replay` tries it again"},
  {"sink_behind", "a lead that its sink did not take while `sink_behind` newer ones waited",
   "see to the sink; raise sink_behind if it may be away for so long"},
  {"sink_refused", "a lead that its sink refused for good",
   "the log says what the sink answered"},
};

const struct gh_decode_reason *gh_decode_reasons(size_t *n)
{
  *n = sizeof reasons / sizeof *reasons;
  return reasons;
}

const struct gh_decode_reason *gh_decode_reason_find(struct gh_str word)
{
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (gh_str_eq(gh_str(reasons[i].word), word)) return &reasons[i];
  return NULL;
}
