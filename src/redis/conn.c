/* One connection to one server: connecting, greeting, pipelining in order, time-outs, and what becomes of the commands when it breaks. */
#include <stdlib.h>

#include "finder.h"
#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

enum {
  WRITE_BYTES = 1 << 20, /* written in one go: what is behind stays certainly unsent */
  CONNECT_MS = 2000,
};
static const char asking_bytes[] = "*1\r\n$6\r\nASKING\r\n";

static int64_t now_of(const struct gh_conn *c) { return (int64_t)uv_now(&c->r->loop); }
static size_t bytes_of(const struct gh_command *command) { return command->len + (command->asking ? sizeof asking_bytes - 1 : 0); }

static void set_due(struct gh_conn *c, int64_t due_ms)
{
  c->due_ms = due_ms;
  gh_client_due(c->r, due_ms);
}

void gh_conn_address(struct gh_conn *c, const char *host, unsigned port)
{
  gh_redis_say(c->host, sizeof c->host, "%s", host);
  c->port = port;
  gh_redis_say(c->name, sizeof c->name, strchr(host, ':') ? "[%s]:%u" : "%s:%u", c->host, port);
}

struct gh_conn *gh_conn_new(struct gh_redis *r, const char *host, unsigned port, bool probe)
{
  struct gh_conn *c = calloc(1, sizeof *c);
  GH_CHECK(c && "out of memory");
  c->r = r;
  c->probe = probe;
  c->user = &r->user;
  gh_conn_address(c, host, port);
  set_due(c, now_of(c));
  return c;
}

static void close_link(struct gh_conn *c)
{
  if (c->link) gh_link_close(c->link);
  c->link = NULL;
  gh_replies_free(&c->replies);
  gh_greeting_forget(c);
}

void gh_conn_free(struct gh_conn *c)
{
  GH_CHECK(!c->waiting.first && !c->flight.first);
  close_link(c);
  free(c);
}

/* ---- losing ---- */

/* Sorts what was written: what may be sent again goes to `back`, the others' senders are told. A command of which the last byte has not left was not done. */
static void sort_flight(struct gh_conn *c, size_t left, const char *why, struct gh_queue *back)
{
  size_t gone = c->flight_bytes - (left < c->flight_bytes ? left : c->flight_bytes), sum = 0;
  for (struct gh_command *command; (command = gh_queue_take(&c->flight));) {
    sum += bytes_of(command);
    bool unsent = sum > gone;
    command->unknown = command->unknown || !unsent;
    if (command->done && (command->again || unsent) && !c->probe) gh_queue_add(back, command);
    else gh_client_finish(c->r, command, NULL, why, !command->unknown);
  }
  c->flight_bytes = 0;
}

static void note_trouble(struct gh_conn *c, const char *why)
{
  gh_redis_say(c->trouble, sizeof c->trouble, "%s: %.200s", c->name, why);
  if (!c->trouble_since_ms) {
    c->trouble_since_ms = c->state >= GH_CONN_READY && c->flight.first ? c->heard_ms : now_of(c);
    if (!c->probe && !c->gone) gh_log(GH_WARN, "Redis is out of reach", "server=%s why=\"%s\"", c->name, why);
  }
  gh_client_health(c->r);
}

void gh_conn_lose(struct gh_conn *c, const char *why)
{
  struct gh_queue back = {0};
  char text[400];
  gh_redis_say(text, sizeof text, "Redis %s: %s", c->name, why);
  size_t left = c->link && c->state >= GH_CONN_READY ? gh_link_left(c->link) : 0;
  c->failures++;
  note_trouble(c, why);
  close_link(c);
  c->state = GH_CONN_CLOSED;
  sort_flight(c, left, text, &back);
  if (c->probe || c->gone) c->due_ms = GH_NEVER;
  else set_due(c, now_of(c) + gh_client_backoff(c->r, c->failures));
  if (c->probe) {
    for (struct gh_command *command; (command = gh_queue_take(&c->waiting));) gh_client_finish(c->r, command, NULL, text, true);
    return;
  }
  if (c->r->mode == GH_REDIS_CLUSTER && !c->gone) gh_cluster_refresh(c->r);
  gh_queue_merge(&back, &c->waiting);
  gh_client_replace(c->r, &back);
}

static void reopen_when_drained(struct gh_conn *c)
{
  if (c->state != GH_CONN_DRAINING || c->flight.first) return;
  gh_conn_lose(c, "this server is not to be written to");
}

void gh_conn_retire(struct gh_conn *c)
{
  if (c->state == GH_CONN_READY) c->state = GH_CONN_DRAINING;
  reopen_when_drained(c);
}

void gh_conn_good(struct gh_conn *c)
{
  c->failures = 0;
  if (!c->trouble_since_ms) return;
  c->trouble_since_ms = 0;
  gh_log(GH_INFO, "Redis answers", "server=%s", c->name);
  gh_client_health(c->r);
}

/* Connected and waited for by nobody: it would only be known to be good by the next answer. */
void gh_conn_calm(struct gh_conn *c)
{
  if (c->state == GH_CONN_READY && !c->waiting.first && !c->flight.first && !c->r->refused) gh_conn_good(c);
}

/* ---- writing ---- */

static unsigned collect(struct gh_conn *c, uv_buf_t pieces[GH_LINK_PIECES], unsigned *npieces)
{
  unsigned n = 0, k = 0;
  size_t sum = 0;
  for (struct gh_command *command = c->waiting.first; command && n + 2 <= GH_LINK_PIECES && sum < WRITE_BYTES; command = command->next, k++) {
    if (command->asking) pieces[n++] = uv_buf_init((char *)asking_bytes, sizeof asking_bytes - 1);
    pieces[n++] = (uv_buf_t){.base = command->bytes, .len = command->len};
    sum += bytes_of(command);
  }
  *npieces = n;
  return k;
}

static void note_written(struct gh_conn *c, unsigned n)
{
  if (!c->flight.first) c->heard_ms = now_of(c);
  for (; n > 0; n--) {
    struct gh_command *command = gh_queue_take(&c->waiting);
    c->flight_bytes += bytes_of(command);
    gh_queue_add(&c->flight, command);
  }
  gh_client_due(c->r, c->heard_ms + c->r->timeout_ms);
}

void gh_conn_flush(struct gh_conn *c)
{
  while (c->state == GH_CONN_READY && c->waiting.first && !gh_link_busy(c->link)) {
    uv_buf_t pieces[GH_LINK_PIECES];
    unsigned npieces, n = collect(c, pieces, &npieces);
    gh_link_write(c->link, pieces, npieces);
    note_written(c, n);
    c->left_before = gh_link_left(c->link);
  }
}

/* ---- reading ---- */

static void greeted(struct gh_conn *c)
{
  gh_greeting_forget(c);
  c->state = GH_CONN_READY;
  c->ready_ms = now_of(c);
  c->due_ms = GH_NEVER;
  gh_conn_calm(c);
  c->r->place = true;
  gh_conn_flush(c);
}

static void take_answer(struct gh_conn *c, const struct gh_reply *reply)
{
  char why[256];
  if (c->state == GH_CONN_GREETING) {
    int step = gh_greeting_answer(c, reply, why);
    if (step < 0) gh_conn_lose(c, why);
    else if (step > 0) greeted(c);
    return;
  }
  struct gh_command *command = c->flight.first;
  if (!command) {
    gh_conn_lose(c, "it answers what nobody asked");
    return;
  }
  if (command->asking && !command->half) {
    command->half = true;
    return;
  }
  gh_queue_take(&c->flight);
  c->flight_bytes -= bytes_of(command);
  gh_answer(c, command, reply);
}

static void on_bytes(void *ctx, const char *data, size_t len)
{
  struct gh_conn *c = ctx;
  struct gh_link *link = c->link;
  const struct gh_reply *reply;
  const char *why;
  c->heard_ms = now_of(c);
  c->answered = true;
  gh_replies_feed(&c->replies, data, len);
  while (c->link == link) {
    if (!gh_replies_next(&c->replies, &reply, &why)) {
      gh_conn_lose(c, why);
      return;
    }
    if (!reply) break;
    take_answer(c, reply);
  }
  reopen_when_drained(c);
}

static void on_drained(void *ctx)
{
  struct gh_conn *c = ctx;
  c->heard_ms = now_of(c);
  gh_conn_flush(c);
}

static void on_opened(void *ctx)
{
  struct gh_conn *c = ctx;
  c->state = GH_CONN_GREETING;
  gh_greeting_form(c);
  if (!c->greeting.len) {
    greeted(c);
    return;
  }
  uv_buf_t piece = {.base = c->greeting.data, .len = c->greeting.len};
  gh_link_write(c->link, &piece, 1);
}

/* A server that speaks TLS closes on what is none, and so does what stands before a server that is away. */
static void on_failed(void *ctx, const char *why)
{
  struct gh_conn *c = ctx;
  char text[400];
  bool asked = c->state == GH_CONN_GREETING || c->flight.first, mute = asked && !c->answered && !c->r->tls;
  gh_redis_say(text, sizeof text, "%s%s", why, mute ? ", before its first answer: TLS may be spoken at this port (rediss://), or the server behind it be away" : "");
  gh_conn_lose(c, text);
}

static const struct gh_link_owner link_owner = {on_opened, on_bytes, on_drained, on_failed};

/* A busy server is connected to all the same, by its kernel: what takes longer is not there, and after a failover another one is. TLS needs the server itself. */
static int64_t opening_ms(const struct gh_redis *r)
{
  return r->tls || r->timeout_ms < CONNECT_MS ? r->timeout_ms : CONNECT_MS;
}

void gh_conn_connect(struct gh_conn *c)
{
  GH_CHECK(!c->link);
  if (c->attempts && !c->probe) gh_client_count(c->r, &c->r->health.reconnects);
  gh_replies_init(&c->replies);
  c->state = GH_CONN_OPENING;
  c->answered = false;
  set_due(c, now_of(c) + opening_ms(c->r));
  c->link = gh_link_open(&c->r->loop, (struct gh_link_address){c->host, c->port, c->attempts++}, c->r->tls, &link_owner, c);
}

/* ---- time ---- */

/* Bytes that still leave are a sign of life, as bytes that come. */
static bool answers_late(struct gh_conn *c, int64_t now)
{
  if (!c->flight.first) return false;
  size_t left = gh_link_left(c->link);
  if (left < c->left_before && left > 0) c->heard_ms = now;
  c->left_before = left;
  if (now - c->heard_ms >= c->r->timeout_ms) return true;
  gh_client_due(c->r, c->heard_ms + c->r->timeout_ms);
  return false;
}

static void begin(struct gh_conn *c)
{
  if (c->r->mode != GH_REDIS_SENTINEL || c->probe) {
    gh_conn_connect(c);
    return;
  }
  c->state = GH_CONN_FINDING;
  set_due(c, now_of(c) + c->r->timeout_ms);
  gh_sentinel_find(c->r);
}

void gh_conn_tick(struct gh_conn *c, int64_t now)
{
  char why[64];
  gh_redis_say(why, sizeof why, "no answer for %lld ms", (long long)c->r->timeout_ms);
  if (c->state >= GH_CONN_READY) {
    if (answers_late(c, now)) gh_conn_lose(c, why);
    return;
  }
  if (c->due_ms > now) {
    gh_client_due(c->r, c->due_ms);
    return;
  }
  if (c->state == GH_CONN_CLOSED) begin(c);
  else if (c->state != GH_CONN_OPENING) gh_conn_lose(c, why);
  else gh_conn_lose(c, gh_link_lacks(c->link));
}
