/* A feed: a source with its decoder, giving inputs for the core. Two kinds: the events, and the bulk profiles (JSON lines or CSV).
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

struct gh_feed {
  unsigned input;             /* GH_FEED_EVENTS or GH_FEED_PROFILES */
  const struct gh_set *set;   /* borrowed */
  char *path;                 /* owned; NULL: standard input */
  struct gh_source *source;
  struct gh_decoder *decoder;
  bool csv;
  struct gh_str header;       /* owned; CSV */
  struct gh_record record;    /* as decoded last */
  uint64_t records, bytes;
};

struct gh_feed_options {
  unsigned input;
  const char *path; /* NULL: standard input */
  bool follow;
  struct gh_position from;
};

enum gh_feed_note { GH_FEED_TAKEN, GH_FEED_BLANK, GH_FEED_UNNAMED, GH_FEED_REFUSED };

struct gh_feed_item {
  struct gh_input in;         /* for gh_take */
  enum gh_feed_note note;
  struct gh_str reason, detail; /* REFUSED; in.raw is the record */
};

bool gh_feed_open(struct gh_feed *f, const struct gh_set *set, const struct gh_feed_options *options, char error[512]);
void gh_feed_close(struct gh_feed *f);
/* Decodes by another set from now on. False, with the old one kept: the CSV header does not fit it. */
bool gh_feed_decode_by(struct gh_feed *f, const struct gh_set *set, char error[512]);
enum gh_source_answer gh_feed_next(struct gh_feed *f, struct gh_feed_item *item);

#endif
