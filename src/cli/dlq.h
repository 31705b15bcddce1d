/* The dead letters of a store: which ones, a page at a time. A letter is known by its number, or, in a store of several partitions, by partition:number. */
#ifndef GH_CLI_DLQ_H
#define GH_CLI_DLQ_H

#include <stdio.h>

#include "goldhour/conf/conf.h"
#include "goldhour/store/stores.h"

struct gh_dlq_number { unsigned partition; uint64_t number; bool bare; }; /* bare: written without its partition */

/* Which letters are meant; cleared: all. */
struct gh_dlq_choice {
  const char *reason, *input;   /* NULL: any */
  int64_t since_ms;             /* GH_ALWAYS: any */
  int64_t partition;            /* -1: any */
  uint64_t limit;               /* 0: none */
  const struct gh_dlq_number *numbers; unsigned nnumbers; /* 0: any */
};

struct gh_dlq {
  const struct gh_conf *conf;   /* borrowed */
  const struct gh_zone *zone;   /* borrowed: of the times shown */
  struct gh_dlq_choice choice;
  struct gh_stores *stores;     /* Redis; else NULL */
  struct gh_store *store;       /* SQLite; else NULL */
  unsigned npartitions;
  uint64_t *until;              /* owned: by partition, the last letter that counts; NULL: all do */
};

enum { GH_DLQ_PAGE = 256 };
struct gh_dlq_letter { unsigned partition; struct gh_dead_letter letter; };
struct gh_dlq_page {
  struct gh_arena arena;        /* of the texts */
  struct gh_dlq_letter letters[GH_DLQ_PAGE];
  unsigned n;
};
struct gh_dlq_cursor { unsigned partition; uint64_t after, given; };

/* Opens the store that `conf` names, for reading beside a running daemon. False: told on standard error. */
bool gh_dlq_open(struct gh_dlq *d, struct gh_arena *arena);
void gh_dlq_close(struct gh_dlq *d);
/* The next letters, all of one partition, which is then cursor->partition; none: that was all. False: told on standard error. */
bool gh_dlq_next(struct gh_dlq *d, struct gh_dlq_cursor *cursor, struct gh_dlq_page *page);
/* Removes the letters of a page. */
bool gh_dlq_drop(struct gh_dlq *d, const struct gh_dlq_page *page, unsigned *dropped);
/* Letters that come from now on do not count: a letter that is sent again and refused again is not met a second time. `n`: how many do. */
bool gh_dlq_freeze(struct gh_dlq *d, uint64_t *n);

/* dlq_show.c: as text, as JSON (with `raw`, its bytes too). */
void gh_dlq_list_letter(const struct gh_dlq *d, const struct gh_dlq_letter *l, bool json);
void gh_dlq_show_letter(const struct gh_dlq *d, const struct gh_dlq_letter *l, bool json, bool raw);
/* Where its record stood, for people. */
void gh_dlq_place(const struct gh_dlq *d, const struct gh_dlq_letter *l, struct gh_buf *out);
/* "7:17", or "17". */
void gh_dlq_name(const struct gh_dlq *d, const struct gh_dlq_letter *l, char out[48]);

/* dlq_replay.c: sends the letters again to where they were meant to go, then drops them, unless `keep`. The exit status. */
int gh_dlq_replay(struct gh_dlq *d, bool keep);

#endif
