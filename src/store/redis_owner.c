/* Becoming the owner of a partition, and sending again what Redis has lost. */
#include <inttypes.h>
#include <stdio.h>

#include "goldhour/sys/sys.h"
#include "redis_store.h"

struct gh_run gh_acquire_run(const struct gh_redis_partition *p, const struct gh_acquire *a, struct gh_arena *arena)
{
  char epoch[GH_MARK];
  struct gh_str *args = gh_arena_alloc(arena, 6 * sizeof *args);
  gh_random_hex(epoch, 8);
  args[0] = GH_STR("acquire");
  args[1] = gh_arena_str(arena, gh_str(a->owner));
  args[2] = gh_arena_fmt(arena, "%d", GH_STORE_FORMAT);
  args[3] = gh_arena_str(arena, gh_str(epoch));
  args[4] = a->lost ? GH_STR("1") : GH_STR("0");
  args[5] = gh_arena_str(arena, gh_str(a->from));
  return (struct gh_run){p->keys, GH_KEYS, args, 6};
}

void gh_note_replaced(struct gh_redis_partition *p, struct gh_str owner)
{
  struct gh_partition_record *r = p->record;
  pthread_mutex_lock(&p->all->lock);
  snprintf(r->replaced[r->nreplaced++ % GH_REPLACED], GH_TOKEN, "%.*s", GH_FMT(owner));
  pthread_mutex_unlock(&p->all->lock);
}

bool gh_was_replaced(struct gh_redis_partition *p, struct gh_str owner)
{
  struct gh_partition_record *r = p->record;
  bool was = false;
  pthread_mutex_lock(&p->all->lock);
  for (unsigned i = 0; i < GH_REPLACED && i < r->nreplaced; i++) was = was || gh_str_eq(owner, gh_str(r->replaced[i]));
  pthread_mutex_unlock(&p->all->lock);
  return was;
}

static bool acquire(struct gh_loader *l, bool lost, struct gh_acquired *a)
{
  char owner[GH_TOKEN];
  struct gh_reply reply;
  gh_partition_owner(l->p, owner);
  struct gh_run run = gh_acquire_run(l->p, &(struct gh_acquire){owner, "", lost}, &l->arena);
  if (!gh_partition_run(l->p, &(struct gh_ask){.argv = run.args, .argc = run.nargs}, &l->arena, &reply, l->error)) return false;
  *a = (struct gh_acquired){.seq = gh_text_u64(gh_item(&reply, 1)), .lead = gh_text_u64(gh_item(&reply, 3)), .log_first = gh_text_u64(gh_item(&reply, 4)),
                         .rows = gh_text_u64(gh_item(&reply, 5)), .meta = gh_item(&reply, 6), .dict = gh_item(&reply, 7)};
  snprintf(a->mark, sizeof a->mark, "%.*s", GH_FMT(gh_item(&reply, 2)));
  if (!gh_str_eq(gh_item(&reply, 8), gh_str(owner))) gh_note_replaced(l->p, gh_item(&reply, 8));
  return true;
}

static bool send_again(struct gh_loader *l, const struct gh_sent *e)
{
  char owner[GH_TOKEN];
  struct gh_reply reply;
  gh_partition_owner(l->p, owner);
  struct gh_run run = gh_sent_run(l->p, e, owner, &l->arena);
  const struct gh_str apply[] = {GH_STR("apply"), gh_str(owner)};
  return gh_partition_run(l->p, &(struct gh_ask){.argv = run.args, .argc = run.nargs}, &l->arena, &reply, l->error) &&
         gh_partition_run(l->p, &(struct gh_ask){.argv = apply, .argc = 2}, &l->arena, &reply, l->error);
}

/* What this process knows of the history goes further than what is stored, and begins the same. */
static bool can_repair(const struct gh_partition_record *r, const struct gh_acquired *a)
{
  if (!r->known || a->seq >= r->seq || !gh_ring_after(r, a->seq, a->mark)) return false;
  return r->last->seq == r->seq && strcmp(r->last->mark, r->mark) == 0;
}

static bool repair(struct gh_loader *l, const struct gh_acquired *a)
{
  struct gh_stores *s = l->p->all;
  struct gh_partition_record *r = l->p->record;
  unsigned n = 0;
  bool ok = true;
  pthread_mutex_lock(&s->lock);
  struct gh_sent *e = gh_ring_detach(&s->ring, r);
  pthread_mutex_unlock(&s->lock);
  for (struct gh_sent *next; e; e = next) {
    next = e->next;
    if (ok && e->seq > a->seq) ok = send_again(l, e), n += ok;
    pthread_mutex_lock(&s->lock);
    gh_ring_add(&s->ring, r, e);
    pthread_mutex_unlock(&s->lock);
  }
  gh_log(GH_WARN, "Redis had lost commits; they were sent again", "store=\"%s\" stood_at=%" PRIu64 " sent=%u", l->p->label, a->seq, n);
  return ok;
}

bool gh_become_owner(struct gh_loader *l, struct gh_acquired *a)
{
  struct gh_redis_partition *p = l->p;
  struct gh_partition_record *r = p->record;
  if (!acquire(l, false, a)) return false;
  pthread_mutex_lock(&p->all->lock);
  bool repairs = can_repair(r, a), behind = r->known && a->seq < r->seq;
  bool same = r->known && a->seq == r->seq && strcmp(a->mark, r->mark) == 0;
  if (!repairs && !same) gh_ring_clear(&p->all->ring, r);
  bool lost = (behind || r->lost) && !repairs && !same;
  r->lost = r->lost || lost;
  pthread_mutex_unlock(&p->all->lock);
  if (repairs) return repair(l, a) && acquire(l, false, a);
  if (!lost) return true;
  gh_log(GH_WARN, "Redis has lost commits that nobody can send again", "store=\"%s\" stands_at=%" PRIu64, p->label, a->seq);
  return acquire(l, true, a);
}

bool gh_redis_lost(struct gh_store *store, struct gh_store_error *error)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  char owner[GH_TOKEN], epoch[GH_MARK];
  struct gh_arena arena;
  struct gh_reply reply;
  gh_arena_init(&arena, 0);
  gh_partition_owner(p, owner);
  gh_random_hex(epoch, 8);
  struct gh_str args[] = {GH_STR("lost"), gh_str(owner), gh_str(epoch)};
  bool ok = gh_partition_run(p, &(struct gh_ask){.argv = args, .argc = 3}, &arena, &reply, error);
  gh_arena_free(&arena);
  return ok;
}
