#include "profile_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "profile_merge.h"

enum { HEAD_EVERY = 64 };

/* ── looking ── */

static void build_heads(struct gh_profile_state *s)
{
  uint64_t n = s->known.count;
  s->heads = calloc(n / HEAD_EVERY + 1, sizeof *s->heads);
  s->seen = calloc(n / 64 + 1, sizeof *s->seen);
  GH_CHECK(s->heads && s->seen && "out of memory");
  struct gh_reader r = {.at = s->known.records, .end = s->known.end};
  for (uint64_t i = 0; i < n; i++) {
    if (i % HEAD_EVERY == 0) s->heads[i / HEAD_EVERY] = (uint64_t)(r.at - s->known.records);
    (void)gh_read_text(&r);
    (void)gh_read_fixed64(&r);
  }
}

static struct gh_reader reader_at(const struct gh_profile_state *s, uint64_t head)
{
  return (struct gh_reader){.at = s->known.records + s->heads[head], .end = s->known.end};
}

/* The last head whose customer is not behind `customer`. */
static uint64_t head_before(const struct gh_profile_state *s, struct gh_str customer)
{
  uint64_t low = 0, high = (s->known.count + HEAD_EVERY - 1) / HEAD_EVERY;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    struct gh_reader r = reader_at(s, middle);
    if (gh_str_cmp(gh_read_text(&r), customer) <= 0) low = middle;
    else high = middle;
  }
  return low;
}

bool gh_profile_state_same(struct gh_profile_state *s, struct gh_str customer, uint64_t hash, bool *known)
{
  *known = false;
  if (s->known.count == 0) return false;
  uint64_t head = head_before(s, customer);
  struct gh_reader r = reader_at(s, head);
  for (uint64_t i = head * HEAD_EVERY; i < s->known.count && i < (head + 1) * HEAD_EVERY; i++) {
    int order = gh_str_cmp(gh_read_text(&r), customer);
    uint64_t held = gh_read_fixed64(&r);
    if (order > 0) return false;
    if (order < 0) continue;
    uint64_t bit = UINT64_C(1) << (i % 64);
    s->nseen += !(s->seen[i / 64] & bit);
    s->seen[i / 64] |= bit;
    *known = true;
    return held == hash;
  }
  return false;
}

bool gh_profile_state_field(const struct gh_profile_state *s, struct gh_str name)
{
  for (unsigned i = 0; i < s->known.nnames; i++)
    if (gh_str_eq(s->known.names[i], name)) return true;
  return false;
}

void gh_profile_state_missing(const struct gh_profile_state *s, bool (*each)(void *ctx, struct gh_str customer), void *ctx)
{
  struct gh_reader r = {.at = s->known.records, .end = s->known.end};
  for (uint64_t i = 0; i < s->known.count; i++) {
    struct gh_str customer = gh_read_text(&r);
    (void)gh_read_fixed64(&r);
    if (!(s->seen[i / 64] >> (i % 64) & 1) && !each(ctx, customer)) return;
  }
}

/* ── noting ── */

void gh_profile_state_name(struct gh_profile_state *s, struct gh_str name)
{
  for (unsigned i = 0; i < s->nnames; i++)
    if (gh_str_eq(s->names[i], name)) return;
  struct gh_str *names = gh_arena_alloc(&s->own, (s->nnames + 1) * sizeof *names);
  if (s->nnames) memcpy(names, s->names, s->nnames * sizeof *names);
  names[s->nnames++] = gh_arena_str(&s->own, name);
  s->names = names;
}

void gh_profile_state_note(struct gh_profile_state *s, struct gh_str customer, uint64_t hash)
{
  if (!s->path) return;
  if (s->nentries == s->cap) {
    s->cap = s->cap ? s->cap * 2 : 1024;
    s->entries = realloc(s->entries, s->cap * sizeof *s->entries);
    GH_CHECK(s->entries && "out of memory");
  }
  s->entries[s->nentries] = (struct gh_profile_entry){gh_arena_str(&s->arena, customer), hash, s->nentries};
  s->nentries++;
}

size_t gh_profile_state_pending(const struct gh_profile_state *s) { return s->nentries; }

static int by_customer(const void *one, const void *other)
{
  const struct gh_profile_entry *a = one, *b = other;
  int order = gh_str_cmp(a->customer, b->customer);
  return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* The stretch as a section; of a customer noted twice the later one. */
static void pack_stretch(struct gh_profile_state *s, struct gh_buf *body)
{
  struct gh_buf records = {0};
  uint64_t n = 0;
  qsort(s->entries, s->nentries, sizeof *s->entries, by_customer);
  for (size_t i = 0; i < s->nentries; i++) {
    if (i + 1 < s->nentries && gh_str_eq(s->entries[i].customer, s->entries[i + 1].customer)) continue;
    gh_buf_put_text(&records, s->entries[i].customer);
    gh_buf_put_fixed64(&records, s->entries[i].hash);
    n++;
  }
  gh_profile_body(body, s->names, s->nnames, n);
  gh_buf_add_str(body, gh_buf_str(&records));
  gh_buf_free(&records);
}

static bool write_all(int fd, struct gh_str bytes)
{
  while (bytes.len) {
    ssize_t n = write(fd, bytes.ptr, bytes.len);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes = gh_str_n(bytes.ptr + n, bytes.len - (size_t)n);
  }
  return true;
}

static bool open_part(struct gh_profile_state *s)
{
  if (s->part_fd >= 0) return true;
  s->part_fd = open(s->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return s->part_fd >= 0 && write_all(s->part_fd, GH_PROFILE_MAGIC);
}

bool gh_profile_state_delivered(struct gh_profile_state *s, struct gh_profile_error *error)
{
  if (s->nentries == 0) return true;
  struct gh_buf body = {0}, section = {0};
  pack_stretch(s, &body);
  gh_profile_section(&section, gh_buf_str(&body));
  bool ok = open_part(s) && write_all(s->part_fd, gh_buf_str(&section)) && fdatasync(s->part_fd) == 0;
  if (!ok) gh_profile_fail(error, s->part, "cannot be written");
  gh_buf_free(&body);
  gh_buf_free(&section);
  s->nentries = 0;
  gh_arena_reset(&s->arena);
  return ok;
}

/* ── opening, ending ── */

static void close_known(struct gh_profile_state *s)
{
  gh_profile_unmap(&s->map);
  free(s->known.names);
  free(s->heads);
  free(s->seen);
  s->known = (struct gh_profile_table){0};
  s->heads = s->seen = NULL;
  s->nseen = 0;
}

static bool open_known(struct gh_profile_state *s, const char *path, struct gh_profile_error *error)
{
  struct gh_profile_table *tables;
  unsigned n;
  if (!gh_profile_map(&s->map, path, &tables, &n, error)) return false;
  bool ok = n == 1 || !s->map.bytes;
  if (!ok) snprintf(error->text, sizeof error->text, "%s: it is damaged; put a copy in its place, or send everything anew with --full",
      path);
  if (n >= 1) s->known = tables[0];
  for (unsigned i = 1; i < n; i++) free(tables[i].names);
  free(tables);
  for (unsigned i = 0; ok && i < s->known.nnames; i++) gh_profile_state_name(s, s->known.names[i]);
  build_heads(s);
  return ok;
}

/* What was known with all that was delivered since, as the new state. */
static bool merge(struct gh_profile_state *s, struct gh_profile_error *error)
{
  struct gh_profile_map map = {0};
  struct gh_profile_table *parts = NULL;
  unsigned n = 0;
  if (!gh_profile_map(&map, s->part, &parts, &n, error)) return false;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < parts[i].nnames; j++) gh_profile_state_name(s, parts[i].names[j]);
  const struct gh_profiles_merge m = {.path = s->path, .known = &s->known, .parts = parts, .nparts = n, .names = s->names,
      .nnames = s->nnames};
  bool ok = gh_profiles_merge(&m, error);
  for (unsigned i = 0; i < n; i++) free(parts[i].names);
  free(parts);
  gh_profile_unmap(&map);
  if (ok) (void)unlink(s->part);
  return ok;
}

static char *part_of(const char *path)
{
  size_t size = strlen(path) + sizeof ".part";
  char *part = malloc(size);
  GH_CHECK(part && "out of memory");
  snprintf(part, size, "%s.part", path);
  return part;
}

bool gh_profile_state_open(struct gh_profile_state *s, const char *path, const char *since, struct gh_profile_error *error)
{
  *s = (struct gh_profile_state){.path = path, .part_fd = -1};
  gh_arena_init(&s->arena, 0);
  gh_arena_init(&s->own, 0);
  if (path) s->part = part_of(path);
  const char *from = since ? since : path;
  if (since && access(since, F_OK) != 0) return gh_profile_fail(error, since, "cannot be read");
  if (from && !open_known(s, from, error)) return false;
  if (!path || access(s->part, F_OK) != 0) return true;
  if (!merge(s, error)) return false;
  close_known(s);
  return open_known(s, path, error);
}

bool gh_profile_state_finish(struct gh_profile_state *s, struct gh_profile_error *error)
{
  if (!s->path) return true;
  return gh_profile_state_delivered(s, error) && merge(s, error);
}

void gh_profile_state_close(struct gh_profile_state *s)
{
  close_known(s);
  if (s->part_fd >= 0) close(s->part_fd);
  free(s->part);
  free(s->entries);
  gh_arena_free(&s->arena);
  gh_arena_free(&s->own);
}
