#include "profile_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"

enum { SECTION_HEAD = 16 }; /* length and hash of the body */

bool gh_profile_fail(struct gh_profile_error *error, const char *path, const char *what)
{
  snprintf(error->text, sizeof error->text, "%s: %s: %s", path, what, strerror(errno));
  return false;
}

void gh_profile_body(struct gh_buf *out, const struct gh_str *names, unsigned nnames, uint64_t records)
{
  gh_buf_put_u64(out, nnames);
  for (unsigned i = 0; i < nnames; i++) gh_buf_put_text(out, names[i]);
  gh_buf_put_fixed64(out, records);
}

void gh_profile_section(struct gh_buf *out, struct gh_str body)
{
  gh_buf_put_fixed64(out, body.len);
  gh_buf_put_fixed64(out, gh_hash(body));
  gh_buf_add_str(out, body);
}

/* ── reading ── */

static bool read_table(struct gh_profile_table *t, struct gh_str body)
{
  struct gh_reader r = gh_reader(body);
  uint64_t n = gh_read_u64(&r);
  if (r.bad || n > body.len) return false;
  *t = (struct gh_profile_table){.nnames = (unsigned)n, .names = calloc(n + 1, sizeof *t->names)};
  GH_CHECK(t->names && "out of memory");
  for (unsigned i = 0; i < t->nnames; i++) t->names[i] = gh_read_text(&r);
  t->count = gh_read_fixed64(&r);
  t->records = r.at;
  t->end = r.end;
  if (!r.bad && t->count <= body.len) return true;
  free(t->names);
  return false;
}

static bool next_section(struct gh_reader *r, struct gh_str *body)
{
  if (r->end - r->at < SECTION_HEAD) return false;
  uint64_t len = gh_read_fixed64(r), hash = gh_read_fixed64(r);
  if (len > (uint64_t)(r->end - r->at)) return false;
  *body = gh_str_n(r->at, len);
  r->at += len;
  return gh_hash(*body) == hash;
}

static void read_tables(const struct gh_profile_map *map, struct gh_profile_table **tables, unsigned *n)
{
  struct gh_reader r = gh_reader(gh_str_n(map->bytes, map->len));
  struct gh_str body;
  r.at += GH_PROFILE_MAGIC.len;
  while (next_section(&r, &body)) {
    *tables = realloc(*tables, (*n + 1) * sizeof **tables);
    GH_CHECK(*tables && "out of memory");
    if (!read_table(&(*tables)[*n], body)) return;
    ++*n;
  }
}

static bool map_file(struct gh_profile_map *map, int fd)
{
  struct stat st;
  if (fstat(fd, &st) != 0) return false;
  if (st.st_size == 0) return true;
  void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return false;
  *map = (struct gh_profile_map){bytes, (size_t)st.st_size};
  return true;
}

bool gh_profile_map(struct gh_profile_map *map, const char *path, struct gh_profile_table **tables, unsigned *n,
    struct gh_profile_error *error)
{
  *map = (struct gh_profile_map){0};
  *tables = NULL;
  *n = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT || gh_profile_fail(error, path, "cannot be read");
  bool ok = map_file(map, fd);
  if (!ok) gh_profile_fail(error, path, "cannot be read");
  close(fd);
  if (!ok || !map->bytes) return ok;
  if (gh_str_starts(gh_str_n(map->bytes, map->len), GH_PROFILE_MAGIC)) {
    read_tables(map, tables, n);
    return true;
  }
  snprintf(error->text, sizeof error->text, "%s: it is no state of goldhour profiles: it is left alone", path);
  gh_profile_unmap(map);
  return false;
}

void gh_profile_unmap(struct gh_profile_map *map)
{
  if (map->bytes) munmap(map->bytes, map->len);
  *map = (struct gh_profile_map){0};
}

/* ── merging ── */

struct cursor { struct gh_reader at; uint64_t left; struct gh_str customer; uint64_t hash; bool over; };

static void step(struct cursor *c)
{
  c->over = c->left == 0;
  if (c->over) return;
  c->left--;
  c->customer = gh_read_text(&c->at);
  c->hash = gh_read_fixed64(&c->at);
}

static struct cursor cursor_of(const struct gh_profile_table *t)
{
  struct cursor c = {.at = {.at = t->records, .end = t->end}, .left = t->count};
  step(&c);
  return c;
}

/* The least customer of all; of equal ones the last table's. -1: all are at their end. */
static int least(const struct cursor *cursors, unsigned n)
{
  int best = -1;
  for (unsigned i = 0; i < n; i++) {
    if (cursors[i].over) continue;
    if (best < 0 || gh_str_cmp(cursors[i].customer, cursors[best].customer) <= 0) best = (int)i;
  }
  return best;
}

/* Writes the records that stay; how many. */
static uint64_t write_records(FILE *out, struct cursor *cursors, unsigned n)
{
  struct gh_buf record = {0};
  uint64_t written = 0;
  for (int i; (i = least(cursors, n)) >= 0;) {
    struct gh_str customer = cursors[i].customer;
    gh_buf_clear(&record);
    gh_buf_put_text(&record, customer);
    gh_buf_put_fixed64(&record, cursors[i].hash);
    bool stays = cursors[i].hash != GH_PROFILE_FORGOTTEN;
    if (stays) fwrite(record.data, 1, record.len, out);
    written += stays;
    for (unsigned j = 0; j < n; j++)
      if (!cursors[j].over && gh_str_eq(cursors[j].customer, customer)) step(&cursors[j]);
  }
  gh_buf_free(&record);
  return written;
}

static uint64_t write_body(FILE *out, const struct gh_profiles_merge *m)
{
  struct cursor *cursors = calloc(m->nparts + 1, sizeof *cursors);
  GH_CHECK(cursors && "out of memory");
  cursors[0] = cursor_of(m->known);
  for (unsigned i = 0; i < m->nparts; i++) cursors[i + 1] = cursor_of(&m->parts[i]);
  uint64_t n = write_records(out, cursors, m->nparts + 1);
  free(cursors);
  return n;
}

static bool put_at(FILE *out, long at, struct gh_str bytes)
{
  return fseek(out, at, SEEK_SET) == 0 && fwrite(bytes.ptr, 1, bytes.len, out) == bytes.len && fflush(out) == 0;
}

/* Length, hash and number of records are known at the end alone: they are written over what stood there. */
static bool seal(FILE *out, const struct gh_profiles_merge *m, uint64_t records)
{
  struct gh_buf head = {0};
  struct gh_profile_map map = {0};
  gh_profile_body(&head, m->names, m->nnames, records);
  long begin = (long)GH_PROFILE_MAGIC.len;
  bool ok = put_at(out, begin + SECTION_HEAD, gh_buf_str(&head)) && map_file(&map, fileno(out));
  if (ok) {
    struct gh_str body = gh_str_n(map.bytes + begin + SECTION_HEAD, map.len - (size_t)begin - SECTION_HEAD);
    gh_buf_clear(&head);
    gh_buf_put_fixed64(&head, body.len);
    gh_buf_put_fixed64(&head, gh_hash(body));
    ok = put_at(out, begin, gh_buf_str(&head)) && fsync(fileno(out)) == 0;
  }
  gh_profile_unmap(&map);
  gh_buf_free(&head);
  return ok;
}

static bool write_state(FILE *out, const struct gh_profiles_merge *m)
{
  struct gh_buf head = {0};
  static const char room[SECTION_HEAD];
  gh_buf_add_str(&head, GH_PROFILE_MAGIC);
  gh_buf_add(&head, room, sizeof room);
  gh_profile_body(&head, m->names, m->nnames, 0);
  fwrite(head.data, 1, head.len, out);
  gh_buf_free(&head);
  uint64_t records = write_body(out, m);
  return fflush(out) == 0 && !ferror(out) && seal(out, m, records);
}

bool gh_profiles_merge(const struct gh_profiles_merge *m, struct gh_profile_error *error)
{
  char path[4096];
  int n = snprintf(path, sizeof path, "%s.new", m->path);
  int fd = n < (int)sizeof path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  FILE *out = fd >= 0 ? fdopen(fd, "w+") : NULL;
  if (!out) return gh_profile_fail(error, path, "cannot be made");
  bool ok = write_state(out, m);
  if (!ok) gh_profile_fail(error, path, "cannot be written");
  if (fclose(out) != 0 && ok) ok = gh_profile_fail(error, path, "cannot be written");
  if (ok && rename(path, m->path) != 0) ok = gh_profile_fail(error, m->path, "cannot be replaced");
  return ok;
}
