/* What is said first on every connection, in one write: AUTH, SELECT, CLIENT SETNAME, and behind Sentinels ROLE. */
#include <stdlib.h>
#include <strings.h>

#include "goldhour/base/check.h"
#include "inside.h"

enum step { AUTH, SELECT, SETNAME, ROLE, STEPS };

/* Which of them this connection needs. */
static bool needs(const struct gh_conn *c, enum step step)
{
  switch (step) {
  case AUTH: return c->user->name[0] || c->user->password[0];
  case SELECT: return !c->probe && c->r->db != 0;
  case SETNAME: return c->r->client[0] != '\0';
  case ROLE: return !c->probe && c->r->mode == GH_REDIS_SENTINEL;
  default: return false;
  }
}

static void add(struct gh_buf *out, const char *const *argv)
{
  unsigned n = 0;
  while (argv[n]) n++;
  gh_buf_fmt(out, "*%u\r\n", n);
  for (unsigned i = 0; i < n; i++) gh_buf_fmt(out, "$%zu\r\n%s\r\n", strlen(argv[i]), argv[i]);
}

void gh_greeting_form(struct gh_conn *c)
{
  char db[16];
  gh_redis_say(db, sizeof db, "%u", c->r->db);
  const struct gh_user *u = c->user;
  c->greeted = 0;
  gh_buf_room(&c->greeting, 1024 + strlen(u->name) + strlen(u->password)); /* a password is not left behind by growing */
  if (needs(c, AUTH) && u->name[0]) add(&c->greeting, (const char *[]){"AUTH", u->name, u->password, NULL});
  else if (needs(c, AUTH)) add(&c->greeting, (const char *[]){"AUTH", u->password, NULL});
  if (needs(c, SELECT)) add(&c->greeting, (const char *[]){"SELECT", db, NULL});
  if (needs(c, SETNAME)) add(&c->greeting, (const char *[]){"CLIENT", "SETNAME", c->r->client, NULL});
  if (needs(c, ROLE)) add(&c->greeting, (const char *[]){"ROLE", NULL});
}

void gh_greeting_forget(struct gh_conn *c)
{
  if (c->greeting.cap) explicit_bzero(c->greeting.data, c->greeting.cap);
  gh_buf_free(&c->greeting);
  c->greeting = (struct gh_buf){0};
}

/* Some servers repeat what they did not understand. */
static bool repeats_secret(const struct gh_conn *c, const char *text)
{
  return c->user->password[0] && strstr(text, c->user->password) != NULL;
}

/* What to do about it; of Sentinels the words of their own. */
static const char *advice(const struct gh_conn *c, const struct gh_reply *reply)
{
  struct gh_str code = gh_reply_code(reply);
  bool sentinel = c->probe && c->r->mode == GH_REDIS_SENTINEL;
  if (gh_str_eq(code, GH_STR("NOAUTH"))) return sentinel ? " Write 'password_file' under 'sentinel'." : " Write 'password_file', and 'user' if it has one.";
  if (!gh_str_eq(code, GH_STR("WRONGPASS"))) return "";
  return sentinel ? " Look at 'user' and 'password_file' under 'sentinel'." : " Look at 'user' and 'password_file'.";
}

static bool fault(const struct gh_conn *c, enum step step, const struct gh_reply *reply, char why[256])
{
  static const char *const names[] = {"AUTH", "SELECT", "CLIENT SETNAME", "ROLE"};
  char text[2048]; /* more than is shown: a secret is not cut in two before it is found */
  gh_error_text(reply, text, sizeof text);
  if (repeats_secret(c, text)) gh_redis_say(text, sizeof text, "refused; the answer repeats the password and is not shown");
  gh_redis_say(why, 256, "%s: %.170s%s", names[step], text, advice(c, reply));
  return true;
}

/* Not for this user, or renamed away for everybody. */
static bool is_withheld(const struct gh_reply *reply)
{
  return gh_str_eq(gh_reply_code(reply), GH_STR("NOPERM")) || gh_str_starts(reply->text, GH_STR("ERR unknown command"));
}

static bool is_wrong(const struct gh_conn *c, enum step step, const struct gh_reply *reply, char why[256])
{
  bool error = reply->kind == GH_REPLY_ERROR;
  if (step == SETNAME && error && is_withheld(reply)) return false; /* a name is not worth a connection */
  if (error) return fault(c, step, reply, why);
  if (step != ROLE) return false;
  struct gh_str role = reply->n ? reply->items[0].text : GH_STR("nothing");
  if (gh_str_eq(role, GH_STR("master"))) return false;
  gh_redis_say(why, 256, "the Sentinels name it the master, but its role is %.*s", (int)(role.len < 40 ? role.len : 40), role.ptr ? role.ptr : "");
  return true;
}

int gh_greeting_answer(struct gh_conn *c, const struct gh_reply *reply, char why[256])
{
  while (c->greeted < STEPS && !needs(c, c->greeted)) c->greeted++;
  GH_CHECK(c->greeted < STEPS);
  if (is_wrong(c, c->greeted, reply, why)) return -1;
  c->greeted++;
  while (c->greeted < STEPS && !needs(c, c->greeted)) c->greeted++;
  return c->greeted == STEPS;
}
