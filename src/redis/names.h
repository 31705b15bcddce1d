/* Names of servers, looked up for links.
 *
 * Each look-up has a thread of its own: libuv's workers may all be waiting for an answer of the server whose name it is. It has its own time too: a resolver
 * whose first server is away answers after 5 s, later than a connection is waited for. So all who want one name wait for one look-up, and what it found when
 * nobody waited any more is for whoever asks next, once, while it is fresh.
 */
#ifndef GOLDHOUR_REDIS_NAMES_H
#define GOLDHOUR_REDIS_NAMES_H

#include <stdbool.h>
#include <uv.h>

enum { GH_MOST_ADDRESSES = 8 };

struct gh_name {
  struct gh_name *next;                 /* names.c's own, as `asked` */
  struct gh_look_up *asked;
  uv_async_t *found;                    /* sent once there is an answer */
  struct sockaddr_storage addresses[GH_MOST_ADDRESSES]; unsigned naddresses;
  int fault;                            /* EAI_…; 0 */
};

/* Wants the addresses of a name. True: there is an answer already. False: `found` will be sent, unless it is left before. */
bool gh_name_ask(struct gh_name *n, const char *host, const char *port);
/* It is wanted no more: `found` is not sent from now on (it may have been). */
void gh_name_leave(struct gh_name *n);

#endif
