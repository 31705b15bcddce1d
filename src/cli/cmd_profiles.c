/* goldhour profiles: the nightly profile file as changes of profile, for a stream. Who did not change is not sent. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"
#include "profile_lines.h"
#include "profile_out.h"
#include "profile_state.h"
#include "repeats.h"
#include "stop.h"

#define STATE_FILE "profiles.state"
#define SHOWN 5u                     /* refused lines told one by one */
#define STRETCH 100000u              /* events between two deliveries */
#define STRETCH_NS UINT64_C(10000000000)
#define AHEAD_MOST_MS INT64_C(600000)
#define TOLD_NS UINT64_C(5000000000) /* between two lines of progress */

static const char usage[] =
    "usage: goldhour profiles FILE --time TIME [--to kafka|-] [OPTION]…\n"
    "\n"
    "Turns the nightly profile file (JSON lines, or CSV if it ends in .csv; - is standard input) into changes of profile as of TIME: events of type\n"
    "customer, one a customer, for a topic. A hash of each customer's fields is kept: who has not changed since is not sent. A field that the file\n"
    "once gave and a line leaves out is removed. Sent twice, the events do no harm: their ids come from time, customer and fields. Stopped or killed,\n"
    "the same command goes on.\n"
    "\n"
    "  -c, --config FILE   the configuration (goldhour.yaml); its mapping's `profiles` reads the file\n"
    "  -t, --time TIME     as of when the file holds: 2026-03-02T00:00:00+08:00\n"
    "      --to WHERE      -: lines on standard output (default); kafka: the source's topic, keyed by customer\n"
    "      --topic NAME    with --to kafka: another topic\n"
    "      --state FILE    what was sent before (default with --to kafka: " STATE_FILE " beside the configuration; to standard output: none)\n"
    "      --since FILE    compare with this state instead, and write --state\n"
    "      --full          send all, changed or not\n"
    "      --forget-missing[=MOST]  erase customers that are remembered and not in the file: profile, windows, waits. Not if lines were refused,\n"
    "                      nor if they are more than MOST (default: a tenth of those remembered). Without it they are counted and left alone\n"
    "\n"
    "exit status: 0 done, 1 failed, or lines were refused (the others were sent), 2 usage, 78 bad configuration\n";

struct profiles {
  const char *config, *file, *state_path, *since, *topic;
  int64_t time_ms;
  bool to_kafka, full, forget, broken; /* broken: what was sent last may not have come through */
  uint64_t most;                    /* to forget; UINT64_MAX: a tenth */
  char stamp[GH_TIME_TEXT];         /* of the ids */
  struct gh_profile_lines lines;
  struct gh_profile_out out;
  struct gh_profile_state state;
  struct gh_repeats repeats;
  const struct gh_set *set;
  struct gh_buf json, packed;
  uint64_t read, sent, same, refused, repeated, missing, forgotten;
  uint64_t delivered_ns, told_ns;
  char error[512];
};

static bool fail(struct profiles *p, const char *why)
{
  if (why != p->error) snprintf(p->error, sizeof p->error, "%s", why);
  return false;
}

/* ── events ── */

static uint64_t hash_fields(struct profiles *p, const struct gh_event *e)
{
  gh_buf_clear(&p->packed);
  for (unsigned i = 0; i < e->type->nfields; i++) {
    if (e->slots[i].kind == GH_ABSENT || e->slots[i].kind == GH_NULL) continue;
    gh_profile_state_name(&p->state, e->type->fields[i].name);
    gh_buf_put_text(&p->packed, e->type->fields[i].name);
    gh_value_pack(&p->packed, e->slots[i]);
  }
  uint64_t hash = gh_hash(gh_buf_str(&p->packed));
  return hash == GH_PROFILE_FORGOTTEN ? 1 : hash;
}

/* The line is the whole profile: what earlier lines gave and this one does not is no longer so. */
static void remove_absent(const struct profiles *p, struct gh_event *e, struct gh_value *slots)
{
  for (unsigned i = 0; i < e->type->nfields; i++) {
    slots[i] = e->slots[i];
    if (slots[i].kind == GH_ABSENT && gh_profile_state_field(&p->state, e->type->fields[i].name)) slots[i] = gh_null();
  }
  e->slots = slots;
}

static bool deliver(struct profiles *p)
{
  struct gh_kafka_error error;
  struct gh_profile_error state_error;
  p->delivered_ns = gh_monotonic_ns();
  p->broken = !gh_profile_out_flush(&p->out, &error);
  if (p->broken) return fail(p, error.text);
  return gh_profile_state_delivered(&p->state, &state_error) || fail(p, state_error.text);
}

static bool emit(struct profiles *p, const struct gh_event *e, struct gh_str id, uint64_t hash)
{
  struct gh_kafka_error error;
  gh_buf_clear(&p->json);
  gh_event_canonical(&p->json, e, id);
  p->broken = !gh_profile_out_send(&p->out, e->customer, gh_buf_str(&p->json), &error);
  if (p->broken) return fail(p, error.text);
  gh_profile_state_note(&p->state, e->customer, hash);
  p->sent++;
  if (p->sent % STRETCH && gh_monotonic_ns() - p->delivered_ns < STRETCH_NS) return true;
  return deliver(p);
}

/* Lines of one customer are merged in their order: at one time events are stepped by their ids, so a later line's is greater. */
static struct gh_str id_of(const struct profiles *p, struct gh_str customer, uint64_t hash, unsigned nth, char out[96])
{
  uint64_t all = gh_hash_seed(customer, hash);
  int n = nth > 1 ? snprintf(out, 96, "profile-%s-x%03u-%016" PRIx64, p->stamp, nth, all) : snprintf(out, 96, "profile-%s-%016" PRIx64,
      p->stamp, all);
  return gh_str_n(out, (size_t)n);
}

static bool take_profile(struct profiles *p)
{
  struct gh_event e = p->lines.record.event;
  static struct gh_value slots[GH_FIELDS_MAX];
  char id[96];
  bool known;
  uint64_t hash = hash_fields(p, &e);
  unsigned nth = gh_repeats_count(&p->repeats, e.customer);
  p->repeated += nth > 1;
  bool same = gh_profile_state_same(&p->state, e.customer, hash, &known);
  if (same && nth == 1 && !p->full) {
    p->same++;
    return true;
  }
  if (known && nth == 1) remove_absent(p, &e, slots);
  e.time_ms = p->time_ms;
  return emit(p, &e, id_of(p, e.customer, hash, nth, id), hash);
}

/* ── customers that are gone ── */

static bool count_missing(void *ctx, struct gh_str customer)
{
  (void)customer;
  ((struct profiles *)ctx)->missing++;
  return true;
}

static bool forget_one(void *ctx, struct gh_str customer)
{
  struct profiles *p = ctx;
  char id[96];
  static struct gh_value slots[GH_FIELDS_MAX];
  const struct gh_event e = {.type = &p->set->schema->customer, .customer = customer, .time_ms = p->time_ms, .forget = true,
      .slots = slots};
  int n = snprintf(id, sizeof id, "forget-%s-%016" PRIx64, p->stamp, gh_hash(customer));
  if (!emit(p, &e, gh_str_n(id, (size_t)n), GH_PROFILE_FORGOTTEN)) return false;
  p->forgotten++;
  return !gh_cli_stopped();
}

/* A file cut short must not erase half the bank. */
static bool forget_missing(struct profiles *p)
{
  gh_profile_state_missing(&p->state, count_missing, p);
  if (!p->forget || !p->missing) return true;
  uint64_t most = p->most == UINT64_MAX ? p->state.known.count / 10 : p->most;
  if (p->refused) {
    snprintf(p->error, sizeof p->error, "%" PRIu64 " lines were refused, so it is not known who is missing: nobody was forgotten",
        p->refused);
    return false;
  }
  if (p->missing > most) {
    snprintf(p->error, sizeof p->error,
        "%" PRIu64 " of %" PRIu64 " customers are not in the file: nobody was forgotten. If the file is whole, say --forget-missing=%" PRIu64,
             p->missing, p->state.known.count, p->missing);
    return false;
  }
  gh_profile_state_missing(&p->state, forget_one, p);
  return p->forgotten == p->missing;
}

/* ── the file ── */

static void tell_refused(struct profiles *p)
{
  const struct gh_record *r = &p->lines.record;
  if (p->refused++ < SHOWN) fprintf(stderr, "%s:%" PRIu64 ": refused: %s: %.*s\n", p->file, p->lines.line, r->reason, GH_FMT(r->detail));
}

static void tell_progress(struct profiles *p)
{
  uint64_t now_ns = gh_monotonic_ns();
  if (now_ns - p->told_ns < TOLD_NS) return;
  p->told_ns = now_ns;
  fprintf(stderr, "goldhour profiles: %" PRIu64 " customers read, %" PRIu64 " sent\n", p->read, p->sent);
}

static bool take_lines(struct profiles *p)
{
  while (!gh_cli_stopped()) {
    switch (gh_profile_lines_next(&p->lines, p->error)) {
    case GH_LINE_PROFILE:
      if (++p->read % 1024 == 0) tell_progress(p);
      if (!take_profile(p)) return false;
      break;
    case GH_LINE_REFUSED: tell_refused(p); break;
    case GH_LINE_PASSED: break;
    case GH_LINE_END: return true;
    case GH_LINE_FAILED: return false;
    }
  }
  return fail(p, "stopped: the same command goes on where it was");
}

static bool take_all(struct profiles *p)
{
  struct gh_profile_error error;
  bool ok = take_lines(p) && forget_missing(p);
  if (p->broken || !deliver(p)) return false;
  if (!ok) return p->error[0] ? false : fail(p, "stopped: the same command goes on where it was");
  return gh_profile_state_finish(&p->state, &error) || fail(p, error.text);
}

static void tell_all(const struct profiles *p)
{
  fprintf(stderr, "goldhour profiles: %" PRIu64 " customers read, %" PRIu64 " sent, %" PRIu64 " unchanged", p->read, p->sent, p->same);
  if (p->refused) fprintf(stderr, ", %" PRIu64 " lines refused", p->refused);
  if (p->repeated) fprintf(stderr, ", %" PRIu64 " further lines of a customer", p->repeated);
  if (p->forgotten) fprintf(stderr, ", %" PRIu64 " no longer in the file and forgotten", p->forgotten);
  else if (p->missing) fprintf(stderr, ", %" PRIu64 " known but not in the file: left as they are", p->missing);
  fprintf(stderr, "\n");
}

/* ── beginning ── */

/* Whether those who read the topic would know such an event: a mapping of the source's own records may not. */
static bool readable(struct profiles *p)
{
  struct gh_value *slots = calloc(GH_FIELDS_MAX, sizeof *slots);
  struct gh_decoder *d = gh_decoder_new(&p->set->conf, p->set->schema, p->set->mapping, p->set->zone);
  struct gh_event e = {.type = &p->set->schema->customer, .customer = GH_STR("C1"), .time_ms = p->time_ms, .slots = slots};
  struct gh_record r;
  GH_CHECK(slots && "out of memory");
  gh_event_canonical(&p->json, &e, GH_STR("profile-1"));
  const struct gh_message m = {.bytes = gh_buf_str(&p->json), .key = e.customer};
  bool ok = gh_decode_message(d, &m, &r) == GH_DECODED && r.event.type->index == GH_CUSTOMER_TYPE && gh_str_eq(r.event.customer,
      e.customer);
  gh_decoder_free(d);
  free(slots);
  return ok || fail(p,
      "the mapping's `events` does not read changes of profile as they are sent here: whoever reads the topic by it would pass them over. "
                       "Bring the bank's records through goldhour rekey, and let run read the rekeyed topic without `events` in its mapping");
}

static bool choose_topic(struct profiles *p, const struct gh_conf *conf, struct gh_arena *arena)
{
  if (!p->to_kafka) return true;
  if (conf->source != GH_SOURCE_KAFKA) return fail(p, "--to kafka needs a configuration whose source is kafka");
  if (p->topic) return true;
  if (conf->kafka.ntopics != 1) return fail(p, "the source has several topics: say which by --topic");
  p->topic = gh_arena_str(arena, conf->kafka.topics[0]).ptr;
  return readable(p);
}

static bool begin(struct profiles *p, struct gh_arena *arena)
{
  const struct gh_conf *conf = &p->set->conf;
  struct gh_kafka_error error;
  struct gh_profile_error state_error;
  if (!choose_topic(p, conf, arena)) return false;
  if (!p->state_path && p->to_kafka) p->state_path = gh_path_join(arena, conf->dir, GH_STR(STATE_FILE)).ptr;
  if (!gh_profile_state_open(&p->state, p->state_path, p->since, &state_error)) return fail(p, state_error.text);
  if (!gh_profile_lines_open(&p->lines, p->set, strcmp(p->file, "-") == 0 ? NULL : p->file, p->error)) return false;
  return gh_profile_out_open(&p->out, conf, p->to_kafka ? p->topic : NULL, &error) || fail(p, error.text);
}

/* Once it is noted who was sent, a time that everybody refuses would not be noticed before the next change. */
static bool check_time(struct profiles *p)
{
  char span[GH_TIME_TEXT];
  int64_t ahead_ms = p->time_ms - gh_wall_ms();
  if (!p->to_kafka) return true;
  gh_duration_format(span, ahead_ms / GH_SECOND_MS * GH_SECOND_MS);
  if (ahead_ms > AHEAD_MOST_MS) {
    snprintf(p->error, sizeof p->error, "--time lies %s ahead: daemons refuse what is over 10 minutes ahead (too_early). Nothing was sent", span);
    return false;
  }
  if (-ahead_ms > p->set->conf.late_limit_ms)
    fprintf(stderr, "goldhour profiles: --time lies more than late_limit before now: a partition that has read newer events refuses these changes (too_late)\n");
  return true;
}

static int profiles(struct profiles *p)
{
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  p->delivered_ns = p->told_ns = gh_monotonic_ns();
  bool ok = check_time(p) && begin(p, &arena) && take_all(p);
  if (ok) tell_all(p);
  else fprintf(stderr, "goldhour profiles: %s\ngoldhour profiles: %" PRIu64 " customers were read before that\n", p->error, p->read);
  gh_profile_out_close(&p->out);
  gh_profile_lines_close(&p->lines);
  gh_profile_state_close(&p->state);
  gh_repeats_free(&p->repeats);
  gh_buf_free(&p->json);
  gh_buf_free(&p->packed);
  gh_arena_free(&arena);
  return ok && !p->refused ? 0 : GH_EXIT_FAILED;
}

/* ── options ── */

static int bad(const char *what)
{
  fprintf(stderr, "goldhour profiles: %s\ngoldhour profiles --help says how\n", what);
  return GH_EXIT_USAGE;
}

static int read_to(struct profiles *p, const char *word)
{
  p->to_kafka = strcmp(word, "kafka") == 0;
  return p->to_kafka || strcmp(word, "-") == 0 ? -1 : bad("--to wants kafka or -");
}

static int read_most(struct profiles *p, const char *text)
{
  char *end = NULL;
  p->forget = true;
  p->most = UINT64_MAX;
  if (!text) return -1;
  p->most = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' ? -1 : bad("--forget-missing=MOST wants a whole number");
}

static int read_option(struct profiles *p, int c)
{
  switch (c) {
  case 'c': p->config = optarg; return -1;
  case 't': return gh_time_parse_ms(gh_str(optarg),
      &p->time_ms) ? -1 : bad("--time wants a time with its offset, such as 2026-03-02T00:00:00+08:00");
  case 'o': return read_to(p, optarg);
  case 'T': p->topic = optarg; return -1;
  case 's': p->state_path = optarg; return -1;
  case 'S': p->since = optarg; return -1;
  case 'f': p->full = true; return -1;
  case 'm': return read_most(p, optarg);
  case 'h': fputs(usage, stdout); return 0;
  default: fputs("goldhour profiles --help says how\n", stderr); return GH_EXIT_USAGE;
  }
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct profiles *p)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"time", required_argument, NULL, 't'}, {"to", required_argument, NULL, 'o'}, {"topic",
          required_argument, NULL, 'T'},
      {"state", required_argument, NULL, 's'}, {"since", required_argument, NULL, 'S'}, {"full", no_argument, NULL, 'f'},
      {"forget-missing", optional_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:t:h", longs, NULL)) != -1) {
    int status = read_option(p, c);
    if (status >= 0) return status;
  }
  if (optind + 1 != argc) return bad("which file? goldhour profiles FILE --time TIME");
  p->file = argv[optind];
  if (p->time_ms == GH_ALWAYS) return bad("as of when does the file hold? --time TIME: changes of profile take effect at their time");
  if (p->topic && !p->to_kafka) return bad("--topic belongs to --to kafka");
  if (p->forget && !p->state_path && !p->to_kafka) return bad("--forget-missing needs --state: only who is remembered can be missing");
  return -1;
}

/* 20260301T160000.000Z: UTC, so that the ids of a time do not depend on how it was written. */
static void stamp(struct profiles *p)
{
  char text[GH_TIME_TEXT];
  gh_time_format(text, p->time_ms, 0);
  size_t n = 0;
  for (const char *c = text; *c && *c != '+'; c++)
    if (*c != '-' && *c != ':') p->stamp[n++] = *c;
  p->stamp[n++] = 'Z';
  p->stamp[n] = '\0';
}

int gh_cmd_profiles(int argc, char **argv)
{
  static char out[1 << 16];
  struct profiles p = {.config = GH_CONFIG_FILE, .time_ms = GH_ALWAYS, .state = {.part_fd = -1}};
  int status = read_options(argc, argv, &p);
  if (status >= 0) return status;
  stamp(&p);
  gh_cli_stop_signals();
  setvbuf(stdout, out, _IOFBF, sizeof out);
  struct gh_zones *zones = gh_zones_load();
  struct gh_set *set = gh_cli_load_timeless(p.config, zones);
  p.set = set;
  status = set ? profiles(&p) : GH_EXIT_CONFIG;
  gh_set_free(set);
  gh_zones_free(zones);
  return status;
}
