#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "cmd.h"
#include "goldhour/base/time.h"
#include "goldhour/decode/bare.h"
#include "goldhour/sim/sim.h"
#include "goldhour/sys/sys.h"

const unsigned gh_bench_rules[GH_BENCH_SIZES] = {10, 1000, 10000};

static const char config[] =
    "schema: schema.yaml\nrules: [rules-%u.yaml]\nsource: {file: {path: events.jsonl}}\nprofiles: {file: {path: customers.jsonl}}\n"
    "store: memory\nsink: stdout\n";

static bool fail(const char *path)
{
  fprintf(stderr, "goldhour bench: %s: %s\n", path, strerror(errno));
  return false;
}

const char *gh_bench_path(const struct gh_bench_bank *bank, const char *name, char path[800])
{
  snprintf(path, 800, "%s/%s", bank->dir, name);
  return path;
}

bool gh_bench_write(const struct gh_bench_bank *bank, const char *name, struct gh_str bytes)
{
  char path[800];
  FILE *f = fopen(gh_bench_path(bank, name, path), "w");
  if (!f) return fail(path);
  bool ok = fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;
  return (fclose(f) == 0 && ok) || fail(path);
}

static bool make_dir(struct gh_bench_bank *bank)
{
  const char *base = getenv("TMPDIR");
  snprintf(bank->dir, sizeof bank->dir, "%s/goldhour-bench-XXXXXX", base && *base ? base : "/tmp");
  if (mkdtemp(bank->dir)) return true;
  fail(bank->dir);
  bank->dir[0] = 0;
  return false;
}

/* Rule i of a table of n: its type in turn, and a band of the amount so narrow that all rules together match about one event of a hundred. */
static void add_rule(struct gh_buf *out, unsigned i, unsigned n)
{
  static const char *const types[] = {"card_purchase", "transfer_in", "transfer_out", "card_purchase", "article_read", "login", "product_viewed", "payroll_credit"};
  static const char *const categories[] = {"grocery", "dining", "transport", "shopping"};
  const char *type = types[i % 8];
  unsigned low = 5 + i * 37 % 4000, cents = 20000 / n + 1;
  gh_buf_fmt(out, "  - id: rule-%05u\n    on: %s\n    due: T+1\n    product: product-%u\n    when: '", i, type, i % 50);
  if (strcmp(type, "article_read") == 0) gh_buf_fmt(out, "event.topic == \"fund\" && event.seconds == %u && event.id.endsWith(\"%02u\")", i % 300, i % 100);
  else if (strcmp(type, "login") == 0) gh_buf_fmt(out, "event.channel == \"wecom\" && event.id.endsWith(\"%04u\")", i % 10000);
  else if (strcmp(type, "product_viewed") == 0) gh_buf_fmt(out, "event.kind == \"fund\" && event.seconds == %u && event.id.endsWith(\"%02u\")", i % 240, i % 100);
  else gh_buf_fmt(out, "event.amount >= %u.00 && event.amount < %u.%02u", low, low + cents / 100, cents % 100);
  if (strcmp(type, "card_purchase") == 0) gh_buf_fmt(out, " && event.category == \"%s\"", categories[i / 8 % 4]);
  gh_buf_fmt(out, "'\n    audience: 'customer.age >= %u'\n    cooldown: 1d\n    script: '{{customer.name}}您好'\n", 18 + i % 20);
}

static bool write_rules(const struct gh_bench_bank *bank, unsigned n)
{
  struct gh_buf text = {0};
  char name[64];
  gh_buf_fmt(&text, "features:\n  spend_7d: {sum: event.amount, of: card_purchase, over: 7d}\n  reads_30d: {count: article_read, over: 30d}\nrules:\n");
  for (unsigned i = 0; i < n; i++) add_rule(&text, i, n);
  snprintf(name, sizeof name, "rules-%u.yaml", n);
  bool ok = gh_bench_write(bank, name, gh_buf_str(&text));
  gh_buf_clear(&text);
  gh_buf_fmt(&text, config, n);
  snprintf(name, sizeof name, "goldhour-%u.yaml", n);
  ok = ok && gh_bench_write(bank, name, gh_buf_str(&text));
  gh_buf_free(&text);
  return ok;
}

static bool write_profiles(const struct gh_bench_bank *bank, const struct gh_sim *sim)
{
  char path[800];
  FILE *f = fopen(gh_bench_path(bank, "customers.jsonl", path), "w");
  if (!f) return fail(path);
  struct gh_buf line = {0};
  for (uint32_t i = 0; i < bank->customers; i++) {
    gh_buf_clear(&line);
    if (!gh_sim_profile(sim, i, &line)) continue;
    gh_buf_byte(&line, '\n');
    fwrite(line.data, 1, line.len, f);
  }
  gh_buf_free(&line);
  bool ok = !ferror(f);
  return (fclose(f) == 0 && ok) || fail(path);
}

/* The first events of the day, in memory and in a file. */
static bool make_events(struct gh_bench_bank *bank, struct gh_sim *sim)
{
  struct gh_sim_event event;
  unsigned n = 0;
  for (; n < bank->nevents && gh_sim_next(sim, &event); n++) {
    gh_buf_add_str(&bank->bytes, event.json);
    gh_buf_byte(&bank->bytes, '\n');
  }
  bank->nevents = n;
  bank->events = calloc(n, sizeof *bank->events);
  memset(gh_buf_room(&bank->bytes, GH_BARE_PADDING), 0, GH_BARE_PADDING);
  if (!bank->events) return fail("memory");
  const char *at = bank->bytes.data;
  for (unsigned i = 0; i < n; i++) {
    const char *end = strchr(at, '\n');
    bank->events[i] = gh_str_n(at, (size_t)(end - at));
    at = end + 1;
  }
  return gh_bench_write(bank, "events.jsonl", gh_buf_str(&bank->bytes));
}

static bool make_world(struct gh_bench_bank *bank)
{
  struct gh_sim_options o = {.seed = 1, .customers = bank->customers, .days = 1, .wide = true};
  o.start_day = gh_days_from_date((struct gh_date){2026, 9, 15});
  struct gh_sim *sim = gh_sim_new(o);
  bool ok = write_profiles(bank, sim) && make_events(bank, sim);
  gh_sim_free(sim);
  return ok;
}

/* Without today's date: that the calendar ends soon is no matter of a benchmark's. */
static bool load_set(struct gh_bench_bank *bank, unsigned i)
{
  struct gh_faults faults;
  char name[64], path[800];
  snprintf(name, sizeof name, "goldhour-%u.yaml", gh_bench_rules[i]);
  gh_faults_init(&faults);
  bank->sets[i] = gh_set_load(gh_bench_path(bank, name, path), bank->zones, 0, &faults);
  if (!bank->sets[i]) gh_cli_faults(stderr, &faults);
  gh_faults_free(&faults);
  return bank->sets[i] != NULL;
}

static bool load_sets(struct gh_bench_bank *bank)
{
  for (unsigned i = 0; i < GH_BENCH_SIZES; i++) {
    if (!load_set(bank, i)) return false;
  }
  return true;
}

unsigned gh_bench_events(const struct gh_bench_bank *bank, unsigned size) { return gh_bench_rules[size] < 10000 ? bank->nevents : bank->nevents / 5; }

bool gh_bench_bank_make(struct gh_bench_bank *bank, const struct gh_bench_options *o)
{
  *bank = (struct gh_bench_bank){.customers = o->quick ? 100000 : 1000000, .nevents = o->quick ? 100000 : 500000, .runs = o->quick ? 3 : 5};
  bank->zones = gh_zones_load();
  struct gh_str schema;
  if (!make_dir(bank) || !gh_shipped_file("demo/schema.yaml", &schema) || !gh_bench_write(bank, "schema.yaml", schema)) return false;
  for (unsigned i = 0; i < GH_BENCH_SIZES; i++) {
    if (!write_rules(bank, gh_bench_rules[i])) return false;
  }
  return make_world(bank) && load_sets(bank);
}

/* The folder is flat. */
static void remove_dir(const struct gh_bench_bank *bank)
{
  char path[800];
  DIR *dir = opendir(bank->dir);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] != '.') unlink(gh_bench_path(bank, entry->d_name, path));
  }
  if (dir) closedir(dir);
  rmdir(bank->dir);
}

void gh_bench_bank_free(struct gh_bench_bank *bank)
{
  if (bank->dir[0]) remove_dir(bank);
  for (unsigned i = 0; i < GH_BENCH_SIZES; i++) {
    if (bank->sets[i]) gh_set_free(bank->sets[i]);
  }
  free(bank->events);
  gh_buf_free(&bank->bytes);
  if (bank->zones) gh_zones_free(bank->zones);
}
