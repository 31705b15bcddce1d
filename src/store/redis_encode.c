/* A commit as the arguments of the Lua function (config/redis/goldhour.lua, M.commit), in one piece of memory. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "redis_store.h"

enum { HEAD = 10, LETTER = 10, NUMBER = 21 }; /* arguments before the items, of a dead letter; digits of a number */

/* Where the next argument goes. */
struct writer { struct gh_sent *sent; char *at; };

static void add(struct writer *w, struct gh_str s)
{
  w->sent->argv[w->sent->argc++] = gh_str_n(w->at, s.len);
  if (s.len) memcpy(w->at, s.ptr, s.len);
  w->at += s.len;
}

static void add_number(struct writer *w, uint64_t n)
{
  char text[NUMBER + 1];
  add(w, gh_str_n(text, (size_t)snprintf(text, sizeof text, "%" PRIu64, n)));
}

static void add_row(struct writer *w, struct gh_str bytes, uint64_t seed)
{
  uint64_t hash = gh_hash_seed(bytes, seed);
  w->sent->argv[w->sent->argc++] = gh_str_n(w->at, GH_ROW_HASH + bytes.len);
  for (unsigned i = 0; i < GH_ROW_HASH; i++) w->at[i] = (char)(hash >> (8 * i));
  if (bytes.len) memcpy(w->at + GH_ROW_HASH, bytes.ptr, bytes.len);
  w->at += GH_ROW_HASH + bytes.len;
}

bool gh_row_open(struct gh_str row, uint64_t seed, struct gh_str *bytes)
{
  uint64_t hash = 0;
  if (row.len < GH_ROW_HASH) return false;
  for (unsigned i = 0; i < GH_ROW_HASH; i++) hash |= (uint64_t)(unsigned char)row.ptr[i] << (8 * i);
  *bytes = gh_str_n(row.ptr + GH_ROW_HASH, row.len - GH_ROW_HASH);
  return gh_hash_seed(*bytes, seed) == hash;
}

static size_t size_of(const struct gh_commit *c, unsigned *argc)
{
  size_t bytes = c->position.len + c->meta.len + c->dict.len + c->log.len + 3 * GH_ROW_HASH + 6 * NUMBER;
  for (unsigned i = 0; i < c->nbuckets; i++) bytes += c->buckets[i].bytes.len + GH_ROW_HASH + NUMBER;
  for (unsigned i = 0; i < c->nleads; i++) bytes += c->leads[i].id.len + c->leads[i].json.len;
  for (unsigned i = 0; i < c->ndead; i++) {
    bytes += (size_t)gh_dead_size(&c->dead[i]) + c->dead[i].input.len + c->dead[i].reason.len + 3 * NUMBER + 3;
  }
  bytes += (size_t)c->ndrop * NUMBER;
  *argc = HEAD + c->ndrop + 2 * c->nbuckets + 2 * c->nleads + LETTER * c->ndead;
  return bytes;
}

static void add_letter(struct writer *w, const struct gh_commit_dead *d)
{
  char kept[4], at[24];
  unsigned n = 0;
  if (d->raw.ptr) kept[n++] = 'r';
  if (d->key.ptr) kept[n++] = 'k';
  if (d->headers.ptr) kept[n++] = 'h';
  add(w, gh_str_n(kept, n));
  add(w, d->input);
  add_number(w, d->offset);
  add_number(w, d->record);
  add(w, d->reason);
  add(w, d->detail);
  add(w, d->raw);
  add(w, d->key);
  add(w, d->headers);
  add(w, gh_str_n(at, (size_t)snprintf(at, sizeof at, "%" PRId64, d->at_ms)));
}

static void add_head(struct writer *w, const struct gh_commit *c, int64_t dead_most)
{
  add(w, c->position);
  add_row(w, c->meta, c->seq);
  if (c->dict.len) add_row(w, c->dict, 0);
  else add(w, c->dict);
  add_row(w, c->log, c->seq);
  add_number(w, c->cut_seq);
  add_number(w, (uint64_t)(dead_most > 0 ? dead_most : 0));
  add_number(w, c->ndrop);
  add_number(w, c->nbuckets);
  add_number(w, c->nleads);
  add_number(w, c->ndead);
}

struct gh_sent *gh_sent_new(const struct gh_commit *c, const char *before, int64_t dead_most)
{
  unsigned argc;
  size_t bytes = size_of(c, &argc), head = sizeof(struct gh_sent) + argc * sizeof(struct gh_str);
  struct gh_sent *e = malloc(head + bytes);
  GH_CHECK(e && "out of memory");
  *e = (struct gh_sent){.seq = c->seq, .bytes = head + bytes};
  struct writer w = {e, (char *)e + head};
  add_head(&w, c, dead_most);
  for (unsigned i = 0; i < c->ndrop; i++) add_number(&w, c->drop[i]);
  for (unsigned i = 0; i < c->nbuckets; i++) {
    add_number(&w, c->buckets[i].key);
    add_row(&w, c->buckets[i].bytes, c->buckets[i].key);
  }
  for (unsigned i = 0; i < c->nleads; i++) {
    add(&w, c->leads[i].id);
    add(&w, c->leads[i].json);
  }
  for (unsigned i = 0; i < c->ndead; i++) add_letter(&w, &c->dead[i]);
  GH_CHECK(e->argc == argc && w.at <= (char *)e + e->bytes);
  const char *texts = (const char *)e + head;
  uint64_t past = gh_hash_seed(gh_str(before), c->seq);
  snprintf(e->before, sizeof e->before, "%s", before);
  snprintf(e->mark, sizeof e->mark, "%016" PRIx64, gh_hash_seed(gh_str_n(texts, (size_t)(w.at - texts)), past));
  return e;
}

struct gh_run gh_sent_run(const struct gh_redis_partition *p, const struct gh_sent *sent, const char *owner, struct gh_arena *arena)
{
  struct gh_str *args = gh_arena_alloc(arena, (sent->argc + 5) * sizeof *args);
  args[0] = GH_STR("commit");
  args[1] = gh_str(owner);
  args[2] = gh_arena_fmt(arena, "%" PRIu64, sent->seq);
  args[3] = gh_str(sent->mark);
  args[4] = gh_str(sent->before);
  memcpy(args + 5, sent->argv, sent->argc * sizeof *args);
  return (struct gh_run){p->keys, GH_KEYS, args, sent->argc + 5};
}
