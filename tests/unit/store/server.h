/* A real redis-server of the test's own on a free port, its files in the scratch folder; and the words that tests of stores share. Where there is no redis-server
 * the tests say that they are skipped. */
#ifndef TESTS_UNIT_STORE_SERVER_H
#define TESTS_UNIT_STORE_SERVER_H

#include "scratch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "goldhour/store/stores.h"

/* Debian's redis-tools have the server too, under another name: it looks at how it is called. */
static const char *const server_paths[] = {"/usr/bin/redis-server", "/usr/bin/redis-check-rdb"};
enum { PATIENCE_MS = 20000 };

static pid_t server_pid;
static unsigned server_port;

static inline const char *server_path(void)
{
  return access(server_paths[0], X_OK) == 0 ? server_paths[0] : access(server_paths[1], X_OK) == 0 ? server_paths[1] : NULL;
}

static inline bool have_server(void) { return server_path() != NULL; }

/* A test begins with it. */
#define NEEDS_SERVER()          \
  do {                          \
    (void)state;                \
    if (!have_server()) skip(); \
  } while (0)

static inline unsigned free_port(void)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
  close(fd);
  return ntohs(a.sin_port);
}

static inline bool connects(unsigned port)
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
  close(fd);
  return ok;
}

/* Starts it in `dir` with settings as "--name value …", and waits until it listens. */
static inline void start_server(const char *settings)
{
  char command[512], *argv[32], *save = NULL;
  unsigned n = 0;
  if (!server_port) server_port = free_port();
  snprintf(command, sizeof command, "redis-server --port %u --bind 127.0.0.1 --dir %s --save %s %s", server_port, dir, "''", settings);
  for (char *w = strtok_r(command, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save)) argv[n++] = strcmp(w, "''") == 0 ? (char *)"" : w;
  argv[n] = NULL;
  server_pid = fork();
  if (server_pid == 0) {
    int log = open("/dev/null", O_WRONLY);
    dup2(log, 1);
    dup2(log, 2);
    execv(server_path(), argv);
    _exit(127);
  }
  for (int ms = 0; !connects(server_port); ms += 10) {
    if (ms > PATIENCE_MS) fail_msg("redis-server does not listen");
    usleep(10000);
  }
}

static inline void stop_server(int how)
{
  if (server_pid <= 0) return;
  kill(server_pid, how);
  waitpid(server_pid, NULL, 0);
  server_pid = 0;
}

static inline int with_server(void **state)
{
  (void)state;
  server_port = 0;
  return make_scratch();
}

static inline int without_server(void **state)
{
  stop_server(SIGKILL);
  return remove_dir(state);
}

/* ── stores over it ── */

static struct gh_stores *stores; /* the one that `say` speaks through */

static struct gh_redis_store_conf server_conf;

static inline struct gh_stores_options options_of(void)
{
  server_conf = (struct gh_redis_store_conf){.redis = {.node = {GH_STR("127.0.0.1"), server_port}, .timeout_ms = 5000},
                                             .name = GH_STR("test"), .keep_ms = 3600000, .resend_bytes = 64 << 20};
  return (struct gh_stores_options){.conf = &server_conf, .dir = GH_STR("."), .dead_letter_bytes = 100};
}

static inline struct gh_stores *open_stores_by(const struct gh_stores_options *o)
{
  struct gh_store_error error = {{0}};
  struct gh_buf warnings = {0};
  struct gh_stores *s = gh_stores_open(o, PATIENCE_MS, &warnings, &error);
  gh_buf_free(&warnings);
  if (!s) fail_msg("%s", error.text);
  return s;
}

static inline struct gh_stores *open_stores(void)
{
  struct gh_stores_options o = options_of();
  return open_stores_by(&o);
}

/* Says something to Redis behind the store's back; words without blanks. The answer as text; a list's items joined by blanks. */
static inline struct gh_buf say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline struct gh_buf say(const char *format, ...)
{
  char text[1024], *save = NULL;
  struct gh_str argv[64];
  unsigned argc = 0;
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (char *w = strtok_r(text, " ", &save); w && argc < 64; w = strtok_r(NULL, " ", &save)) argv[argc++] = gh_str(w);
  struct gh_arena arena;
  struct gh_reply reply;
  struct gh_redis_error error;
  struct gh_buf out = {0};
  gh_arena_init(&arena, 0);
  struct gh_redis_command c = {.argv = argv, .argc = argc, .within_ms = PATIENCE_MS};
  if (!gh_redis_call(gh_stores_redis(stores), &c, &arena, &reply, &error)) fail_msg("%s: %s", text, error.text);
  if (reply.kind == GH_REPLY_TEXT) gh_buf_add_str(&out, reply.text);
  if (reply.kind == GH_REPLY_INTEGER) gh_buf_fmt(&out, "%lld", (long long)reply.integer);
  for (unsigned i = 0; reply.kind == GH_REPLY_LIST && i < reply.n; i++) gh_buf_fmt(&out, "%s%.*s", i ? " " : "", GH_FMT(reply.items[i].text));
  gh_buf_byte(&out, '\0');
  gh_arena_free(&arena);
  return out;
}

#define assert_says(expected, ...)                \
  do {                                            \
    struct gh_buf said_ = say(__VA_ARGS__);       \
    assert_string_equal(said_.data, expected);    \
    gh_buf_free(&said_);                          \
  } while (0)

#define tell(...)                                 \
  do {                                            \
    struct gh_buf said_ = say(__VA_ARGS__);       \
    gh_buf_free(&said_);                          \
  } while (0)

/* ── words about a store ── */

struct answer { int come; enum gh_commit_answer word; struct gh_store_error error; };

static inline void answered(void *ctx, enum gh_commit_answer word, const struct gh_store_error *error)
{
  struct answer *a = ctx;
  a->word = word;
  if (error) a->error = *error;
  __atomic_store_n(&a->come, 1, __ATOMIC_RELEASE);
}

static inline bool has_come(struct answer *a) { return __atomic_load_n(&a->come, __ATOMIC_ACQUIRE) != 0; }

static inline void await(struct answer *a)
{
  for (int us = 0; !has_come(a); us += 50) {
    if (us > PATIENCE_MS * 1000) fail_msg("the commit has no answer");
    usleep(50);
  }
}

static inline struct answer commit(struct gh_store *s, const struct gh_commit *c)
{
  struct answer a = {0};
  gh_store_commit(s, c, answered, &a);
  await(&a);
  if (a.word == GH_COMMIT_FAILED) print_message("%s\n", a.error.text);
  return a;
}

#define assert_durable(s, c) assert_int_equal(commit(s, c).word, GH_COMMIT_DURABLE)

static inline bool add_row(void *ctx, enum gh_store_row kind, uint64_t key, struct gh_str bytes)
{
  static const char names[] = "MDBL";
  gh_buf_fmt(ctx, "%c%llu=%.*s ", names[kind], (unsigned long long)key, GH_FMT(bytes));
  return true;
}

static inline void assert_rows(struct gh_store *s, const char *expected)
{
  struct gh_buf rows = {0};
  struct gh_store_error error;
  if (!gh_store_load(s, add_row, &rows, &error)) fail_msg("%s", error.text);
  gh_buf_byte(&rows, '\0');
  assert_string_equal(rows.data, expected);
  gh_buf_free(&rows);
}

static inline void add_lead(void *ctx, uint64_t number, struct gh_str id, struct gh_str json)
{
  gh_buf_fmt(ctx, "%llu:%.*s=%.*s ", (unsigned long long)number, GH_FMT(id), GH_FMT(json));
}

static inline void assert_outbox(struct gh_store *s, uint64_t after, const char *expected)
{
  struct gh_buf leads = {0};
  struct gh_store_error error;
  if (!gh_store_outbox(s, after, add_lead, &leads, &error)) fail_msg("%s", error.text);
  gh_buf_byte(&leads, '\0');
  assert_string_equal(leads.data, expected);
  gh_buf_free(&leads);
}

static inline void put_place(struct gh_store *s, const char *sink, uint64_t number)
{
  struct gh_store_error error;
  struct gh_sink_place place = {.number = number};
  if (!gh_store_sink_put(s, sink, &place, &error)) fail_msg("%s", error.text);
}

static inline uint64_t place_of(struct gh_store *s, const char *sink)
{
  struct gh_store_error error;
  struct gh_sink_place place;
  if (!gh_store_sink_get(s, sink, &place, &error)) fail_msg("%s", error.text);
  return place.number;
}

static inline bool add_letter(void *ctx, const struct gh_dead_letter *l)
{
  gh_buf_fmt(ctx, "%llu %.*s/%.*s@%llu:%llu %.*s,%.*s,%.*s ", (unsigned long long)l->number, GH_FMT(l->input), GH_FMT(l->reason), (unsigned long long)l->offset,
      (unsigned long long)l->record, GH_FMT(l->key), GH_FMT(l->headers), GH_FMT(l->raw));
  return true;
}

static inline void assert_dead(struct gh_store *s, const char *expected)
{
  struct gh_buf out = {0};
  struct gh_store_error error;
  if (!gh_store_dead(s, 0, add_letter, &out, &error)) fail_msg("%s", error.text);
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, expected);
  gh_buf_free(&out);
}

static inline void add_crash(void *ctx, uint64_t offset, uint64_t times) { gh_buf_fmt(ctx, "%d:%d ", (int)offset, (int)times); }

static inline void assert_crashes(struct gh_store *s, uint64_t position, const char *expected)
{
  struct gh_buf out = {0};
  struct gh_store_error error;
  if (!gh_store_crashes(s, position, add_crash, &out, &error)) fail_msg("%s", error.text);
  gh_buf_byte(&out, '\0');
  assert_string_equal(out.data, expected);
  gh_buf_free(&out);
}

#endif
