/* Addresses of servers as people write them: host:port, [::1]:port, and lists of them. */
#ifndef GH_CONF_ADDR_H
#define GH_CONF_ADDR_H

#include "options.h"

/* Takes `host`, `host:port` or `[IPv6]:port` apart. NULL: good; else what is wrong (static), and where in the text by `offset`. The host, without
 * brackets and ended by NUL, lives in `arena`. */
const char *gh_addr_parse(struct gh_arena *arena, struct gh_str text, unsigned usual_port, struct gh_node_addr *out, size_t *offset);
/* Adds the fault of gh_addr_parse: `key` names the option, `n` is the node that holds the text from byte `from`. */
void gh_addr_fault(struct gh_reading *r, const struct gh_node *n, struct gh_str key, size_t from, const char *why);
/* `host:port` or `[IPv6]:port`. */
struct gh_str gh_addr_text(struct gh_arena *arena, const struct gh_node_addr *addr);
/* The scheme of a url, the user before @, the address, and what stands from the first /, ? or # on. Offsets count from the url's first byte. */
struct gh_url {
  struct gh_str scheme, user;
  bool has_user, has_password; /* the password itself is not kept: it belongs into a file */
  struct gh_str addr, rest;
};
bool gh_url_split(struct gh_str text, struct gh_url *url);

#endif
