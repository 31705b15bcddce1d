/* goldhour dlq: the dead letters, read, sent again or dropped beside running daemons. What customers' records hold is masked unless asked for. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "dlq.h"
#include "goldhour/base/check.h"
#include "goldhour/base/time.h"
#include "goldhour/sys/sys.h"
#include "stop.h"

static const char usage[] =
    "usage: goldhour dlq list [FILTER]… [--json]\n"
    "       goldhour dlq show NUMBER… [--json] [--raw]\n"
    "       goldhour dlq replay NUMBER… | FILTER… | --all [--keep] [--yes]\n"
    "       goldhour dlq drop NUMBER… | FILTER… | --all [--yes]\n"
    "\n"
    "The records that were refused and the leads that a sink could not take, with their place and the reason. May be used while goldhour runs.\n"
    "list    one line each\n"
    "show    the record itself: names of fields as they came, letters and digits of values as x and 9; with --raw its bytes\n"
    "replay  sends it again to where it was meant to go, then drops it: a message of Kafka to its topic and partition, key and headers as they were;\n"
    "        a lead to its sink; a line of a file or of standard input to standard output, to be appended to the source. Sent first, then dropped:\n"
    "        a kill between sends it twice, which its id makes harmless\n"
    "drop    removes it\n"
    "A NUMBER is one that list shows: 17, or partition:number, as in 7:17. Beyond dead_letter_bytes only place and reason were kept: such a record can be\n"
    "dropped, but not sent again.\n"
    "\n"
    "  -c, --config FILE     the configuration (goldhour.yaml)\n"
    "  -r, --reason WORD     FILTER: only these: bad_json, wrong_type, too_late, …\n"
    "  -i, --input NAME      FILTER: events, profiles, or a sink's name\n"
    "  -s, --since TIME      FILTER: refused at or after this: 2026-03-02T18:00:00+08:00\n"
    "  -p, --partition N     FILTER: of this partition\n"
    "  -n, --limit N         at most so many\n"
    "      --all             every letter; asks first, on a terminal\n"
    "      --json            JSON lines\n"
    "      --raw             with show: the bytes themselves, customers' data included\n"
    "      --keep            with replay: send, and drop nothing\n"
    "  -y, --yes             do not ask\n"
    "\n"
    "exit status: 0 done, 1 failed, or some could not be sent, 2 usage, 78 bad configuration\n";

enum verb { LIST, SHOW, REPLAY, DROP, VERBS };
static const char *const verbs[VERBS] = {"list", "show", "replay", "drop"};

struct options {
  const char *config;
  enum verb verb;
  struct gh_dlq_choice choice;
  bool all, json, raw, keep, yes;
};

static int bad(const char *what)
{
  fprintf(stderr, "goldhour dlq: %s\ngoldhour dlq --help says how\n", what);
  return GH_EXIT_USAGE;
}

/* ── the verbs ── */

static int show_letters(struct gh_dlq *d, const struct options *o)
{
  static struct gh_dlq_page page;
  struct gh_dlq_cursor cursor = {0};
  bool ok;
  gh_arena_init(&page.arena, 0);
  while ((ok = gh_dlq_next(d, &cursor, &page)) && page.n) {
    for (unsigned i = 0; i < page.n; i++) {
      if (o->verb == LIST) gh_dlq_list_letter(d, &page.letters[i], o->json);
      else gh_dlq_show_letter(d, &page.letters[i], o->json, o->raw);
    }
  }
  gh_arena_free(&page.arena);
  if (!ok) return GH_EXIT_FAILED;
  if (o->verb == LIST || cursor.given >= o->choice.nnumbers) return 0;
  const struct gh_dlq_number *first = &o->choice.numbers[0];
  if (o->choice.nnumbers == 1 && first->bare) fprintf(stderr, "goldhour dlq: there is no dead letter %" PRIu64 "\n", first->number);
  else if (o->choice.nnumbers == 1) fprintf(stderr, "goldhour dlq: there is no dead letter %u:%" PRIu64 "\n", first->partition, first->number);
  else fprintf(stderr, "goldhour dlq: %" PRIu64 " of these %u dead letters are there\n", cursor.given, o->choice.nnumbers);
  return GH_EXIT_FAILED;
}

static int drop_letters(struct gh_dlq *d)
{
  static struct gh_dlq_page page;
  struct gh_dlq_cursor cursor = {0};
  unsigned dropped = 0;
  bool ok;
  gh_arena_init(&page.arena, 0);
  while ((ok = gh_dlq_next(d, &cursor, &page)) && page.n && !gh_cli_stopped()) {
    ok = gh_dlq_drop(d, &page, &dropped);
    if (!ok) break;
  }
  gh_arena_free(&page.arena);
  fprintf(stderr, "goldhour dlq: %u dropped\n", dropped);
  return ok && !gh_cli_stopped() ? 0 : GH_EXIT_FAILED;
}

/* A slip of the hand should not drop everything. */
static bool confirmed(const struct options *o, uint64_t n)
{
  char answer[16];
  if (!o->all || o->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) return true;
  fprintf(stderr, "%s all %" PRIu64 " dead letters? Type yes: ", o->verb == DROP ? "Drop" : "Send again", n);
  return fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0;
}

static int change(struct gh_dlq *d, const struct options *o)
{
  uint64_t n;
  gh_cli_stop_signals();
  if (!gh_dlq_freeze(d, &n)) return GH_EXIT_FAILED;
  if (n < o->choice.nnumbers) fprintf(stderr, "goldhour dlq: %" PRIu64 " of these %u dead letters are there\n", n, o->choice.nnumbers);
  if (n && !confirmed(o, n)) {
    fprintf(stderr, "goldhour dlq: nothing was done\n");
    return GH_EXIT_FAILED;
  }
  int status = o->verb == DROP ? drop_letters(d) : gh_dlq_replay(d, o->keep);
  return n < o->choice.nnumbers ? GH_EXIT_FAILED : status;
}

/* 17 alone would be taken for partition 0's. */
static bool names_partitions(const struct gh_dlq *d)
{
  for (unsigned i = 0; d->stores && i < d->choice.nnumbers; i++) {
    if (!d->choice.numbers[i].bare) continue;
    fprintf(stderr, "goldhour dlq: %" PRIu64 " of which partition? partition:number, as list shows it\n", d->choice.numbers[i].number);
    return false;
  }
  return true;
}

static int look(const struct gh_conf *conf, const struct options *o, struct gh_arena *arena)
{
  struct gh_zones *zones = gh_zones_load();
  struct gh_dlq d = {.conf = conf, .choice = o->choice, .zone = gh_zones_find(zones, conf->zone)};
  if (!d.zone) d.zone = gh_zones_find(zones, GH_STR("UTC"));
  int status = GH_EXIT_FAILED;
  if (gh_dlq_open(&d, arena) && names_partitions(&d)) status = o->verb == LIST || o->verb == SHOW ? show_letters(&d, o) : change(&d, o);
  gh_dlq_close(&d);
  gh_zones_free(zones);
  return status;
}

/* ── options ── */

static bool read_whole(const char *text, char until, uint64_t *out, const char **end)
{
  char *behind;
  if (*text < '0' || *text > '9') return false;
  *out = strtoull(text, &behind, 10);
  *end = behind;
  return *behind == until;
}

/* 17, or 7:17. */
static bool read_number(const char *text, struct gh_dlq_number *out)
{
  uint64_t partition = 0;
  const char *end;
  const bool colon = strchr(text, ':') != NULL;
  if (colon) {
    if (!read_whole(text, ':', &partition, &end) || partition > UINT32_MAX) return false;
    text = end + 1;
  }
  out->partition = (unsigned)partition;
  out->bare = !colon;
  return read_whole(text, '\0', &out->number, &end) && out->number > 0;
}

static int read_numbers(int argc, char **argv, struct options *o)
{
  unsigned n = (unsigned)(argc - optind);
  struct gh_dlq_number *numbers = calloc(n + 1, sizeof *numbers);
  GH_CHECK(numbers && "out of memory");
  o->choice.numbers = numbers;
  o->choice.nnumbers = n;
  for (unsigned i = 0; i < n; i++)
    if (!read_number(argv[optind + (int)i], &numbers[i])) return bad("a dead letter has a number, 17 or 7:17, as list shows it");
  return -1;
}

static bool is_filtered(const struct options *o)
{
  const struct gh_dlq_choice *c = &o->choice;
  return c->reason || c->input || c->since_ms != GH_ALWAYS || c->partition >= 0 || c->limit;
}

static int read_words(int argc, char **argv, struct options *o)
{
  if (optind == argc) return bad("list, show, replay or drop?");
  while (o->verb < VERBS && strcmp(argv[optind], verbs[o->verb]) != 0) o->verb++;
  if (o->verb == VERBS) return bad("list, show, replay or drop?");
  optind++;
  int status = read_numbers(argc, argv, o);
  if (status >= 0) return status;
  if (o->verb == LIST && o->choice.nnumbers) return bad("list takes filters; show shows a letter by its number");
  if (o->verb == SHOW && !o->choice.nnumbers) return bad("show which? Its number, as list shows it");
  bool chosen = o->choice.nnumbers || is_filtered(o);
  if ((o->verb == REPLAY || o->verb == DROP) && !chosen && !o->all) return bad("which letters? Numbers, filters, or --all");
  if (o->all && o->choice.nnumbers) return bad("--all, or numbers?");
  return -1;
}

static int read_option(struct options *o, int c)
{
  uint64_t n;
  const char *end;
  switch (c) {
  case 'c': o->config = optarg; return -1;
  case 'r': o->choice.reason = optarg; return -1;
  case 'i': o->choice.input = optarg; return -1;
  case 's': return gh_time_parse_ms(gh_str(optarg),
      &o->choice.since_ms) ? -1 : bad("--since wants a time with its offset, such as 2026-03-02T18:00:00+08:00");
  case 'p':
    if (!read_whole(optarg, '\0', &n, &end) || n > UINT32_MAX) return bad("--partition wants a whole number");
    o->choice.partition = (int64_t)n;
    return -1;
  case 'n':
    if (!read_whole(optarg, '\0', &n, &end) || n == 0) return bad("--limit wants a whole number above 0");
    o->choice.limit = n;
    return -1;
  case 'a': o->all = true; return -1;
  case 'j': o->json = true; return -1;
  case 'R': o->raw = true; return -1;
  case 'k': o->keep = true; return -1;
  case 'y': o->yes = true; return -1;
  case 'h': fputs(usage, stdout); return 0;
  default: fputs("goldhour dlq --help says how\n", stderr); return GH_EXIT_USAGE;
  }
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"reason", required_argument, NULL, 'r'}, {"input", required_argument, NULL, 'i'},
      {"since", required_argument, NULL, 's'}, {"partition", required_argument, NULL, 'p'}, {"limit", required_argument, NULL, 'n'},
      {"all", no_argument, NULL, 'a'}, {"json", no_argument, NULL, 'j'}, {"raw", no_argument, NULL, 'R'}, {"keep", no_argument, NULL, 'k'},
      {"yes", no_argument, NULL, 'y'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:r:i:s:p:n:yh", longs, NULL)) != -1) {
    int status = read_option(o, c);
    if (status >= 0) return status;
  }
  return read_words(argc, argv, o);
}

int gh_cmd_dlq(int argc, char **argv)
{
  struct options o = {.config = GH_CONFIG_FILE, .choice = {.since_ms = GH_ALWAYS, .partition = -1}};
  int status = read_options(argc, argv, &o);
  struct gh_conf conf;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  if (status < 0) status = gh_cli_conf(o.config, &conf, &arena) ? look(&conf, &o, &arena) : GH_EXIT_CONFIG;
  gh_arena_free(&arena);
  free((void *)o.choice.numbers);
  return status;
}
