/* Sending a commit until it has an answer, and what each answer means. See redis_store.c's head for the states. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"
#include "redis_store.h"

enum { LOADS_MOST = 5 }; /* of the functions, for one commit */

/* One command on its way; an answer to an earlier turn is for nobody. */
struct flight { struct gh_redis_partition *p; uint64_t turn; };

struct verdict { bool known; enum gh_commit_answer answer; struct gh_store_error error; };

static struct verdict fail(const struct gh_redis_partition *p, enum gh_commit_answer answer, struct gh_str why)
{
  struct verdict v = {.known = true, .answer = answer};
  gh_stores_fail(&v.error, "%s: %.*s", p->label, (int)(why.len < 380 ? why.len : 380), why.ptr ? why.ptr : "");
  return v;
}

static void on_reply(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent);
static void on_applied(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent);

static void send_words(struct gh_redis_partition *p, const struct gh_redis_command *c, gh_redis_done_fn *done)
{
  struct flight *f = malloc(sizeof *f);
  GH_CHECK(f && "out of memory");
  gh_store_ref(&p->store);
  *f = (struct flight){p, p->turn};
  struct gh_redis_command whole = {.argv = c->argv, .argc = c->argc, .key = p->keys[GH_KEY_META], .again = true, .within_ms = GH_REDIS_FOREVER};
  gh_redis_send(p->all->redis, &whole, done, f);
}

/* The second step of a commit, behind the first on the same connection, so that one flush of the disk serves both. If it was not done, the next commit is
 * answered so. */
static void send_apply(struct gh_redis_partition *p)
{
  struct gh_redis_command c = {0};
  struct gh_run run = {p->keys, GH_KEYS, (const struct gh_str[]){GH_STR("apply"), gh_str(p->owner)}, 2};
  c.argv = gh_run_words(p->all, &run, &p->words, &c.argc);
  send_words(p, &c, on_applied);
}

/* Whether what is being sent comes behind all that is known to have been durable. */
static bool holds_all(const struct gh_redis_partition *p) { return p->held_seq == p->seq && strcmp(p->held, p->mark) == 0; }

/* Sends what comes behind p->held: the commit in flight, or a lost one before it. False: nobody has that one any more. Under p->lock. */
static bool send_next(struct gh_redis_partition *p)
{
  struct gh_stores *s = p->all;
  struct gh_redis_command c = {0};
  gh_arena_reset(&p->words);
  pthread_mutex_lock(&s->lock); /* what stands in the ring stays there until its words are copied */
  const struct gh_sent *e = holds_all(p) ? p->sending : gh_ring_after(p->record, p->held_seq, p->held);
  if (e) {
    struct gh_run run = gh_sent_run(p, e, p->owner, &p->words);
    c.argv = gh_run_words(s, &run, &p->words, &c.argc);
    send_words(p, &c, on_reply);
    send_apply(p);
  } else {
    p->record->lost = true;
  }
  pthread_mutex_unlock(&s->lock);
  return e != NULL;
}

static void hold(struct gh_redis_partition *p, uint64_t seq, struct gh_str mark)
{
  p->held_seq = seq;
  snprintf(p->held, sizeof p->held, "%.*s", GH_FMT(mark));
}

/* The commit in flight is durable: into the ring with it. */
static struct verdict durable(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  struct gh_stores *s = p->all;
  p->last_lead = gh_text_u64(gh_item(reply, 1));
  p->seq = p->sending->seq;
  memcpy(p->mark, p->sending->mark, sizeof p->mark);
  pthread_mutex_lock(&s->lock);
  p->record->known = true;
  p->record->seq = p->seq;
  memcpy(p->record->mark, p->mark, sizeof p->record->mark);
  gh_ring_add(&s->ring, p->record, p->sending);
  pthread_mutex_unlock(&s->lock);
  p->sending = NULL;
  return (struct verdict){.known = true, .answer = GH_COMMIT_DURABLE};
}

/* What was asked for is there, whether its bytes are still kept or not. */
static struct verdict probed(void) { return (struct verdict){.known = true, .answer = GH_COMMIT_DURABLE}; }

static struct verdict take_ok(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  bool found = p->probing && p->held_seq + 1 == p->seq, all = holds_all(p);
  if ((found || all) && p->applied_early) send_apply(p);
  if (found) return probed();
  if (all) return durable(p, reply);
  pthread_mutex_lock(&p->all->lock);
  const struct gh_sent *e = gh_ring_after(p->record, p->held_seq, p->held);
  if (e) hold(p, e->seq, gh_str(e->mark));
  else p->record->lost = true;
  pthread_mutex_unlock(&p->all->lock);
  if (e && send_next(p)) return (struct verdict){.known = false};
  return fail(p, GH_COMMIT_REWOUND, GH_STR("Redis has lost commits, and their bytes are no longer kept (store.redis.resend_bytes)"));
}

static struct verdict take_rewound(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  uint64_t seq = gh_text_u64(gh_item(reply, 1));
  hold(p, seq, gh_item(reply, 2));
  if (p->probing && holds_all(p)) return probed(); /* it was taken over again, and nothing else was lost */
  bool sent = send_next(p);
  gh_log(GH_WARN, "Redis has lost commits", "store=\"%s\" stands_at=%" PRIu64 " was_at=%" PRIu64 " sent_again=%s", p->label, seq, p->seq, sent ? "yes" : "no");
  if (sent) return (struct verdict){.known = false};
  return fail(p, GH_COMMIT_REWOUND, GH_STR("Redis has lost commits, and their bytes are no longer kept (store.redis.resend_bytes)"));
}

static struct verdict load_functions(struct gh_redis_partition *p)
{
  struct gh_str words[4];
  struct gh_redis_command c = {0};
  if (p->loads++ >= LOADS_MOST) return fail(p, GH_COMMIT_FAILED, GH_STR("Redis forgets the functions again and again"));
  p->loading = true;
  c.argv = gh_run_load_words(p->all, words, &c.argc);
  send_words(p, &c, on_reply);
  return (struct verdict){.known = false};
}

/* Whether what is kept goes on from there. */
static bool continues(struct gh_redis_partition *p, uint64_t seq, struct gh_str mark)
{
  char text[GH_MARK];
  snprintf(text, sizeof text, "%.*s", GH_FMT(mark));
  pthread_mutex_lock(&p->all->lock);
  bool yes = (seq == p->seq && strcmp(text, p->mark) == 0) || gh_ring_after(p->record, seq, text);
  pthread_mutex_unlock(&p->all->lock);
  return yes;
}

/* Another owner. Is it one that was before us, then Redis has lost that we took over from it: that is done again, from that one alone, and the lost commits are sent
 * again; but not before that one has sent again what it has lost itself. Else it is a new one. */
static struct verdict take_fenced(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  struct gh_str owner = gh_item(reply, 1);
  bool before = gh_was_replaced(p, owner) && continues(p, gh_text_u64(gh_item(reply, 2)), gh_item(reply, 3));
  if (!before && owner.len == 0 && !p->probing) { /* who probes tries again: the one before us may have them */
    return fail(p, GH_COMMIT_REWOUND, GH_STR("Redis has lost the partition as a whole, and not all its commits are kept (store.redis.resend_bytes)"));
  }
  if (!before) return fail(p, GH_COMMIT_FENCED, GH_STR("another process owns it now"));
  struct gh_redis_command c = {0};
  gh_arena_reset(&p->words);
  struct gh_str from = gh_arena_fmt(&p->words, "=%.*s", GH_FMT(owner));
  struct gh_run run = gh_acquire_run(p, &(struct gh_acquire){p->owner, from.ptr, false}, &p->words);
  p->retaking = true;
  c.argv = gh_run_words(p->all, &run, &p->words, &c.argc);
  send_words(p, &c, on_reply);
  return (struct verdict){.known = false};
}

static struct verdict take_retaken(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  p->retaking = false;
  if (gh_str_eq(gh_item(reply, 0), GH_STR("OK"))) return take_rewound(p, reply);
  return fail(p, GH_COMMIT_FENCED, GH_STR("another process owns it now"));
}

/* The functions are there again: what needed them is asked again. */
static struct verdict take_loaded(struct gh_redis_partition *p)
{
  p->loading = p->retaking = false;
  return send_next(p) ? (struct verdict){.known = false} : fail(p, GH_COMMIT_REWOUND, GH_STR("Redis has lost commits"));
}

/* The second step of the commit before was not done: it is now. */
static struct verdict apply_first(struct gh_redis_partition *p)
{
  if (p->loads++ >= LOADS_MOST) return fail(p, GH_COMMIT_FAILED, GH_STR("what a commit left to do cannot be done"));
  send_apply(p);
  return send_next(p) ? (struct verdict){.known = false} : fail(p, GH_COMMIT_REWOUND, GH_STR("Redis has lost commits"));
}

static struct verdict judge(struct gh_redis_partition *p, const struct gh_reply *reply)
{
  if (p->loading && reply->kind != GH_REPLY_ERROR) return take_loaded(p);
  if (reply->kind == GH_REPLY_ERROR) {
    return !p->loading && gh_run_missing(p->all, reply->text) ? load_functions(p) : fail(p, GH_COMMIT_FAILED, reply->text);
  }
  if (p->retaking) return take_retaken(p, reply);
  struct gh_str word = gh_item(reply, 0);
  if (gh_str_eq(word, GH_STR("OK"))) return take_ok(p, reply);
  if (gh_str_eq(word, GH_STR("REWOUND"))) return take_rewound(p, reply);
  if (gh_str_eq(word, GH_STR("APPLY"))) return apply_first(p);
  if (gh_str_eq(word, GH_STR("FENCED"))) return take_fenced(p, reply);
  return fail(p, GH_COMMIT_FAILED, gh_item(reply, 1));
}

/* Ends the commit in flight, or the probing. Under p->lock, which it gives back; calls `done` without it. */
static void answer(struct gh_redis_partition *p, const struct verdict *v)
{
  gh_commit_done_fn *done = p->done;
  void *ctx = p->done_ctx;
  p->turn++;
  p->fenced_probe = p->probing && v->answer == GH_COMMIT_FENCED;
  p->loading = p->probing = p->retaking = false;
  free(p->sending);
  p->sending = NULL;
  p->done = NULL;
  pthread_mutex_unlock(&p->lock);
  if (done) done(ctx, v->answer, v->answer == GH_COMMIT_DURABLE ? NULL : &v->error);
}

/* On the client's thread. */
static void on_reply(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct flight *f = ctx;
  struct gh_redis_partition *p = f->p;
  (void)unsent;
  pthread_mutex_lock(&p->lock);
  if (f->turn != p->turn || (!p->done && !p->probing)) {
    pthread_mutex_unlock(&p->lock);
  } else {
    struct verdict v = reply ? judge(p, reply) : fail(p, GH_COMMIT_FAILED, gh_str(error->text));
    if (v.known) answer(p, &v);
    else pthread_mutex_unlock(&p->lock);
  }
  free(f);
  gh_store_close(&p->store);
}

/* A second step that overtook its first (which was refused for a while, or redirected) has done nothing: it is asked for once more behind it. What it says of dead letters
 * is told by whoever does it, once. */
static void on_applied(void *ctx, const struct gh_reply *reply, const struct gh_redis_error *error, bool unsent)
{
  struct flight *f = ctx;
  struct gh_redis_partition *p = f->p;
  (void)error, (void)unsent;
  if (reply) atomic_fetch_add(&p->store.bare_records, gh_text_u64(gh_item(reply, 1)));
  pthread_mutex_lock(&p->lock);
  if (f->turn == p->turn) p->applied_early = true;
  pthread_mutex_unlock(&p->lock);
  free(f);
  gh_store_close(&p->store);
}

void gh_redis_commit(struct gh_store *store, const struct gh_commit *c, gh_commit_done_fn *done, void *ctx)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  pthread_mutex_lock(&p->lock);
  GH_CHECK(p->whole && "load first");
  GH_CHECK(!p->done && "one commit at a time");
  GH_CHECK(c->seq == p->seq + 1);
  p->sending = gh_sent_new(c, p->mark, p->all->dead_most);
  p->done = done;
  p->done_ctx = ctx;
  p->loads = 0;
  p->turn++; /* what was probed meanwhile, this asks too */
  p->probing = p->loading = p->retaking = p->applied_early = false;
  hold(p, p->seq, gh_str(p->mark));
  GH_CHECK(send_next(p));
  pthread_mutex_unlock(&p->lock);
}

void gh_redis_give_up(struct gh_store *store)
{
  struct gh_redis_partition *p = (struct gh_redis_partition *)store;
  pthread_mutex_lock(&p->lock);
  if (!p->done) {
    pthread_mutex_unlock(&p->lock);
    return;
  }
  struct verdict v = fail(p, GH_COMMIT_FAILED, GH_STR("Redis has not answered in time; the commit may be there or not"));
  answer(p, &v);
}

void gh_redis_probe(struct gh_redis_partition *p)
{
  pthread_mutex_lock(&p->lock);
  if (p->whole && !p->done && !p->probing) {
    pthread_mutex_lock(&p->all->lock);
    const struct gh_sent *last = p->record->last;
    bool ours = last && last->seq == p->seq && strcmp(last->mark, p->mark) == 0;
    if (ours) hold(p, last->seq - 1, gh_str(last->before));
    pthread_mutex_unlock(&p->all->lock);
    p->turn++;
    p->loads = 0;
    p->loading = p->retaking = p->fenced_probe = p->applied_early = false;
    p->probing = ours && send_next(p);
  }
  pthread_mutex_unlock(&p->lock);
}

bool gh_redis_probe_was_fenced(struct gh_redis_partition *p)
{
  pthread_mutex_lock(&p->lock);
  bool fenced = p->fenced_probe;
  pthread_mutex_unlock(&p->lock);
  return fenced;
}
