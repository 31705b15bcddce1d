#include "addr.h"

#include "goldhour/base/buf.h"

enum { NAME_MOST = 253, NAME_WORD_MOST = 63, GROUPS = 8, NO_GROUPS = 100 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; }
static bool is_ipv6_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.'; }

/* Several colons and nothing else that an IPv6 address does not hold. */
static bool is_bare_ipv6(struct gh_str text)
{
  unsigned colons = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (!is_ipv6_char(text.ptr[i])) return false;
    colons += text.ptr[i] == ':';
  }
  return colons > 1;
}

/* Groups of up to four hex digits, colons between them; an IPv4 address at the very end counts for two. NO_GROUPS: it is none. */
static unsigned count_groups(struct gh_str text, bool to_end)
{
  unsigned n = 0;
  for (size_t i = 0; i < text.len; i++) {
    size_t from = i, dots = 0;
    while (i < text.len && text.ptr[i] != ':') dots += text.ptr[i++] == '.';
    bool four = to_end && i == text.len && dots == 3, plain = dots == 0 && i - from <= 4;
    if (i == from || i + 1 == text.len || !(four || plain)) return NO_GROUPS;
    n += four ? 2 : 1;
  }
  return n;
}

/* Eight groups, or fewer around one `::`. */
static bool is_ipv6(struct gh_str text)
{
  size_t gap = 0;
  while (gap < text.len && !gh_str_starts(gh_str_n(text.ptr + gap, text.len - gap), GH_STR("::"))) gap++;
  if (gap == text.len) return count_groups(text, true) == GROUPS;
  return count_groups(gh_str_n(text.ptr, gap), false) + count_groups(gh_str_n(text.ptr + gap + 2, text.len - gap - 2), true) < GROUPS;
}

/* Words of 1 to 63 characters, dots between them, 253 in all. */
static bool is_name(struct gh_str text)
{
  size_t word = 0;
  for (size_t i = 0; i < text.len; i++) {
    bool dot = text.ptr[i] == '.';
    if (dot ? word == 0 : word == NAME_WORD_MOST) return false;
    word = dot ? 0 : word + 1;
  }
  return text.len <= NAME_MOST;
}

/* Bytes of the host, brackets included; `why` where it is none. */
static size_t host_end(struct gh_str text, const char **why)
{
  bool bracketed = text.ptr[0] == '[';
  size_t i = bracketed;
  while (i < text.len && (bracketed ? is_ipv6_char(text.ptr[i]) : is_name_char(text.ptr[i]))) i++;
  struct gh_str host = gh_str_n(text.ptr + bracketed, i - bracketed);
  bool closed = bracketed && i < text.len && text.ptr[i] == ']';
  if (is_bare_ipv6(text)) *why = "an IPv6 address stands in brackets: [::1]:port";
  else if (bracketed && !(closed && is_ipv6(host))) *why = "expected an IPv6 address and ]";
  else if (!host.len) *why = "the host is missing";
  else if (!bracketed && !is_name(host)) *why = "this is no host's name";
  else if (gh_str_starts(gh_str_n(text.ptr + i, text.len - i), GH_STR("://"))) *why = "an address begins with the host, without a scheme";
  return i + (bracketed && !*why);
}

static bool read_port(struct gh_str digits, unsigned *port)
{
  unsigned v = 0;
  for (size_t i = 0; i < digits.len && v <= 65535; i++) {
    if (!is_digit(digits.ptr[i])) return false;
    v = v * 10 + (unsigned)(digits.ptr[i] - '0');
  }
  *port = v;
  return v >= 1 && v <= 65535;
}

const char *gh_addr_parse(struct gh_arena *arena, struct gh_str text, unsigned usual_port, struct gh_node_addr *out, size_t *offset)
{
  const char *why = NULL;
  *offset = 0;
  if (!text.len) return "the address is empty";
  size_t end = host_end(text, &why);
  if (why) return why;
  bool bracketed = text.ptr[0] == '[';
  *out = (struct gh_node_addr){gh_arena_str(arena, gh_str_n(text.ptr + bracketed, end - 2 * (size_t)bracketed)), usual_port};
  if (end == text.len) return NULL;
  *offset = end;
  if (text.ptr[end] != ':') return "no host's name holds this character";
  *offset = end + 1;
  return read_port(gh_str_n(text.ptr + end + 1, text.len - end - 1), &out->port) ? NULL : "the port is a number from 1 to 65535";
}

void gh_addr_fault(struct gh_reading *r, const struct gh_node *n, struct gh_str key, size_t from, const char *why)
{
  gh_fault(r->faults, gh_node_spot(n, from), "'%.*s': %s", GH_FMT(key), why)->hint = GH_STR("an address is written host:port");
}

struct gh_str gh_addr_text(struct gh_arena *arena, const struct gh_node_addr *addr)
{
  bool ipv6 = memchr(addr->host.ptr, ':', addr->host.len) != NULL;
  return gh_arena_fmt(arena, ipv6 ? "[%.*s]:%u" : "%.*s:%u", GH_FMT(addr->host), addr->port);
}

bool gh_url_split(struct gh_str text, struct gh_url *url)
{
  *url = (struct gh_url){0};
  size_t at = 0;
  while (at < text.len && (is_letter(text.ptr[at]) || is_digit(text.ptr[at]) || text.ptr[at] == '+')) at++;
  if (at == 0 || !gh_str_starts(gh_str_n(text.ptr + at, text.len - at), GH_STR("://"))) return false;
  url->scheme = gh_str_n(text.ptr, at);
  at += 3;
  size_t end = at, user_end = at;
  while (end < text.len && !memchr("/?#", text.ptr[end], 3)) end++;
  for (size_t i = at; i < end; i++) user_end = text.ptr[i] == '@' ? i : user_end; /* the last @: a password may hold one */
  url->has_user = user_end > at || (at < end && text.ptr[at] == '@');
  const char *colon = url->has_user ? memchr(text.ptr + at, ':', user_end - at) : NULL;
  url->has_password = colon != NULL;
  if (url->has_user) {
    url->user = gh_str_n(text.ptr + at, (colon ? (size_t)(colon - text.ptr) : user_end) - at);
    at = user_end + 1;
  }
  url->addr = gh_str_n(text.ptr + at, end - at);
  url->rest = gh_str_n(text.ptr + end, text.len - end);
  return true;
}
