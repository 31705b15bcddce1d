/* `tls: true`, or a map of what is trusted and how we show ourselves. */
#include "options.h"

#define AT(field) offsetof(struct gh_tls_conf, field)
static const struct gh_option rows[] = {
  {"ca", GH_OPTION_PATH, AT(ca), .meaning = "PEM of who signs the server's certificate; without it the system's"},
  {"cert", GH_OPTION_PATH, AT(cert), .meaning = "PEM of our own certificate, where the server asks for one"},
  {"key", GH_OPTION_PATH, AT(key), .meaning = "PEM of its private key, without a password"},
  {"verify_host", GH_OPTION_NOT, AT(any_host), .fallback = "true", .meaning = "false: the name in the server's certificate is not compared"},
};
const struct gh_option_group gh_tls_keys[] = {GH_GROUP(rows, 0), {0}};

void gh_conf_read_tls(struct gh_reading *r, const struct gh_node *n, const struct gh_option *o, void *base)
{
  struct gh_tls_conf *tls = (struct gh_tls_conf *)((char *)base + o->at);
  *tls = (struct gh_tls_conf){0};
  if (n->kind != GH_NODE_MAP) {
    if (gh_want_bool(n, &tls->on, r->faults)) return;
    r->faults->last->hint = GH_STR("or a map: {ca: …, cert: …, key: …}");
    return;
  }
  tls->on = true;
  gh_map_read(r, n, gh_tls_keys, tls, (struct gh_map_place){GH_STR("'tls'"), n->at});
  if (!tls->cert.text.len == !tls->key.text.len) return;
  gh_fault(r->faults, n->at, "'tls': 'cert' and 'key' come together");
}
