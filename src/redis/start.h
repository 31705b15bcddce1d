/* The client's loop for its thread (client.c) and the thread's beginning and end (start.c). */
#ifndef GOLDHOUR_REDIS_START_H
#define GOLDHOUR_REDIS_START_H

#include "inside.h"

void gh_client_init_loop(struct gh_redis *r);
void gh_client_on_timer(uv_timer_t *timer);
void gh_client_turn(struct gh_redis *r);
/* Puts a command into the inbox: takes it. From any thread. */
void gh_client_submit(struct gh_redis *r, struct gh_command *c);

#endif
