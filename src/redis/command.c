#include "command.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "goldhour/base/check.h"

enum { FEW = 64 };

/* hiredis wants the texts as two columns. */
static void form(struct gh_command *command, const struct gh_redis_command *c)
{
  const char *few_texts[FEW], **texts = few_texts;
  size_t few_lens[FEW], *lens = few_lens;
  if (c->argc > FEW) {
    texts = malloc(c->argc * sizeof *texts);
    lens = malloc(c->argc * sizeof *lens);
    GH_CHECK(texts && lens && "out of memory");
  }
  for (unsigned i = 0; i < c->argc; i++) {
    texts[i] = c->argv[i].ptr ? c->argv[i].ptr : "";
    lens[i] = c->argv[i].len;
  }
  int len = redisFormatCommandArgv(&command->bytes, (int)c->argc, texts, lens);
  GH_CHECK(len > 0 && "a command of less than 2 GB");
  command->len = (size_t)len;
  if (texts == few_texts) return;
  free(texts);
  free(lens);
}

struct gh_command *gh_command_new(const struct gh_redis_command *c, gh_redis_done_fn *done, void *ctx)
{
  struct gh_command *command = calloc(1, sizeof *command);
  GH_CHECK(command && done && "out of memory");
  command->done = done;
  command->ctx = ctx;
  command->again = c->again;
  command->within_ms = c->within_ms;
  command->slot = c->key.len ? gh_slot_of(c->key) : GH_SLOT_ANY;
  if (c->argc) form(command, c);
  return command;
}

void gh_command_free(struct gh_command *c)
{
  free(c->bytes);
  free(c->node);
  free(c);
}

/* CRC16 of XMODEM: polynomial 0x1021, begun with 0. */
static unsigned crc16(struct gh_str s)
{
  unsigned crc = 0;
  for (size_t i = 0; i < s.len; i++) {
    crc ^= (unsigned)(unsigned char)s.ptr[i] << 8;
    for (int bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc;
}

int gh_slot_of(struct gh_str key)
{
  const char *open = key.len ? memchr(key.ptr, '{', key.len) : NULL;
  if (open) {
    const char *tag = open + 1, *end = key.ptr + key.len;
    const char *close = memchr(tag, '}', (size_t)(end - tag));
    if (close && close > tag) key = gh_str_n(tag, (size_t)(close - tag));
  }
  return (int)(crc16(key) % GH_SLOTS);
}

void gh_queue_add(struct gh_queue *q, struct gh_command *c)
{
  c->next = NULL;
  if (q->last) q->last->next = c;
  else q->first = c;
  q->last = c;
}

struct gh_command *gh_queue_take(struct gh_queue *q)
{
  struct gh_command *c = q->first;
  if (!c) return NULL;
  q->first = c->next;
  if (!q->first) q->last = NULL;
  c->next = NULL;
  return c;
}

void gh_queue_merge(struct gh_queue *q, struct gh_queue *from)
{
  if (!from->first) return;
  if (!q->last || q->last->number < from->first->number) { /* all of them come after */
    if (q->last) q->last->next = from->first;
    else q->first = from->first;
    q->last = from->last;
    *from = (struct gh_queue){0};
    return;
  }
  struct gh_queue both = {0};
  while (q->first && from->first) gh_queue_add(&both, gh_queue_take(q->first->number < from->first->number ? q : from));
  for (struct gh_command *c; (c = gh_queue_take(q));) gh_queue_add(&both, c);
  for (struct gh_command *c; (c = gh_queue_take(from));) gh_queue_add(&both, c);
  *q = both;
}

void gh_queue_insert(struct gh_queue *q, struct gh_command *c)
{
  struct gh_queue one = {0};
  gh_queue_add(&one, c);
  gh_queue_merge(q, &one);
}
