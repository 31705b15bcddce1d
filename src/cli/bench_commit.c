/* The commit: batches of 1,024 events stepped by the core, each made durable in SQLite before the next. Only the waiting for the store is measured. */
#include <pthread.h>
#include <unistd.h>

#include "bench.h"
#include "goldhour/core/core.h"
#include "goldhour/store/store.h"
#include "goldhour/sys/sys.h"

#define BATCH 1024u
#define BATCHES 60u

struct answer {
  pthread_mutex_t lock;
  pthread_cond_t come;
  bool done, ok;
};

static void answered(void *ctx, enum gh_commit_answer answer, const struct gh_store_error *error)
{
  struct answer *a = ctx;
  (void)error;
  pthread_mutex_lock(&a->lock);
  a->done = true;
  a->ok = answer == GH_COMMIT_DURABLE;
  pthread_cond_signal(&a->come);
  pthread_mutex_unlock(&a->lock);
}

/* Commits an update and waits until it is durable. */
static bool commit(struct gh_store *store, const struct gh_update *u)
{
  struct answer a = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
  struct gh_commit c = {.seq = u->seq, .meta = u->meta, .dict = u->dict, .log = gh_buf_str(&u->log), .drop = u->drop, .ndrop = u->ndrop, .cut_seq = u->cut_seq};
  c.leads = gh_arena_alloc((struct gh_arena *)&u->arena, u->nleads * sizeof *c.leads);
  for (unsigned i = 0; i < u->nleads; i++) ((struct gh_commit_lead *)c.leads)[i] = (struct gh_commit_lead){u->leads[i].id, u->leads[i].json};
  c.nleads = u->nleads;
  c.buckets = gh_arena_alloc((struct gh_arena *)&u->arena, u->nbuckets * sizeof *c.buckets);
  for (unsigned i = 0; i < u->nbuckets; i++) ((struct gh_commit_bucket *)c.buckets)[i] = (struct gh_commit_bucket){u->buckets[i].key, u->buckets[i].bytes};
  c.nbuckets = u->nbuckets;
  gh_store_commit(store, &c, answered, &a);
  pthread_mutex_lock(&a.lock);
  while (!a.done) pthread_cond_wait(&a.come, &a.lock);
  pthread_mutex_unlock(&a.lock);
  return a.ok;
}

static void step_batch(const struct gh_bench_bank *bank, struct gh_core *core, struct gh_decoder *decoder, unsigned first, struct gh_update *u)
{
  for (unsigned i = first; i < first + BATCH && i < bank->nevents; i++) {
    struct gh_record record;
    if (gh_decode(decoder, bank->events[i], &record) != GH_DECODED) continue;
    gh_take(core, &(struct gh_input){.kind = GH_IN_EVENT, .event = &record.event, .place = {0, i + 1, i + 2}});
    while (gh_step(core, BATCH, u)) {}
  }
  gh_seal(core, u);
}

bool gh_bench_commit(const struct gh_bench_bank *bank, struct gh_bench_report *r)
{
  const struct gh_set *set = bank->sets[1];
  char path[800];
  struct gh_store_error error = {.text = ""};
  struct gh_store *store = gh_store_open_sqlite(gh_bench_path(bank, "commit.db", path), 1 << 20, &error);
  if (!store) return fprintf(stderr, "goldhour bench: %s\n", error.text), false;
  struct gh_bench_row *row = gh_bench_row(r, "commit", "commit to SQLite, 1,024 events a batch");
  struct gh_core *core = gh_core_new((struct gh_core_options){.live = false});
  struct gh_decoder *decoder = gh_decoder_new(&set->conf, set->schema, set->mapping, set->zone);
  struct gh_update u;
  bool ok = true;
  gh_update_init(&u);
  gh_take(core, &(struct gh_input){.kind = GH_IN_RULES, .rules = set->rules});
  for (unsigned b = 0; ok && b < BATCHES && (b + 1) * BATCH <= bank->nevents; b++) {
    step_batch(bank, core, decoder, b * BATCH, &u);
    uint64_t began = gh_monotonic_ns();
    ok = commit(store, &u);
    gh_bench_pass(&row->passes, gh_monotonic_ns() - began, BATCH);
    gh_update_reset(&u);
  }
  gh_update_free(&u);
  gh_decoder_free(decoder);
  gh_core_free(core);
  gh_store_close(store);
  if (!ok) fprintf(stderr, "goldhour bench: a commit failed\n");
  return ok;
}
