/* check --live: the last records of each partition, decoded as `run` would. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_live.h"
#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "topic_sample.h"

enum { RECORDS = 10000, ENDS_MS = 3000, SAMPLE_MS = 9000, HEADERS_MOST = 256, REASONS = 32 };
#define FEW 100u /* fewer events say nothing about lateness */

struct part { int64_t from, until; bool done; };

struct reason { const char *word; struct gh_str detail; unsigned count, partition; int64_t offset; }; /* detail and place: of the first */

struct sampling {
  struct gh_live *l;
  struct gh_live_handle *h;
  const char *topic;
  char where[300];
  struct part *parts;
  unsigned left;                /* partitions not read to their end */
  unsigned silent;              /* those whose leader did not say where they end */
  struct gh_topic_sample sample;
  struct gh_decoder *decoder;
  struct reason reasons[REASONS]; unsigned nreasons;
  uint64_t records, profiles, passed, refused;
  bool denied;
};

/* ── reading ── */

/* Of all partitions at once, within a time of their own: rd_kafka_query_watermark_offsets waits for a broker that hangs whatever time it is given. Who does not
 * answer keeps a negative offset. */
static rd_kafka_topic_partition_list_t *ask_offsets(struct sampling *s, int64_t which)
{
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)s->l->partitions);
  for (unsigned i = 0; i < s->l->partitions; i++) rd_kafka_topic_partition_list_add(list, s->topic, (int32_t)i)->offset = which;
  (void)rd_kafka_offsets_for_times(s->h->rk, list, gh_live_left_ms(s->l, ENDS_MS));
  return list;
}

/* Where each partition's share begins; how many have anything. */
static void find_ends(struct sampling *s)
{
  unsigned n = s->l->partitions;
  int64_t share = RECORDS / n > 0 ? RECORDS / n : 1;
  rd_kafka_topic_partition_list_t *lows = ask_offsets(s, RD_KAFKA_OFFSET_BEGINNING), *highs = ask_offsets(s, RD_KAFKA_OFFSET_END);
  for (unsigned i = 0; i < n; i++) {
    int64_t low = lows->elems[i].offset, high = highs->elems[i].offset;
    struct part *p = &s->parts[i];
    bool told = low >= 0 && high >= 0;
    p->from = high - share > low ? high - share : low;
    p->until = high;
    p->done = !told || high <= low;
    s->silent += !told;
    s->left += !p->done;
  }
  rd_kafka_topic_partition_list_destroy(lows);
  rd_kafka_topic_partition_list_destroy(highs);
}

static void refused(struct sampling *s, const rd_kafka_message_t *m, const struct gh_record *r)
{
  unsigned i = 0;
  s->refused++;
  while (i < s->nreasons && strcmp(s->reasons[i].word, r->reason) != 0) i++;
  if (i == REASONS) return;
  if (i == s->nreasons) s->reasons[s->nreasons++] = (struct reason){r->reason, gh_arena_str(&s->l->arena, r->detail), 0,
      (unsigned)m->partition, m->offset};
  s->reasons[i].count++;
}

static void take_row(struct sampling *s, const rd_kafka_message_t *m, enum gh_decoded decoded, const struct gh_record *r)
{
  if (decoded == GH_DECODED_OTHER) s->passed++;
  if (decoded == GH_DECODED_BAD) refused(s, m, r);
  if (decoded != GH_DECODED) return;
  gh_topic_sample_customer(&s->sample, (unsigned)m->partition, r->event.customer);
  if (r->event.type->index == GH_CUSTOMER_TYPE) {
    s->profiles++;
    gh_topic_sample_profile(&s->sample, (unsigned)m->partition, r->event.time_ms, s->l->set->conf.late_limit_ms);
    return;
  }
  gh_topic_sample_event(&s->sample, (unsigned)m->partition, r->event.time_ms);
}

static void take_record(struct sampling *s, const rd_kafka_message_t *m)
{
  struct gh_header headers[HEADERS_MOST];
  struct gh_message in = {.bytes = gh_str_n(m->payload, m->len), .key = gh_str_n(m->key, m->key_len), .headers = headers};
  struct gh_record r = {0};
  rd_kafka_headers_t *list;
  rd_kafka_timestamp_type_t type;
  int64_t time_ms = rd_kafka_message_timestamp(m, &type);
  const char *name;
  const void *value;
  size_t size;
  if (rd_kafka_message_headers(m, &list) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    while (in.nheaders < HEADERS_MOST && rd_kafka_header_get_all(list, in.nheaders, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR)
      headers[in.nheaders++] = (struct gh_header){gh_str(name), gh_str_n(value, size)};
  }
  in.time_ms = time_ms > 0 ? time_ms : 0;
  s->records++;
  take_row(s, m, gh_decode_message(s->decoder, &in, &r), &r);
  while (r.more) take_row(s, m, gh_decode_more(s->decoder, &r), &r);
}

static void end_part(struct sampling *s, int32_t partition)
{
  struct part *p = &s->parts[partition];
  s->left -= !p->done;
  p->done = true;
}

static void take_message(struct sampling *s, const rd_kafka_message_t *m)
{
  if (m->partition < 0 || (unsigned)m->partition >= s->l->partitions) return;
  s->denied |= m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
  if (m->err) {
    end_part(s, m->partition);
    return;
  }
  struct part *p = &s->parts[m->partition];
  if (!p->done && m->offset < p->until) take_record(s, m);
  if (m->offset + 1 >= p->until) end_part(s, m->partition);
}

static void read_parts(struct sampling *s)
{
  rd_kafka_queue_t *queue = rd_kafka_queue_new(s->h->rk);
  rd_kafka_topic_t *t = rd_kafka_topic_new(s->h->rk, s->topic, NULL);
  int left_ms = gh_live_left_ms(s->l, SAMPLE_MS);
  for (unsigned i = 0; t && i < s->l->partitions; i++)
    if (!s->parts[i].done) (void)rd_kafka_consume_start_queue(t, (int32_t)i, s->parts[i].from, queue);
  for (int waited_ms = 0; t && s->left && waited_ms < left_ms;) {
    rd_kafka_message_t *m = rd_kafka_consume_queue(queue, 50);
    if (m) take_message(s, m);
    if (m) rd_kafka_message_destroy(m);
    else waited_ms += 50;
    if (gh_live_over(s->l)) break;
  }
  for (unsigned i = 0; t && i < s->l->partitions; i++) (void)rd_kafka_consume_stop(t, (int32_t)i);
  if (t) rd_kafka_topic_destroy(t);
  rd_kafka_queue_destroy(queue);
}

/* ── saying ── */

static void say_keys(struct sampling *s)
{
  const struct gh_topic_sample *t = &s->sample;
  if (t->nsplit == 0) {
    gh_live_ok(s->l, s->where, "each of %u customers in the sample keeps to one partition", t->ncustomers);
    return;
  }
  gh_live_fail(s->l, s->where,
      "a customer's events must share a partition: key the topic by customer, or bring it through goldhour rekey --to TOPIC",
      "%u of %u customers stand in more than one partition; one of them in %u and in %u", t->nsplit, t->ncustomers, t->one, t->other);
}

static void add_lateness(struct gh_buf *out, const struct gh_topic_lateness *l, const char *proposed)
{
  gh_buf_fmt(out, ",\"events\":%zu,\"late\":%zu,\"late_ms\":{\"p50\":%" PRId64 ",\"p90\":%" PRId64, l->events, l->late, l->p50_ms,
      l->p90_ms);
  gh_buf_fmt(out, ",\"p99\":%" PRId64 ",\"p999\":%" PRId64 ",\"most\":%" PRId64 "},\"lateness\":\"%s\"", l->p99_ms, l->p999_ms,
      l->most_ms, proposed);
}

static void say_lateness(struct sampling *s)
{
  const struct gh_conf *conf = &s->l->set->conf;
  char texts[6][GH_TIME_TEXT], todo[256], said[512];
  struct gh_topic_lateness l = gh_topic_sample_lateness(&s->sample);
  const int64_t spans[] = {l.p50_ms, l.p90_ms, l.p99_ms, l.p999_ms, l.most_ms, l.proposed_ms};
  for (size_t i = 0; i < 6; i++) gh_duration_format(texts[i], spans[i]);
  add_lateness(&s->l->sample, &l, texts[5]);
  if (l.events < FEW) {
    gh_live_note(s->l, s->where, "%zu events are too few to tell how late they come", l.events);
    return;
  }
  size_t beyond = gh_topic_sample_beyond(&s->sample, conf->lateness_ms), too_late = gh_topic_sample_beyond(&s->sample, conf->late_limit_ms);
  snprintf(todo, sizeof todo, "proposed: lateness: %s%s%s", texts[5], l.proposed_ms < l.p999_ms ? "; the few that come later are stepped on arrival, and marked" : "",
      l.proposed_ms >= GH_MINUTE_MS ? ". Every event waits for so long, out of its golden window: better mend why they come late" : "");
  snprintf(said, sizeof said,
      "%zu of %zu events came after a later one of their partition: half of all by at most %s, 90 %% %s, 99 %% %s, 99.9 %% %s, all %s; "
           "%zu are beyond the configured lateness", l.late, l.events, texts[0], texts[1], texts[2], texts[3], texts[4], beyond);
  if (l.proposed_ms <= conf->lateness_ms || l.p999_ms <= conf->lateness_ms) gh_live_ok(s->l, s->where, "%s; %s", said, todo);
  else gh_live_warn(s->l, s->where, todo, "%s", said);
  if (too_late) gh_live_warn(s->l, s->where, "raise late_limit if events really come so late",
      "%zu events are so late that they would be refused (too_late)", too_late);
}

static void say_refused(struct sampling *s)
{
  for (unsigned i = 0; i < s->nreasons; i++) {
    const struct reason *r = &s->reasons[i];
    const struct gh_decode_reason *known = gh_decode_reason_find(gh_str(r->word));
    gh_live_warn(s->l, s->where, known && known->hint ? known->hint : NULL,
        "%u record%s would be refused: %s: %.*s; the first at partition %u, offset %" PRId64, r->count, r->count == 1 ? "" : "s", r->word,
                GH_FMT(r->detail), r->partition, r->offset);
  }
  if (s->records && s->refused >= s->records && s->refused)
    gh_live_fail(s->l, s->where, "does the mapping fit this topic? goldhour check --sample FILE shows it record by record",
        "no record of the sample can be read");
  else if (s->records && s->passed >= s->records)
    gh_live_warn(s->l, s->where, "do schema and mapping name what this topic carries?",
        "all records of the sample are passed over: no type that the schema names");
}

static void say_all(struct sampling *s)
{
  struct gh_buf *out = &s->l->sample;
  gh_buf_fmt(out, "\"records\":%" PRIu64 ",\"profiles\":%" PRIu64 ",\"passed_over\":%" PRIu64 ",\"refused\":%" PRIu64, s->records,
      s->profiles, s->passed, s->refused);
  gh_buf_fmt(out, ",\"customers\":%u,\"customers_in_two_partitions\":%u", s->sample.ncustomers, s->sample.nsplit);
  gh_live_ok(s->l, s->where,
      "read %" PRIu64 " of its last records: %zu events, %" PRIu64 " changes of profile, %" PRIu64 " passed over, %" PRIu64 " refused",
      s->records,
              s->sample.nevents, s->profiles, s->passed, s->refused);
  if (s->sample.ncustomers) say_keys(s);
  say_lateness(s);
  if (s->sample.old_profiles)
    gh_live_warn(s->l, s->where, "send them again as of a later time: goldhour profiles FILE --time T --full", "%u change%s of profile lie more than late_limit "
        "before events that came earlier: they would be refused (too_late)", s->sample.old_profiles, s->sample.old_profiles == 1 ? "" : "s");
  say_refused(s);
}

void gh_live_sample(struct gh_live *l, struct gh_live_handle *h, const char *topic)
{
  static struct sampling s;
  s = (struct sampling){.l = l, .h = h, .topic = topic, .parts = calloc(l->partitions, sizeof *s.parts)};
  GH_CHECK(s.parts && "out of memory");
  snprintf(s.where, sizeof s.where, "kafka topic %s", topic);
  s.decoder = gh_decoder_new(&l->set->conf, l->set->schema, l->set->mapping, l->set->zone);
  gh_topic_sample_init(&s.sample, &l->arena, l->partitions);
  find_ends(&s);
  bool empty = s.left == 0;
  if (s.silent) gh_live_fail(l, s.where, "look at the brokers that lead them", "%u of its %u partitions did not say in time where they end: they were not looked at", s.silent, l->partitions);
  if (!empty) read_parts(&s);
  if (s.denied) gh_live_fail(l, s.where, gh_kafka_words(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), "we may not read it");
  else if (empty && !s.silent) gh_live_note(l, s.where, "it holds no records: nothing can be said of its keys, of lateness, of what would be refused");
  else if (s.records == 0 && !empty) gh_live_fail(l, s.where, "look at its brokers", "none of its records came in time");
  else if (!empty) say_all(&s);
  gh_topic_sample_free(&s.sample);
  gh_decoder_free(s.decoder);
  free(s.parts);
}
