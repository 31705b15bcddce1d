#include <stdlib.h>

#include "engine.h"
#include "goldhour/base/check.h"

/* What a batch may hold besides events; memory is bounded by these whatever comes in. */
#define BATCH_BYTES ((size_t)16 << 20)
#define BATCH_LEADS 8192u
#define BATCH_TURNS 64u
#define LETTERS_KEPT 16384u /* room for dead letters that the next batch is left */

void gh_batch_init(struct gh_batch *b)
{
  *b = (struct gh_batch){0};
  gh_update_init(&b->update);
}

void gh_batch_free(struct gh_batch *b)
{
  gh_update_free(&b->update);
  free(b->dead);
}

void gh_batch_reset(struct gh_batch *b)
{
  gh_update_reset(&b->update);
  if (b->dead_cap > LETTERS_KEPT) {
    free(b->dead);
    b->dead = NULL;
    b->dead_cap = 0;
  }
  b->ndead = b->records = b->turns = 0;
  b->bytes = 0;
  b->touched = b->activated = b->proving = false;
}

bool gh_batch_begun(const struct gh_batch *b) { return b->records > 0 || b->update.nleads > 0; }
bool gh_batch_dirty(const struct gh_batch *b) { return b->activated || gh_batch_begun(b); }

/* Of what came, or of what was made of it: a lead may be as long as its event, and one event may have many. */
static bool has_its_bytes(const struct gh_batch *b)
{
  return b->bytes >= BATCH_BYTES || b->update.arena.used_bytes + b->update.log.len >= BATCH_BYTES;
}

bool gh_batch_laden(const struct gh_batch *b) { return has_its_bytes(b) || b->update.nleads >= BATCH_LEADS; }

bool gh_batch_full(const struct gh_batch *b, const struct gh_conf *conf)
{
  return gh_batch_laden(b) || b->records >= conf->batch_events || b->turns >= BATCH_TURNS;
}

void gh_batch_spare(const struct gh_batch *b, struct gh_feed_item *item)
{
  if (!has_its_bytes(b)) return;
  item->in.raw = (struct gh_str){0};
  item->message = NULL;
}

static struct gh_commit_dead *add_letter(struct gh_batch *b)
{
  if (b->ndead == b->dead_cap) {
    b->dead_cap = b->dead_cap ? b->dead_cap * 2 : 16;
    b->dead = realloc(b->dead, b->dead_cap * sizeof *b->dead);
    GH_CHECK(b->dead && "out of memory");
  }
  return &b->dead[b->ndead++];
}

/* What stands beside a stream's message, so that it can be sent again as it was. */
static void add_message(struct gh_batch *b, struct gh_commit_dead *d, const struct gh_message *m)
{
  if (!m || (!m->key.ptr && !m->nheaders)) return;
  struct gh_buf packed = {0};
  gh_headers_pack(&packed, m->headers, m->nheaders);
  d->key = gh_arena_str(&b->update.arena, m->key);
  if (m->nheaders) d->headers = gh_arena_str(&b->update.arena, gh_buf_str(&packed));
  gh_buf_free(&packed);
}

void gh_batch_refuse(struct gh_batch *b, const struct gh_feed_item *item, const char *input, int64_t at_ms)
{
  struct gh_arena *arena = &b->update.arena;
  struct gh_commit_dead *d = add_letter(b);
  *d = (struct gh_commit_dead){.input = gh_str(input), .reason = item->reason, .detail = gh_arena_str(arena, item->detail),
                               .offset = item->in.at_offset, .record = item->in.at_record, .at_ms = at_ms};
  if (item->in.raw.ptr) d->raw = gh_arena_str(arena, item->in.raw);
  add_message(b, d, item->message);
  b->bytes += item->in.raw.len;
}

void gh_batch_refused(struct gh_batch *b, const struct gh_feed_item *item, int64_t at_ms)
{
  struct gh_update *u = &b->update;
  for (; u->nrefused > 0; u->nrefused--) {
    const struct gh_refused *r = &u->refused[u->nrefused - 1];
    struct gh_commit_dead *d = add_letter(b);
    *d = (struct gh_commit_dead){.input = GH_STR("events"), .reason = r->reason, .detail = r->detail, .raw = r->raw.len ? r->raw : (struct gh_str){0},
                                 .offset = r->at_offset, .record = r->at_record, .at_ms = at_ms};
    bool at_hand = item && r->at_record && r->at_offset == item->in.at_offset; /* else it is one that had waited */
    if (at_hand) add_message(b, d, item->message);
    b->bytes += r->raw.len;
  }
}

void gh_batch_seal(struct gh_batch *b, struct gh_core *core, bool stored)
{
  struct gh_update *u = &b->update;
  GH_CHECK(u->nrefused == 0);
  if (stored) gh_seal(core, u);
  b->position = gh_core_position(core, GH_FEED_EVENTS);
  struct gh_commit_lead *leads = gh_arena_zero(&u->arena, u->nleads + 1, sizeof *leads);
  struct gh_commit_bucket *buckets = gh_arena_zero(&u->arena, u->nbuckets + 1, sizeof *buckets);
  for (unsigned i = 0; i < u->nleads; i++) leads[i] = (struct gh_commit_lead){u->leads[i].id, u->leads[i].json};
  for (unsigned i = 0; i < u->nbuckets; i++) buckets[i] = (struct gh_commit_bucket){u->buckets[i].key, u->buckets[i].bytes};
  struct gh_str at = gh_arena_fmt(&u->arena, "%llu", (unsigned long long)b->position.offset);
  b->commit = (struct gh_commit){.seq = u->seq, .position = at, .meta = u->meta, .dict = u->dict, .log = gh_buf_str(&u->log), .buckets = buckets,
                                 .nbuckets = u->nbuckets, .drop = u->drop, .ndrop = u->ndrop, .cut_seq = u->cut_seq,
                                 .leads = leads, .nleads = u->nleads, .dead = b->dead, .ndead = b->ndead};
}
