#include "cmd.h"

#include <errno.h>

#include "goldhour/base/buf.h"
#include "goldhour/sys/sys.h"

void gh_cli_faults(FILE *out, const struct gh_faults *faults)
{
  struct gh_buf text = {0};
  for (const struct gh_fault *f = faults->first; f; f = f->next) gh_fault_print(f, &text);
  if (text.len) fwrite(text.data, 1, text.len, out);
  gh_buf_free(&text);
}

static struct gh_set *load(const char *config, const struct gh_zones *zones, int64_t today_ms)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  struct gh_set *set = gh_set_load(config, zones, today_ms, &faults);
  gh_cli_faults(stderr, &faults);
  if (!set) fprintf(stderr, "goldhour: %u error%s in the configuration\n", faults.errors, faults.errors == 1 ? "" : "s");
  gh_faults_free(&faults);
  return set;
}

struct gh_set *gh_cli_load(const char *config, const struct gh_zones *zones) { return load(config, zones, gh_wall_ms()); }
struct gh_set *gh_cli_load_timeless(const char *config, const struct gh_zones *zones) { return load(config, zones, 0); }

static bool read_conf(const char *config, struct gh_conf *conf, struct gh_arena *arena, struct gh_faults *faults)
{
  struct gh_str text;
  if (gh_file_read(arena, config, &text)) return gh_conf_parse(conf, arena, gh_arena_str(arena, gh_str(config)), text, faults);
  gh_fault(faults, (struct gh_spot){0}, "can't read '%s': %s", config, strerror(errno));
  return false;
}

bool gh_cli_conf(const char *config, struct gh_conf *conf, struct gh_arena *arena)
{
  struct gh_faults faults;
  gh_faults_init(&faults);
  bool ok = read_conf(config, conf, arena, &faults);
  gh_cli_faults(stderr, &faults);
  gh_faults_free(&faults);
  return ok;
}
