/* Messages as change-data-capture tools and event buses bring them: what stands around a row gives the event its id and time, and a message may hold several rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "goldhour/base/time.h"
#include "goldhour/decode/decode.h"
#include "goldhour/sys/sys.h"

static const char schema_text[] =
    "customer: {name: string, aum: decimal(2)}\n"
    "events:\n"
    "  transfer_in: {amount: decimal(2), booked_on: date?, booked_at: timestamp?, was: decimal(2)?, note: string?}\n"
    "  login: {channel: string?}\n"
    "  tagged: {tags: list(string)?}\n";

static struct gh_arena arena;
static struct gh_faults faults;
static struct gh_zones *zones;
static const struct gh_schema *schema;
static struct gh_conf conf = {.record_bytes = 1 << 20, .record_depth = 64};
static struct gh_decoder *decoder;
static struct gh_record record;

static void by(const char *mapping)
{
  gh_decoder_free(decoder);
  gh_faults_free(&faults);
  gh_faults_init(&faults);
  const struct gh_mapping *m = gh_mapping_parse(&arena, schema, zones, GH_STR("mapping.yaml"), gh_str(mapping), &faults);
  for (const struct gh_fault *f = faults.first; f; f = f->next) fprintf(stderr, "%u: %.*s\n", f->at.line, GH_FMT(f->message));
  assert_non_null(m);
  decoder = gh_decoder_new(&conf, schema, m, gh_zones_find(zones, GH_STR("Asia/Shanghai")));
}

static void refuses_mapping(const char *mapping, const char *message)
{
  gh_faults_free(&faults);
  gh_faults_init(&faults);
  assert_null(gh_mapping_parse(&arena, schema, zones, GH_STR("mapping.yaml"), gh_str(mapping), &faults));
  if (!gh_str_eq(faults.first->message, gh_str(message))) fail_msg("said: %.*s", GH_FMT(faults.first->message));
}

/* The message last given, in memory that ends where it does. */
static struct gh_message message;
static void clear_message(void)
{
  free((void *)(uintptr_t)message.bytes.ptr);
  message = (struct gh_message){0};
}

static enum gh_decoded feed(const char *text)
{
  char *exact = malloc(strlen(text) + 1);
  memcpy(exact, text, strlen(text));
  free((void *)(uintptr_t)message.bytes.ptr);
  message.bytes = gh_str_n(exact, strlen(text));
  return gh_decode_message(decoder, &message, &record);
}

static enum gh_decoded more(void)
{
  assert_true(record.more);
  return gh_decode_more(decoder, &record);
}

static char *canonical(void)
{
  static struct gh_buf out;
  gh_buf_clear(&out);
  gh_event_canonical(&out, &record.event, record.event.id);
  gh_buf_byte(&out, '\0');
  return out.data;
}

/* A digest at the end of an id is written # in what is expected: what it is matters to nobody. */
static const char *without_digest(char *event)
{
  enum { DIGITS = 16 };
  char *quote = strchr(event + strlen("{\"id\":\""), '"'), *from = quote - DIGITS;
  if (from > event && from[-1] == ':' && strspn(from, "0123456789abcdef") == DIGITS) {
    *from = '#';
    memmove(from + 1, quote, strlen(quote) + 1);
  }
  return event;
}

static void is(enum gh_decoded what, const char *event)
{
  if (what == GH_DECODED_BAD) fail_msg("refused: %s: %.*s", record.reason, GH_FMT(record.detail));
  assert_int_equal(what, GH_DECODED);
  assert_string_equal(without_digest(canonical()), event);
}

static void refused(enum gh_decoded what, const char *reason, const char *detail)
{
  assert_int_equal(what, GH_DECODED_BAD);
  assert_string_equal(record.reason, reason);
  if (!gh_str_eq(record.detail, gh_str(detail))) fail_msg("said: %.*s", GH_FMT(record.detail));
}

static void passed_over(enum gh_decoded what)
{
  if (what == GH_DECODED_BAD) fail_msg("refused: %s: %.*s", record.reason, GH_FMT(record.detail));
  assert_int_equal(what, GH_DECODED_OTHER);
}

#define CANAL(type, rest) "{\"id\":7,\"database\":\"core\",\"table\":\"txn\",\"pkNames\":[\"no\"],\"isDdl\":false,\"type\":\"" type "\",\"es\":1789606800000,\"ts\":1789606800123," rest "}"

static const char canal[] =
    "events:\n  envelope: canal\n  customer: /cust\n  entries:\n"
    "    - {type: transfer_in, table: core.txn, op: [insert, update], when: 'envelope.op == \"insert\" || envelope.table == \"txn\"',\n"
    "       fields: {amount: /amt, was: $before/amt, note: {join: [$database, '.', $table, ' ', $row]}}}\n"
    "    - {type: customer, table: customer, fields: {name: /nm}}\n";

static void canal_rows_are_events(void **state)
{
  (void)state;
  by(canal);
  is(feed(CANAL("INSERT", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"12.50\"},{\"no\":\"2\",\"cust\":\"C1\",\"amt\":\"8000\"}],\"old\":null")),
     "{\"id\":\"core.txn:insert:1789606800000:1\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"12.50\",\"note\":\"core.txn 1\"}");
  is(more(), "{\"id\":\"core.txn:insert:1789606800000:2\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8000.00\",\"note\":\"core.txn 2\"}");
  assert_false(record.more);
}

static void canal_shows_what_a_row_was_before(void **state)
{
  (void)state;
  by(canal);
  assert_int_equal(feed(CANAL("UPDATE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"12.50\"},{\"no\":\"2\",\"cust\":\"C1\",\"amt\":\"9\"}],\"old\":[{\"amt\":\"1\"},{\"cust\":\"C0\"}]")), GH_DECODED);
  assert_non_null(strstr(canonical(), "\"was\":\"1.00\""));
  assert_int_equal(more(), GH_DECODED);
  assert_non_null(strstr(canonical(), "\"was\":\"9.00\"")); /* not among what changed: it was the same */
}

static void canal_tells_updates_of_one_second_apart(void **state)
{
  char first[200];
  (void)state;
  by(canal);
  assert_int_equal(feed(CANAL("UPDATE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"2\"}],\"old\":[{\"amt\":\"1\"}]")), GH_DECODED);
  snprintf(first, sizeof first, "%.*s", GH_FMT(record.event.id));
  assert_int_equal(feed(CANAL("UPDATE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"3\"}],\"old\":[{\"amt\":\"2\"}]")), GH_DECODED);
  assert_false(gh_str_eq(record.event.id, gh_str(first)));
  assert_int_equal(feed(CANAL("UPDATE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"2\"}],\"old\":[{\"amt\":\"1\"}]")), GH_DECODED);
  assert_true(gh_str_eq(record.event.id, gh_str(first)));
}

static void canal_without_a_primary_key(void **state)
{
  char first[200];
  (void)state;
  by(canal);
  assert_int_equal(feed("{\"id\":0,\"database\":\"core\",\"table\":\"txn\",\"pkNames\":null,\"isDdl\":false,\"type\":\"INSERT\",\"es\":1789606800000,"
                        "\"data\":[{\"cust\":\"C1\",\"amt\":\"2\"},{\"cust\":\"C1\",\"amt\":\"2\"}]}"), GH_DECODED);
  snprintf(first, sizeof first, "%.*s", GH_FMT(record.event.id));
  assert_int_equal(more(), GH_DECODED);
  assert_false(gh_str_eq(record.event.id, gh_str(first)));
}

static void a_refused_row_hides_no_other(void **state)
{
  (void)state;
  by(canal);
  refused(feed(CANAL("INSERT", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"x\"},null,{\"no\":\"3\",\"cust\":\"C1\",\"amt\":\"3\"}]")), "wrong_type",
          "row 1: field 'amount': decimal(2) was expected, found a text that is no number");
  refused(more(), "wrong_type", "row 2: an object was expected, found null");
  is(more(), "{\"id\":\"core.txn:insert:1789606800000:3\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"3.00\",\"note\":\"core.txn 3\"}");
  assert_false(record.more);
}

static void a_zero_date_is_no_date(void **state)
{
  (void)state;
  by("zone: UTC\nevents:\n  envelope: canal\n  customer: /cust\n  entries: [{type: transfer_in, fields: {amount: /amt, booked_on: /d, booked_at: {at: /t, as: datetime}}}]\n");
  is(feed(CANAL("INSERT", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"1\",\"d\":\"0000-00-00\",\"t\":\"0000-00-00 00:00:00\"}]")),
     "{\"id\":\"core.txn:insert:1789606800000:1\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"1.00\"}");
}

static void a_raw_value_of_another_table_does_not_matter(void **state)
{
  (void)state;
  by("events:\n  envelope: canal\n  raw: {amt: {at: /amt, type: 'decimal(2)'}}\n  customer: /cust\n  otherwise: refuse\n  entries:\n"
     "    - {type: transfer_in, table: a, when: raw.amt > 0.00, fields: {amount: /amt}}\n    - {type: login, table: core.txn, fields: {channel: /amt}}\n");
  assert_int_equal(feed(CANAL("INSERT", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"much\"}]")), GH_DECODED);
  refused(feed(CANAL("DELETE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"much\"}]")), "unmapped", "no entry of the mapping applies");
}

static void canal_passes_over_what_changes_no_row(void **state)
{
  (void)state;
  by(canal);
  passed_over(feed("{\"data\":null,\"database\":\"core\",\"es\":1,\"id\":0,\"isDdl\":true,\"sql\":\"ALTER TABLE txn\",\"table\":\"\",\"type\":\"ALTER\"}"));
  passed_over(feed(CANAL("DELETE", "\"data\":[{\"no\":\"1\",\"cust\":\"C1\",\"amt\":\"2\"}]")));
  passed_over(feed(CANAL("INSERT", "\"data\":[]")));
  clear_message();
  passed_over(gh_decode_message(decoder, &message, &record));
  refused(feed("{\"hello\":1}"), "bad_envelope", "no message of canal: it has no `type`");
  refused(feed(CANAL("INSERT", "\"data\":{}")), "bad_envelope", "no message of canal: its `data` is no list");
  refused(feed("{\"id\":1,\"type\":\"INSERT\",\"type\":\"INSERT\"}"), "duplicate_key", "field 'type' stands twice");
}

static const char debezium[] =
    "zone: Asia/Shanghai\nevents:\n  envelope: debezium\n  customer: /cust\n  entries:\n"
    "    - {type: transfer_in, table: txn, fields: {amount: /amt, booked_on: /day, booked_at: /at, note: {join: [/day]}}}\n"
    "    - {type: customer, table: customer, op: [insert, update, snapshot], fields: {name: /nm, aum: /aum}}\n"
    "    - {type: customer, table: customer, forget: true}\n";
#define MYSQL(op, snapshot, table, rest) "{\"source\":{\"version\":\"2.5\",\"connector\":\"mysql\",\"name\":\"bank\",\"ts_ms\":1789606800000,\"snapshot\":" snapshot \
  ",\"db\":\"core\",\"table\":\"" table "\",\"server_id\":1,\"gtid\":null,\"file\":\"bin.01\",\"pos\":4711,\"row\":2},\"op\":\"" op "\",\"ts_ms\":1789606899999,\"transaction\":null," rest "}"

static void debezium_changes_are_events(void **state)
{
  (void)state;
  by(debezium);
  is(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8000.00\"}");
  is(feed(MYSQL("c", "false", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":8000.5,\"day\":null}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8000.50\"}");
  passed_over(feed(MYSQL("u", "\"false\"", "txn", "\"before\":{},\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}")));
  passed_over(feed(MYSQL("t", "\"false\"", "txn", "\"before\":null,\"after\":null")));
}

static void debezium_snapshots_trigger_nothing(void **state)
{
  (void)state;
  by(debezium);
  passed_over(feed(MYSQL("r", "\"first\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}")));
  passed_over(feed(MYSQL("r", "\"incremental\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}")));
  passed_over(feed(MYSQL("c", "true", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}")));
  message.key = GH_STR("{\"schema\":{\"type\":\"struct\"},\"payload\":{\"no\":17}}");
  is(feed(MYSQL("r", "\"last\"", "customer", "\"before\":null,\"after\":{\"cust\":\"C1\",\"nm\":\"王芳\",\"aum\":null}")),
     "{\"id\":\"bank:bin.01:4711:2:1789606800000:#\",\"type\":\"customer\",\"customer\":\"C1\",\"time\":1789606800000,\"name\":\"王芳\",\"aum\":null}");
  is(feed(MYSQL("d", "\"false\"", "customer", "\"before\":{\"cust\":\"C1\"},\"after\":null")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"customer\",\"customer\":\"C1\",\"time\":1789606800000,\"forget\":true}");
  clear_message();
}

#define FIELDS "[{\"type\":\"string\",\"field\":\"cust\"},{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"4\"},\"field\":\"amt\"}," \
  "{\"type\":\"int32\",\"name\":\"io.debezium.time.Date\",\"field\":\"day\"},{\"type\":\"int64\",\"name\":\"io.debezium.time.MicroTimestamp\",\"field\":\"at\"}]"

static void debezium_values_are_read_by_the_schema(void **state)
{
  (void)state;
  by(debezium);
  is(feed("{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"field\":\"before\"},{\"type\":\"struct\",\"fields\":" FIELDS ",\"field\":\"after\"}]},\"payload\":"
          MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"BMS0AA==\",\"day\":20708,\"at\":1789635600123456}") "}"),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8000.00\",\"booked_on\":\"2026-09-12\","
     "\"booked_at\":1789606800123,\"note\":\"2026-09-12\"}");
  is(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":{\"scale\":1,\"value\":\"/zg=\"},\"day\":\"__debezium_unavailable_value\"}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"-20.00\"}");
  passed_over(feed("{\"schema\":null,\"payload\":null}"));
  passed_over(feed("null"));
  passed_over(feed("{\"ts_ms\":1}"));
  passed_over(feed("{\"status\":\"BEGIN\",\"id\":\"1\",\"ts_ms\":1}"));
  refused(feed("{\"amount\":1}"), "bad_envelope", "no message of debezium: it has no `op`");
}

static const char any_change[] = "events:\n  envelope: debezium\n  customer: /cust\n  entries: [{type: transfer_in, op: [insert, update, delete], fields: {amount: /amt}}]\n";

/* Oracle's NUMBER has the scale of each value, which is below 0 for round ones. */
static void decimals_of_variable_scale(void **state)
{
  static const struct { const char *value, *amount; } cases[] = {
    {"{\"scale\":-3,\"value\":\"CA==\"}", "8000.00"}, {"{\"scale\":-2,\"value\":\"AA==\"}", "0.00"},
    {"{\"scale\":0,\"value\":\"9g==\"}", "-10.00"}, {"{\"scale\":2,\"value\":\"AQ==\"}", "0.01"},
  };
  (void)state;
  by(any_change);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[900], event[300];
    snprintf(text, sizeof text, MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":%s}"), cases[i].value);
    snprintf(event, sizeof event, "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"%s\"}", cases[i].amount);
    is(feed(text), event);
  }
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":{\"scale\":-101,\"value\":\"AQ==\"}}")), "wrong_type",
          "field 'amount': decimal(2) was expected, found an object");
}

/* What converters of a schema registry write begins with a 0 and the schema's number. */
static void messages_of_a_schema_registry_are_named(void **state)
{
  static const char avro[] = "\0\0\0\0\7{\"op\":\"c\"}";
  (void)state;
  by(any_change);
  refused(gh_decode_message(decoder, &(struct gh_message){.bytes = gh_str_n(avro, sizeof avro - 1)}, &record), "bad_json",
          "it begins with a 0, as a schema registry's converters write (Avro, Protobuf, JSON Schema): let the source write plain JSON");
}

static void values_without_a_schema_are_declared(void **state)
{
  (void)state;
  by("zone: Asia/Shanghai\nevents:\n  envelope: debezium\n  customer: /cust\n  entries:\n"
     "    - {type: transfer_in, fields: {amount: {at: /amt, base64_digits: 4}, booked_on: {at: /day, as: days}, booked_at: {at: /at, as: local_us}}}\n");
  is(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"BMS0AA==\",\"day\":20708,\"at\":1789635600123456}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8000.00\",\"booked_on\":\"2026-09-12\",\"booked_at\":1789606800123}");
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"!\"}")), "wrong_type",
          "field 'amount': decimal(2) was expected, found a text that is no base64 of a number");
}

static void values_without_a_schema_that_are_not_declared(void **state)
{
  (void)state;
  by("events:\n  envelope: debezium\n  customer: /cust\n  entries: [{type: transfer_in, fields: {amount: /amt, booked_on: /day}}]\n");
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"BMS0AA==\"}")), "wrong_type",
          "field 'amount': decimal(2) was expected, found a text that is no number (if it is a decimal in base64, say `base64_digits`: the column's scale)");
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":1,\"day\":20708}")), "wrong_type",
          "field 'booked_on': date was expected, found a number (if it counts days since 1970, say `as: days`)");
}

static void a_count_that_may_be_local_is_not_guessed(void **state)
{
  (void)state;
  by(debezium);
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":1,\"at\":1789635600000}")), "bad_time",
          "field 'booked_at': timestamp was expected, found a count that may be of the local clock (say `as: local_ms`, `local_us`, or `ms`)");
  is(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":1,\"at\":\"2026-09-17T01:00:00Z\"}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"1.00\",\"booked_at\":1789606800000}");
}

#define ISO(zoned) "{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"fields\":[{\"type\":\"string\",\"name\":\"io.debezium.time.IsoDate\",\"field\":\"day\"}," \
  "{\"type\":\"string\",\"name\":\"io.debezium.time." zoned "\",\"field\":\"at\"}],\"field\":\"after\"}]},\"payload\":" \
  MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"1\",\"day\":\"2026-09-12Z\",\"at\":\"2026-09-17T09:00:00.123456Z\"}") "}"

/* time.precision.mode isostring puts a Z behind what is the local clock. */
static void debezium_iso_texts_of_local_times(void **state)
{
  (void)state;
  by(debezium);
  is(feed(ISO("IsoTimestamp")), "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"1.00\",\"booked_on\":\"2026-09-12\","
     "\"booked_at\":1789606800123,\"note\":\"2026-09-12\"}");
  is(feed(ISO("ZonedTimestamp")), "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"1.00\",\"booked_on\":\"2026-09-12\","
     "\"booked_at\":1789635600123,\"note\":\"2026-09-12\"}");
  by("zone: Asia/Shanghai\nevents:\n  envelope: debezium\n  customer: /cust\n  entries: [{type: transfer_in, fields: {amount: /amt, booked_on: {at: /at, as: datetime}, booked_at: {at: /at, as: datetime}}}]\n");
  is(feed(ISO("IsoTimestamp")), "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"1.00\",\"booked_on\":\"2026-09-17\","
     "\"booked_at\":1789606800123}");
}

static void what_debezium_did_not_send_is_absent(void **state)
{
  (void)state;
  by("events:\n  envelope: debezium\n  customer: /cust\n  entries: [{type: tagged, fields: {tags: /tags}}]\n");
  is(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"tags\":[\"__debezium_unavailable_value\"]}")),
     "{\"id\":\"bank:bin.01:4711:2:#\",\"type\":\"tagged\",\"customer\":\"C1\",\"time\":1789606800000}");
}

/* Decodes a message twice: its id must be the same both times. */
static const char *id_of(const char *text)
{
  static char ids[2][200];
  static unsigned n;
  char *id = ids[n++ % 2];
  assert_int_equal(feed(text), GH_DECODED);
  snprintf(id, sizeof ids[0], "%.*s", GH_FMT(record.event.id));
  assert_int_equal(feed(text), GH_DECODED);
  assert_true(gh_str_eq(record.event.id, gh_str(id)));
  return id;
}

static void ids_differ(const char *a, const char *b)
{
  const char *first = id_of(a), *second = id_of(b);
  if (strcmp(first, second) == 0) fail_msg("the same: %s", first);
}

/* A transaction that MySQL compressed is one event of its log: all that is in it has that event's position, and rows are counted anew for each statement. */
static void rows_of_a_compressed_transaction_are_told_apart(void **state)
{
  (void)state;
  by(any_change);
  ids_differ(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"no\":1,\"cust\":\"C1\",\"amt\":\"8000.00\"}"),
             MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"no\":2,\"cust\":\"C1\",\"amt\":\"8000.00\"}"));
  ids_differ(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"no\":1,\"cust\":\"C1\",\"amt\":\"8000.00\"}"),
             MYSQL("c", "\"false\"", "txn_log", "\"before\":null,\"after\":{\"no\":1,\"cust\":\"C1\",\"amt\":\"8000.00\"}"));
}

/* Debezium writes a changed primary key as a deletion and a creation at one place. */
static void a_changed_key_is_two_events(void **state)
{
  (void)state;
  by(any_change);
  ids_differ(MYSQL("d", "\"false\"", "txn", "\"before\":{\"no\":1,\"cust\":\"C1\",\"amt\":\"8000.00\"},\"after\":null"),
             MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"no\":2,\"cust\":\"C1\",\"amt\":\"8000.00\"}"));
  ids_differ(MYSQL("d", "\"false\"", "txn", "\"before\":{\"cust\":\"C1\",\"amt\":\"8000.00\"},\"after\":null"),
             MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"8000.00\"}"));
}

#define POSTGRES(no) "{\"before\":null,\"after\":{\"no\":" no ",\"cust\":\"C1\",\"amt\":\"1\"},\"source\":{\"connector\":\"postgresql\",\"name\":\"pg\",\"ts_ms\":1789606800000," \
  "\"snapshot\":\"false\",\"db\":\"core\",\"schema\":\"public\",\"table\":\"txn\",\"txId\":555,\"lsn\":24023128,\"xmin\":null},\"op\":\"c\",\"ts_ms\":2}"

/* Rows of one COPY share a position; the key may be absent, or the customer's (message.key.columns), which a stream keyed by customer needs. */
static void rows_of_one_log_position_are_told_apart(void **state)
{
  (void)state;
  by(any_change);
  ids_differ(POSTGRES("1"), POSTGRES("2"));
  message.key = GH_STR("{\"cust\":\"C1\"}");
  ids_differ(POSTGRES("1"), POSTGRES("2"));
  clear_message();
}

#define ORACLE(rest, row) "{\"before\":null,\"after\":{\"cust\":\"C1\",\"amt\":\"" row "\"},\"source\":{\"connector\":\"oracle\",\"name\":\"ora\",\"ts_ms\":1789606800000,\"snapshot\":\"false\"," \
  "\"db\":\"ORCL\",\"schema\":\"CORE\",\"table\":\"txn\",\"txId\":\"6.28.807\",\"scn\":\"2122185\",\"commit_scn\":\"2122190\"" rest "},\"op\":\"c\"}"

/* Array operations write many rows to one record set. */
static void oracle_rows_of_one_record_set_are_told_apart(void **state)
{
  (void)state;
  by(debezium);
  ids_differ(ORACLE(",\"rs_id\":\"001234.00012345.0124\",\"ssn\":0", "1"), ORACLE(",\"rs_id\":\"001234.00012345.0124\",\"ssn\":0", "2"));
  ids_differ(ORACLE("", "1"), ORACLE("", "2"));
}

#define MONGODB(time) "{\"before\":null,\"after\":\"{\\\"cust\\\":\\\"C1\\\",\\\"amt\\\":1}\",\"source\":{\"connector\":\"mongodb\",\"name\":\"mdb\",\"ts_ms\":" time ",\"snapshot\":\"false\"," \
  "\"db\":\"core\",\"collection\":\"txn\",\"ord\":1},\"op\":\"c\"}"

/* MongoDB counts its changes anew each second. */
static void mongodb_changes_have_their_second(void **state)
{
  (void)state;
  by(any_change);
  ids_differ(MONGODB("1789606800000"), MONGODB("1789606801000"));
}

static const char goldengate[] =
    "events:\n  envelope: {goldengate: {zone: Asia/Shanghai}}\n  customer: /CUST\n  entries:\n"
    "    - {type: transfer_in, table: CORE.TXN, op: [insert, update], fields: {amount: /AMT, was: $before/AMT, booked_at: {at: /AT, as: datetime}}}\n";
#define GOLDENGATE(op, rest) "{\"table\":\"CORE.TXN\",\"op_type\":\"" op "\",\"op_ts\":\"2026-09-17 09:00:00.123456\",\"current_ts\":\"2026-09-17T09:00:01.000000\",\"pos\":\"00000000000000002928\"," rest "}"

static void goldengate_changes_are_events(void **state)
{
  (void)state;
  by(goldengate);
  is(feed(GOLDENGATE("I", "\"after\":{\"CUST\":\"C1\",\"AMT\":8000.00,\"AT\":\"2026-09-17T09:00:00\"}")),
     "{\"id\":\"CORE.TXN:insert:00000000000000002928\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800123,\"amount\":\"8000.00\",\"booked_at\":1789606800000}");
  is(feed(GOLDENGATE("U", "\"before\":{\"CUST\":\"C1\",\"AMT\":\"1\"},\"after\":{\"AMT\":2}")),
     "{\"id\":\"CORE.TXN:update:00000000000000002928\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800123,\"amount\":\"2.00\",\"was\":\"1.00\"}");
  is(feed(GOLDENGATE("U", "\"before\":{\"CUST\":\"C1\",\"AMT\":\"1\"},\"after\":{\"CUST\":null,\"CUST_isMissing\":true,\"AMT\":2,\"AMT_isMissing\":false}")),
     "{\"id\":\"CORE.TXN:update:00000000000000002928\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800123,\"amount\":\"2.00\",\"was\":\"1.00\"}");
  is(feed(GOLDENGATE("I", "\"CUST\":\"C1\",\"AMT\":\"3\"")),
     "{\"id\":\"CORE.TXN:insert:00000000000000002928\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800123,\"amount\":\"3.00\"}");
  passed_over(feed(GOLDENGATE("T", "\"x\":1")));
  refused(feed(GOLDENGATE("INSERT", "\"after\":{\"CUST\":\"C1\"}")), "bad_envelope", "no message of goldengate: its `op_type` is none of I, U, D and T");
  is(feed("{\"schema\":{\"type\":\"struct\"},\"payload\":" GOLDENGATE("I", "\"CUST\":\"C1\",\"AMT\":\"3\"") "}"),
     "{\"id\":\"CORE.TXN:insert:00000000000000002928\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800123,\"amount\":\"3.00\"}");
  passed_over(feed(GOLDENGATE("D", "\"before\":{\"CUST\":\"C1\"},\"after\":null")));
  refused(feed("{\"a\":1}"), "bad_envelope", "no message of goldengate: it has no `op_type`");
}

/* Its Kafka handler in mode tx, which is its default, writes the operations of a transaction one behind the other. */
static void goldengate_transactions_hold_many(void **state)
{
#define OPERATION(pos, rest) "{\"table\":\"CORE.TXN\",\"op_type\":\"I\",\"op_ts\":\"2026-09-17 09:00:00\",\"pos\":\"" pos "\",\"after\":{\"CUST\":\"C1\"" rest "}}"
#define IS(pos, amount) "{\"id\":\"CORE.TXN:insert:" pos "\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"" amount "\"}"
  (void)state;
  by(goldengate);
  is(feed(OPERATION("1", ",\"AMT\":1") OPERATION("2", "") "\n" OPERATION("3", ",\"AMT\":3")), IS("1", "1.00"));
  refused(more(), "missing_field", "row 2: field 'amount' is missing");
  is(more(), IS("3", "3.00"));
  assert_false(record.more);
  is(feed("[" OPERATION("1", ",\"AMT\":1") "]"), IS("1", "1.00"));
  assert_false(record.more);
  refused(feed(OPERATION("1", ",\"AMT\":1") "{\"table\":"), "bad_json", "the record ends where a value was expected");
  refused(feed(OPERATION("1", ",\"AMT\":1") "}"), "bad_json", "something that is no JSON value");
  by(canal);
  refused(feed(CANAL("INSERT", "\"data\":null") CANAL("INSERT", "\"data\":null")), "bad_json", "more text behind the record's end");
}

static const char cloudevents[] =
    "events:\n  envelope: cloudevents\n  customer: $subject\n  entries:\n"
    "    - {type: transfer_in, event_type: cn.bank.transfer}\n    - {type: login, event_type: [a, cn.bank.login], fields: {channel: $header/channel}}\n";
#define EVENT(id, rest) "{\"specversion\":\"1.0\",\"id\":\"" id "\",\"source\":\"/core\",\"type\":\"cn.bank.transfer\",\"subject\":\"C1\",\"time\":\"2026-09-17T09:00:00+08:00\"," rest "}"
static const char e1[] = "{\"id\":\"/core:e1\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"8.00\"}";

static void structured_cloudevents(void **state)
{
  (void)state;
  by(cloudevents);
  is(feed(EVENT("e1", "\"datacontenttype\":\"application/json\",\"data\":{\"amount\":8}")), e1);
  is(feed(EVENT("e1", "\"data_base64\":\"eyJhbW91bnQiOjh9\"")), e1);
  is(feed(EVENT("e1", "\"data\":\"{\\\"amount\\\":8}\"")), e1);
  refused(feed(EVENT("e1", "\"data\":[1]")), "wrong_type", "the data: an object was expected, found a list");
  refused(feed(EVENT("e1", "\"data\":true")), "wrong_type", "the data: an object was expected, found a bool");
  refused(feed(EVENT("e1", "\"data\":\"no json\"")), "bad_json", "in a text that should hold JSON: something that is no JSON value");
  refused(feed(EVENT("e1", "\"data_base64\":[]")), "bad_envelope", "no message of cloudevents: its data_base64 is no base64");
}

static void batched_cloudevents(void **state)
{
  (void)state;
  by(cloudevents);
  is(feed("[" EVENT("e1", "\"data\":{\"amount\":8}") ",{\"specversion\":\"1.0\"}," EVENT("e2", "\"data\":{\"amount\":9}") "]"), e1);
  refused(more(), "bad_envelope", "row 2: no message of cloudevents: it has no `id`, neither as header ce_id nor beside its data");
  is(more(), "{\"id\":\"/core:e2\",\"type\":\"transfer_in\",\"customer\":\"C1\",\"time\":1789606800000,\"amount\":\"9.00\"}");
  assert_false(record.more);
  passed_over(feed("[]"));
}

static void binary_cloudevents(void **state)
{
  static const struct gh_header headers[] = {
    {GH_STR("ce_specversion"), GH_STR("1.0")}, {GH_STR("ce_id"), GH_STR("e9")}, {GH_STR("ce_source"), GH_STR("/app")}, {GH_STR("ce_type"), GH_STR("cn.bank.login")},
    {GH_STR("ce_time"), GH_STR("2026-09-17T01:00:00Z")}, {GH_STR("ce_subject"), GH_STR("C2")}, {GH_STR("content-type"), GH_STR("application/json")}, {GH_STR("channel"), GH_STR("app")},
  };
  (void)state;
  by(cloudevents);
  message.headers = headers;
  message.nheaders = sizeof headers / sizeof *headers;
  is(feed("{\"any\":[1]}"), "{\"id\":\"/app:e9\",\"type\":\"login\",\"customer\":\"C2\",\"time\":1789606800000,\"channel\":\"app\"}");
  refused(feed("[1]"), "wrong_type", "the data: an object was expected, found a list");
  clear_message();
}

/* An event without data is a message without a value; it is the headers that say whether one is an event. */
static void binary_cloudevents_without_data(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("ce_id"), GH_STR("e9")}, {GH_STR("ce_source"), GH_STR("/app")}, {GH_STR("ce_type"), GH_STR("cn.bank.login")},
                                             {GH_STR("ce_time"), GH_STR("2026-09-17T01:00:00Z")}, {GH_STR("ce_subject"), GH_STR("C2")}};
  static const char event[] = "{\"id\":\"/app:e9\",\"type\":\"login\",\"customer\":\"C2\",\"time\":1789606800000}";
  (void)state;
  by(cloudevents);
  clear_message();
  message = (struct gh_message){.headers = headers, .nheaders = sizeof headers / sizeof *headers};
  is(gh_decode_message(decoder, &message, &record), event);
  is(feed(""), event);
  is(feed("null"), event);
  clear_message();
  passed_over(gh_decode_message(decoder, &message, &record));
}

/* The attributes of a structured event may stand in headers as well: the content type tells. */
static void structured_cloudevents_with_headers(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("ce_id"), GH_STR("e1")}, {GH_STR("ce_source"), GH_STR("/core")}, {GH_STR("ce_type"), GH_STR("cn.bank.transfer")},
                                             {GH_STR("ce_subject"), GH_STR("C1")}, {GH_STR("content-type"), GH_STR("Application/CloudEvents+json; charset=UTF-8")}};
  (void)state;
  by(cloudevents);
  message.headers = headers;
  message.nheaders = sizeof headers / sizeof *headers;
  is(feed(EVENT("e1", "\"data\":{\"amount\":8}")), e1);
  is(feed("[" EVENT("e1", "\"data\":{\"amount\":8}") "]"), e1);
  clear_message();
}

static void cloudevents_that_lack_an_attribute(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("ce_id"), GH_STR("e9")}, {GH_STR("ce_source"), GH_STR("/app")}};
  (void)state;
  by(cloudevents);
  refused(feed("{\"id\":\"e1\",\"type\":\"cn.bank.transfer\",\"data\":{}}"), "bad_envelope",
          "no message of cloudevents: it has no `source`, neither as header ce_source nor beside its data");
  message.headers = headers;
  message.nheaders = 2;
  refused(feed("{}"), "bad_envelope", "no message of cloudevents: it has a header ce_id, but none of ce_type");
  clear_message();
}

static void outbox_messages(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("id"), GH_STR("4d47e190")}, {GH_STR("eventType"), GH_STR("LoggedIn")}};
  (void)state;
  by("events:\n  envelope: debezium-outbox\n  customer: $key\n  entries: [{type: login, event_type: LoggedIn}]\n");
  clear_message();
  message = (struct gh_message){.key = GH_STR("\"C7\""), .headers = headers, .nheaders = 2, .time_ms = 1789606800000};
  const char *event = "{\"id\":\"4d47e190\",\"type\":\"login\",\"customer\":\"C7\",\"time\":1789606800000,\"channel\":\"app\"}";
  is(feed("{\"channel\":\"app\"}"), event);
  is(feed("\"{\\\"channel\\\":\\\"app\\\"}\""), event);
  is(feed("{\"schema\":{\"type\":\"string\"},\"payload\":\"{\\\"channel\\\":\\\"app\\\"}\"}"), event);
  is(feed("{\"eventType\":\"x\",\"payload\":{\"channel\":\"app\"}}"), event);
  refused(feed("7"), "wrong_type", "the payload: an object was expected, found a number");
  message.nheaders = 0;
  is(feed("{\"before\":null,\"after\":{\"id\":\"4d47e190\",\"aggregateid\":\"C7\",\"type\":\"LoggedIn\",\"payload\":\"{\\\"channel\\\":\\\"app\\\"}\"},"
          "\"source\":{\"ts_ms\":1789606800000,\"snapshot\":\"false\"},\"op\":\"c\"}"), event);
  passed_over(feed("{\"before\":{},\"after\":null,\"source\":{\"ts_ms\":1,\"snapshot\":\"false\"},\"op\":\"d\"}"));
  clear_message();
}

/* Where the envelope itself should give id or time, the refusal says what it lacks. */
static void a_lacking_id_or_time_is_named(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("eventType"), GH_STR("LoggedIn")}};
  (void)state;
  by(goldengate);
  refused(feed("{\"table\":\"CORE.TXN\",\"op_type\":\"I\",\"op_ts\":\"2026-09-17 09:00:00.123456\",\"after\":{\"CUST\":\"C1\",\"AMT\":1}}"), "missing_field",
          "field 'id' is missing: it comes from `pos`");
  refused(feed("{\"table\":\"CORE.TXN\",\"op_type\":\"I\",\"pos\":\"1\",\"after\":{\"CUST\":\"C1\",\"AMT\":1}}"), "missing_field", "field 'time' is missing: it comes from `op_ts`");
  by(canal);
  refused(feed("{\"id\":7,\"database\":\"core\",\"table\":\"txn\",\"type\":\"INSERT\",\"data\":[{\"cust\":\"C1\",\"amt\":\"1\"}]}"), "missing_field",
          "field 'time' is missing: it comes from `es`");
  by(cloudevents);
  refused(feed("{\"id\":\"e1\",\"source\":\"/a\",\"type\":\"cn.bank.transfer\",\"subject\":\"C1\",\"data\":{\"amount\":1}}"), "missing_field",
          "field 'time' is missing: it comes from `time` or the header ce_time");
  by(any_change);
  refused(feed("{\"after\":{\"cust\":\"C1\",\"amt\":1},\"source\":{\"connector\":\"vitess\",\"ts_ms\":1789606800000},\"op\":\"c\"}"), "missing_field",
          "field 'id' is missing: it comes from the place in the log that `source` names");
  by("events:\n  envelope: debezium-outbox\n  customer: $key\n  entries: [{type: login, event_type: LoggedIn}]\n");
  clear_message();
  message = (struct gh_message){.key = GH_STR("C7"), .headers = headers, .nheaders = 1, .time_ms = 1789606800000};
  refused(feed("{}"), "missing_field", "field 'id' is missing: it comes from the header id");
  clear_message();
}

/* A key of several parts, or with its schema, would make customers named {"no":17}. */
static void a_key_that_is_an_object_is_no_customer(void **state)
{
  (void)state;
  by("events:\n  envelope: debezium\n  customer: $key\n  entries: [{type: login}]\n");
  message.key = GH_STR("{\"cust_no\":\"C1\"}");
  refused(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{}")), "wrong_type",
          "field 'customer': string was expected, found the message's key, which is an object (say $key/NAME, or where the customer stands in the row)");
  by("events:\n  envelope: debezium\n  customer: $key/cust_no\n  entries: [{type: login}]\n");
  assert_int_equal(feed(MYSQL("c", "\"false\"", "txn", "\"before\":null,\"after\":{}")), GH_DECODED);
  clear_message();
}

static void rows_in_plain_json(void **state)
{
  (void)state;
  by("events:\n  envelope: {json: {rows: /batch/items}}\n  id: $message/batch/no\n  customer: /c\n  time: $message/batch/at\n  entries: [{type: login, fields: {channel: /ch}}]\n");
  is(feed("{\"batch\":{\"no\":\"b1\",\"at\":1789606800000,\"items\":[{\"c\":\"C1\"},{\"c\":\"C2\",\"ch\":\"app\"}]}}"), "{\"id\":\"b1-1\",\"type\":\"login\",\"customer\":\"C1\",\"time\":1789606800000}");
  is(more(), "{\"id\":\"b1-2\",\"type\":\"login\",\"customer\":\"C2\",\"time\":1789606800000,\"channel\":\"app\"}");
}

static void keys_and_headers_without_an_envelope(void **state)
{
  static const struct gh_header headers[] = {{GH_STR("trace"), GH_STR("t1")}, {GH_STR("bad"), GH_STR("\xFF")}};
  (void)state;
  by("events:\n  id: $header/trace\n  customer: $key\n  time: $stream_time\n  entries: [{type: login, fields: {channel: /ch}}]\n");
  clear_message();
  message = (struct gh_message){.key = GH_STR("C1"), .headers = headers, .nheaders = 2, .time_ms = 1789606800000};
  is(feed("{\"ch\":\"app\"}"), "{\"id\":\"t1\",\"type\":\"login\",\"customer\":\"C1\",\"time\":1789606800000,\"channel\":\"app\"}");
  message.key = GH_STR("\xFF");
  refused(feed("{\"ch\":\"app\"}"), "bad_utf8", "the message's key holds bytes that are no UTF-8");
  clear_message();
}

static void mappings_with_faults(void **state)
{
  (void)state;
  refuses_mapping("events: {envelope: canel, customer: /c, entries: []}", "there is no envelope 'canel'");
  refuses_mapping("events: {envelope: goldengate, customer: /c, entries: [{type: login}]}", "the time of this event is GoldenGate's op_ts, which has no zone");
  refuses_mapping("events: {envelope: debezium, customer: /c, entries: [{type: login, op: snapshot}]}", "'op': rows of a snapshot trigger nothing");
  refuses_mapping("events: {envelope: canal, customer: $tabel, entries: [{type: login}]}", "there is no '$tabel' here");
  refuses_mapping("events: {envelope: cloudevents, customer: $before/x, entries: [{type: login}]}", "there is no '$before/x' here");
  refuses_mapping("events: {envelope: cloudevents, customer: /c, entries: [{type: login, table: t}]}", "'table' means nothing without an envelope that has it");
  refuses_mapping("events: {envelope: json, customer: /c, entries: [{type: login}]}", "no 'id' is given, here or for all entries");
  refuses_mapping("profiles: {customer: $key}", "there is no '$key' here");
  refuses_mapping("events: {envelope: {canal: {zone: UTC}}, customer: /c, entries: [{type: login}]}", "unknown key 'zone'");
}

static int setup(void **state)
{
  (void)state;
  gh_faults_init(&faults);
  gh_arena_init(&arena, 0);
  zones = gh_zones_load();
  schema = gh_schema_parse(&arena, GH_STR("schema.yaml"), GH_STR(schema_text), &faults);
  return schema ? 0 : -1;
}

static int teardown(void **state)
{
  (void)state;
  clear_message();
  gh_decoder_free(decoder);
  gh_faults_free(&faults);
  gh_zones_free(zones);
  gh_arena_free(&arena);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(canal_rows_are_events),
    cmocka_unit_test(canal_shows_what_a_row_was_before),
    cmocka_unit_test(canal_tells_updates_of_one_second_apart),
    cmocka_unit_test(canal_without_a_primary_key),
    cmocka_unit_test(a_refused_row_hides_no_other),
    cmocka_unit_test(a_zero_date_is_no_date),
    cmocka_unit_test(a_raw_value_of_another_table_does_not_matter),
    cmocka_unit_test(canal_passes_over_what_changes_no_row),
    cmocka_unit_test(debezium_changes_are_events),
    cmocka_unit_test(debezium_snapshots_trigger_nothing),
    cmocka_unit_test(debezium_values_are_read_by_the_schema),
    cmocka_unit_test(decimals_of_variable_scale),
    cmocka_unit_test(messages_of_a_schema_registry_are_named),
    cmocka_unit_test(values_without_a_schema_are_declared),
    cmocka_unit_test(debezium_iso_texts_of_local_times),
    cmocka_unit_test(what_debezium_did_not_send_is_absent),
    cmocka_unit_test(values_without_a_schema_that_are_not_declared),
    cmocka_unit_test(a_count_that_may_be_local_is_not_guessed),
    cmocka_unit_test(rows_of_a_compressed_transaction_are_told_apart),
    cmocka_unit_test(a_changed_key_is_two_events),
    cmocka_unit_test(rows_of_one_log_position_are_told_apart),
    cmocka_unit_test(oracle_rows_of_one_record_set_are_told_apart),
    cmocka_unit_test(mongodb_changes_have_their_second),
    cmocka_unit_test(goldengate_changes_are_events),
    cmocka_unit_test(goldengate_transactions_hold_many),
    cmocka_unit_test(structured_cloudevents),
    cmocka_unit_test(batched_cloudevents),
    cmocka_unit_test(binary_cloudevents),
    cmocka_unit_test(binary_cloudevents_without_data),
    cmocka_unit_test(structured_cloudevents_with_headers),
    cmocka_unit_test(cloudevents_that_lack_an_attribute),
    cmocka_unit_test(outbox_messages),
    cmocka_unit_test(a_lacking_id_or_time_is_named),
    cmocka_unit_test(a_key_that_is_an_object_is_no_customer),
    cmocka_unit_test(rows_in_plain_json),
    cmocka_unit_test(keys_and_headers_without_an_envelope),
    cmocka_unit_test(mappings_with_faults),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
