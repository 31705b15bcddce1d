/* What a walker asks of YAML nodes. Each says, where it is not so, what was expected and what stands there. */
#include "goldhour/base/buf.h"
#include "goldhour/base/time.h"
#include "goldhour/conf/yaml.h"

enum { KEYS_MOST = 64 };

bool gh_node_absent(const struct gh_node *n)
{
  if (!n) return true;
  if (n->kind != GH_NODE_SCALAR || n->quoted) return false;
  static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};
  for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
    if (gh_str_eq(n->text, gh_str(nothing[i]))) return true;
  }
  return false;
}

/* "'window': expected a duration …, found 'soon'" */
static struct gh_fault *expected(const struct gh_node *n, const char *what, struct gh_faults *faults)
{
  struct gh_str key = n->key.len ? gh_arena_fmt(&faults->arena, "'%.*s': ", GH_FMT(n->key)) : GH_STR("");
  if (n->kind == GH_NODE_LIST) return gh_fault(faults, n->at, "%.*sexpected %s, found a list", GH_FMT(key), what);
  if (n->kind == GH_NODE_MAP) return gh_fault(faults, n->at, "%.*sexpected %s, found a map", GH_FMT(key), what);
  if (gh_node_absent(n)) return gh_fault(faults, n->at, "%.*sexpected %s, found nothing", GH_FMT(key), what);
  struct gh_str shown = n->text;
  bool cut = shown.len > 60;
  for (shown.len = cut ? 60 : shown.len; cut && ((unsigned char)shown.ptr[shown.len] & 0xc0) == 0x80;) shown.len--;
  return gh_fault(faults, n->at, "%.*sexpected %s, found '%.*s%s'", GH_FMT(key), what, GH_FMT(shown), cut ? "…" : "");
}

static void say_unknown_key(const struct gh_node *entry, const struct gh_str *keys, size_t nkeys, struct gh_faults *faults)
{
  struct gh_fault *fault = gh_fault(faults, entry->key_at, "unknown key '%.*s'", GH_FMT(entry->key));
  struct gh_str in_file = gh_arena_fmt(&faults->arena, "%.*s_file", GH_FMT(entry->key));
  for (size_t i = 0; i < nkeys; i++) {
    if (gh_str_eq(keys[i], in_file)) fault->hint = gh_arena_fmt(&faults->arena, "secrets stand in files: write '%.*s'", GH_FMT(in_file));
  }
  if (!fault->hint.len) fault->hint = gh_did_you_mean(faults, entry->key, keys, nkeys);
  if (!fault->hint.len && gh_node_absent(entry) && memchr(entry->key.ptr, ':', entry->key.len)) {
    fault->hint = GH_STR("a text that holds a comma needs quotes, a list stands in [ ]");
  }
  if (fault->hint.len) return;
  struct gh_buf list = {0};
  gh_buf_fmt(&list, "allowed here:");
  for (size_t i = 0; i < nkeys; i++) gh_buf_fmt(&list, "%s %.*s", i ? "," : "", GH_FMT(keys[i]));
  fault->hint = gh_arena_str(&faults->arena, gh_buf_str(&list));
  gh_buf_free(&list);
}

bool gh_want_map(const struct gh_node *n, const char *const *allowed_keys, struct gh_faults *faults)
{
  if (n->kind != GH_NODE_MAP) {
    expected(n, "a map (key: value)", faults);
    return false;
  }
  if (!allowed_keys) return true;
  struct gh_str keys[KEYS_MOST];
  size_t nkeys = 0;
  for (; allowed_keys[nkeys] && nkeys < KEYS_MOST; nkeys++) keys[nkeys] = gh_str(allowed_keys[nkeys]);
  bool good = true;
  for (const struct gh_node *entry = n->first; entry; entry = entry->next) {
    size_t i = 0;
    while (i < nkeys && !gh_str_eq(keys[i], entry->key)) i++;
    if (i < nkeys) continue;
    say_unknown_key(entry, keys, nkeys, faults);
    good = false;
  }
  return good;
}

bool gh_want_list(const struct gh_node *n, struct gh_faults *faults)
{
  if (n->kind == GH_NODE_LIST) return true;
  expected(n, "a list", faults)->hint = GH_STR("write it as [a, b], or one entry a line, each behind '- '");
  return false;
}

bool gh_want_text(const struct gh_node *n, struct gh_str *out, struct gh_faults *faults)
{
  if (n->kind == GH_NODE_SCALAR && !gh_node_absent(n)) {
    *out = n->text;
    return true;
  }
  struct gh_fault *fault = expected(n, "a text", faults);
  if (n->kind == GH_NODE_MAP) fault->hint = GH_STR("a text that begins with '{' or holds ': ' needs quotes");
  return false;
}

/* A whole number without sign games: `-?[0-9]+`, within int64. */
static bool read_int(struct gh_str s, int64_t *out)
{
  bool negative = s.len && s.ptr[0] == '-';
  uint64_t v = 0, most = (uint64_t)INT64_MAX + negative;
  if (s.len == (size_t)negative) return false;
  for (size_t i = negative; i < s.len; i++) {
    if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    unsigned digit = (unsigned)(s.ptr[i] - '0');
    if (v > (most - digit) / 10) return false;
    v = v * 10 + digit;
  }
  *out = negative ? (int64_t)(0 - v) : (int64_t)v;
  return true;
}

bool gh_want_int(const struct gh_node *n, int64_t least, int64_t most, int64_t *out, struct gh_faults *faults)
{
  int64_t v;
  bool number = n->kind == GH_NODE_SCALAR && read_int(n->text, &v);
  if (number && !n->quoted && v >= least && v <= most) {
    *out = v;
    return true;
  }
  struct gh_str what = gh_arena_fmt(&faults->arena, "a whole number from %lld to %lld", (long long)least, (long long)most);
  struct gh_fault *fault = expected(n, what.ptr, faults);
  if (number && n->quoted) fault->hint = GH_STR("remove the quotes");
  return false;
}

bool gh_want_bool(const struct gh_node *n, bool *out, struct gh_faults *faults)
{
  bool scalar = n->kind == GH_NODE_SCALAR;
  bool yes = scalar && gh_str_eq(n->text, GH_STR("true")), no = scalar && gh_str_eq(n->text, GH_STR("false"));
  if ((yes || no) && !n->quoted) {
    *out = yes;
    return true;
  }
  struct gh_fault *fault = expected(n, "true or false", faults);
  if (yes || no) fault->hint = GH_STR("remove the quotes");
  return false;
}

bool gh_want_duration(const struct gh_node *n, int64_t *ms, struct gh_faults *faults)
{
  if (n->kind == GH_NODE_SCALAR && gh_duration_parse(n->text, ms)) return true;
  expected(n, "a duration such as 30s, 15m, 1h30m or 7d (at most 100 years)", faults);
  return false;
}

bool gh_want_bytes(const struct gh_node *n, int64_t *bytes, struct gh_faults *faults)
{
  static const struct { const char *unit; int64_t bytes; } units[] = {{"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"B", 1}, {"", 1}};
  for (size_t i = 0; n->kind == GH_NODE_SCALAR && i < sizeof units / sizeof *units; i++) {
    size_t len = strlen(units[i].unit);
    int64_t v;
    if (n->text.len <= len || memcmp(n->text.ptr + n->text.len - len, units[i].unit, len) != 0) continue;
    if (!read_int(gh_str_n(n->text.ptr, n->text.len - len), &v) || v < 0 || v > INT64_MAX / units[i].bytes) continue;
    *bytes = v * units[i].bytes;
    return true;
  }
  expected(n, "a size such as 512KB, 64MB or 1GB", faults);
  return false;
}
