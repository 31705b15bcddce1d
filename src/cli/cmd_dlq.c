/* goldhour dlq: the dead letters, read beside a running daemon. What customers' records hold is masked. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/base/time.h"
#include "goldhour/source/source.h"
#include "goldhour/store/store.h"
#include "goldhour/sys/sys.h"

static const char usage[] =
    "usage: goldhour dlq list [--config FILE] [--reason WORD]\n"
    "       goldhour dlq show NUMBER [--config FILE]\n"
    "\n"
    "The records that were refused, with their place and the reason. `list` gives one line each, `show` the record itself: names of fields as they came,\n"
    "letters and digits of values as x and 9. Beyond dead_letter_bytes only place and reason were kept. May be used while goldhour runs.\n"
    "\n"
    "  -c, --config FILE   the configuration (goldhour.yaml)\n"
    "  -r, --reason WORD   only these: bad_json, wrong_type, too_late, …\n"
    "\n"
    "exit status: 0 done, 1 failed, 2 usage, 78 bad configuration\n";

struct dlq {
  const char *config, *reason;
  bool show;
  uint64_t number;
  uint64_t found;
  const struct gh_zone *zone;
};

/* ── masking ── */

/* Whether the text that ends at `end` (a closing quote) is followed by a colon: a key. */
static bool is_key(struct gh_str raw, size_t end)
{
  size_t i = end + 1;
  while (i < raw.len && (raw.ptr[i] == ' ' || raw.ptr[i] == '\t')) i++;
  return i < raw.len && raw.ptr[i] == ':';
}

static size_t text_end(struct gh_str raw, size_t begin)
{
  size_t i = begin + 1;
  for (; i < raw.len && raw.ptr[i] != '"'; i++) i += raw.ptr[i] == '\\';
  return i < raw.len ? i : raw.len;
}

static char masked(char c)
{
  if (c >= '0' && c <= '9') return '9';
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80) return 'x';
  return (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
}

static void print_masked(struct gh_str raw)
{
  for (size_t i = 0; i < raw.len; i++) {
    size_t end = raw.ptr[i] == '"' ? text_end(raw, i) : i;
    bool key = end > i && end < raw.len && is_key(raw, end);
    for (; i < end; i++) putchar(key && (unsigned char)raw.ptr[i] >= 0x20 ? raw.ptr[i] : masked(raw.ptr[i]));
    if (i < raw.len) putchar(masked(raw.ptr[i]));
  }
  putchar('\n');
}

/* ── printing ── */

static void print_letter(const struct dlq *d, const struct gh_dead_letter *l)
{
  char at[GH_TIME_TEXT];
  gh_time_format(at, l->at_ms, gh_zone_offset(d->zone, l->at_ms / 1000));
  printf("%" PRIu64 "\t%s\t%.*s:%" PRIu64 "\t%.*s\t%.*s\n", l->number, at, GH_FMT(l->input), l->record, GH_FMT(l->reason), GH_FMT(l->detail));
}

static bool take_letter(void *ctx, const struct gh_dead_letter *l)
{
  struct dlq *d = ctx;
  if (d->show ? l->number != d->number : d->reason && !gh_str_eq(l->reason, gh_str(d->reason))) return !d->show;
  d->found++;
  print_letter(d, l);
  if (!d->show) return true;
  printf("byte %" PRIu64 " of the input\n", gh_source_bytes(l->offset));
  if (l->raw.len) print_masked(l->raw);
  else printf("(the record itself was not kept: the bound of dead_letter_bytes was reached, or it was empty)\n");
  return false;
}

static int read_store(struct dlq *d, const char *path)
{
  struct gh_store_error error;
  struct gh_store *s = gh_store_read_sqlite(path, &error);
  bool ok = s && gh_store_dead(s, d->show ? d->number - 1 : 0, take_letter, d, &error);
  gh_store_close(s);
  if (!ok) fprintf(stderr, "goldhour dlq: %s\n", error.text);
  if (ok && d->show && !d->found) fprintf(stderr, "goldhour dlq: there is no dead letter %" PRIu64 "\n", d->number);
  return ok && (!d->show || d->found) ? 0 : GH_EXIT_FAILED;
}

/* ── options ── */

static int read_words(int argc, char **argv, struct dlq *d)
{
  int words = argc - optind;
  if (words == 1 && strcmp(argv[optind], "list") == 0) return -1;
  d->show = words == 2 && strcmp(argv[optind], "show") == 0;
  char *end = NULL;
  if (d->show) d->number = strtoull(argv[optind + 1], &end, 10);
  if (d->show && d->number > 0 && *end == '\0') return -1;
  fputs(usage, stderr);
  return GH_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct dlq *d)
{
  static const struct option longs[] = {
      {"config", required_argument, NULL, 'c'}, {"reason", required_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'}, {0},
  };
  int c;
  while ((c = getopt_long(argc, argv, "c:r:h", longs, NULL)) != -1) {
    switch (c) {
    case 'c': d->config = optarg; break;
    case 'r': d->reason = optarg; break;
    case 'h': fputs(usage, stdout); return 0;
    default: fputs("goldhour dlq --help says how\n", stderr); return GH_EXIT_USAGE;
    }
  }
  return read_words(argc, argv, d);
}

static int look(struct dlq *d, const struct gh_conf *conf, struct gh_arena *arena)
{
  if (conf->store != GH_STORE_SQLITE) {
    fprintf(stderr, "goldhour dlq: the configured store is in memory: its dead letters end with the process\n");
    return GH_EXIT_FAILED;
  }
  struct gh_zones *zones = gh_zones_load();
  d->zone = gh_zones_find(zones, conf->zone);
  if (!d->zone) d->zone = gh_zones_find(zones, GH_STR("UTC"));
  int status = read_store(d, gh_path_join(arena, conf->dir, conf->store_path.text).ptr);
  gh_zones_free(zones);
  return status;
}

int gh_cmd_dlq(int argc, char **argv)
{
  struct dlq d = {.config = GH_CONFIG_FILE};
  int status = read_options(argc, argv, &d);
  if (status >= 0) return status;
  struct gh_conf conf;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  status = gh_cli_conf(d.config, &conf, &arena) ? look(&d, &conf, &arena) : GH_EXIT_CONFIG;
  gh_arena_free(&arena);
  return status;
}
