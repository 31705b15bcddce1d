/* A feed: a source with its decoder, giving inputs for the core. Two kinds: the events, and the bulk profiles (JSON lines or CSV).
 *
 * It decodes a few records ahead of the one it gives, so that what the core will touch for them (a customer's slot, then its record, then its vectors) is
 * on its way from memory by the time their turn comes: gh_prefetch. Where the source has nothing more now, what was read ahead is given at once.
 *
 * A message may hold several rows: each is an item, and only the last one's place is behind the message, so that a commit never splits it; `more` says that
 * others follow.
 *
 * What it gives borrows from it until its next call. */
#ifndef GOLDHOUR_ENGINE_FEED_H
#define GOLDHOUR_ENGINE_FEED_H

#include "goldhour/core/core.h"
#include "goldhour/engine/set.h"
#include "goldhour/source/source.h"

enum { GH_FEED_EVENTS = 0, GH_FEED_PROFILES = 1 }; /* the core's number of the input */

/* The record number of a position: the bulk load is over. */
#define GH_PROFILES_DONE UINT64_MAX

enum { GH_FEED_AHEAD = 4 };   /* records decoded and not yet given: one a stage of gh_prefetch, and the one that is given */

enum gh_feed_note { GH_FEED_TAKEN, GH_FEED_BLANK, GH_FEED_UNNAMED, GH_FEED_REFUSED };

struct gh_feed_item {
  struct gh_input in;         /* for gh_take */
  enum gh_feed_note note;
  struct gh_str reason, detail; /* REFUSED; in.raw is the record */
  const struct gh_message *message; /* as it came */
  bool more;                  /* a further row of the same message is next */
};

/* One record read ahead. Each has its own decoder, as what that gives out lives until its next call. */
struct gh_feed_place {
  struct gh_decoder *decoder; /* owned */
  struct gh_buf raw;          /* the message's bytes, its key, its headers */
  struct gh_header *headers; unsigned headers_cap; /* owned */
  struct gh_message message;
  struct gh_source_record read;
  struct gh_record record;
  struct gh_feed_item item;
  struct gh_hint hint;
};

struct gh_feed {
  unsigned input;             /* GH_FEED_EVENTS or GH_FEED_PROFILES */
  const struct gh_set *set;   /* borrowed */
  char *path;                 /* owned; NULL: standard input */
  struct gh_source *source;
  const struct gh_core *core; /* borrowed: whose memory is fetched ahead */
  bool csv;
  struct gh_str header;       /* owned; CSV */
  struct gh_feed_place ahead[GH_FEED_AHEAD]; /* a ring */
  unsigned first, count;
  bool inside;                /* the message that stands first has more rows to give */
  enum gh_source_answer answer; /* the source's last */
  uint64_t records, bytes;    /* given */
  const uint64_t *aside; unsigned naside; /* borrowed: offsets of messages that are set aside unread */
  void (*decoding)(void *ctx, uint64_t offset); void *ctx; /* told before each message is decoded; NULL: nobody asks */
};

struct gh_feed_options {
  unsigned input;
  const char *path; /* NULL: standard input, or `source` */
  struct gh_source *source; /* one that is open already; taken in any case; NULL: opened by path */
  bool follow;
  struct gh_position from;
  const struct gh_core *core; /* borrowed; NULL: nothing is fetched ahead */
  const uint64_t *aside; unsigned naside;
  void (*decoding)(void *ctx, uint64_t offset); void *ctx;
};

bool gh_feed_open(struct gh_feed *f, const struct gh_set *set, const struct gh_feed_options *options, char error[512]);
void gh_feed_close(struct gh_feed *f);
/* Decodes by another set from now on, what was read ahead too. False, with the old one kept: the CSV header does not fit it. */
bool gh_feed_decode_by(struct gh_feed *f, const struct gh_set *set, char error[512]);
/* When the source was last confirmed to be at its end (gh_source_at_end_ns); 0 while anything read ahead is not given yet: a clock that passed it would make it late. */
uint64_t gh_feed_at_end_ns(const struct gh_feed *f);
enum gh_source_answer gh_feed_next(struct gh_feed *f, struct gh_feed_item *item);

#endif
