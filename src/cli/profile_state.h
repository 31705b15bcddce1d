/* What `profiles` remembers from one night to the next: of each customer a hash of the fields that were sent, so that who did not change is not sent again.
 *
 * A file of this kind is a magic line and sections: length, hash, body. A body: the names of the fields that any line has given, the number of records, and the
 * records (customer, hash of the fields) in order of the customer's bytes. The state is one section. Beside it, while a run goes on, PATH.part takes a section
 * for each stretch that was delivered: after a kill the next run reads it first, so that only the last stretch is sent again; ids make that harmless. When all
 * was delivered, both are merged into a new state, which takes the old one's place in one rename.
 *
 * Memory: the state is mapped, not read; one stretch is held; a bit a customer says who was seen.
 */
#ifndef GH_CLI_PROFILE_STATE_H
#define GH_CLI_PROFILE_STATE_H

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"

struct gh_profile_error { char text[512]; };

/* A section, mapped. */
struct gh_profile_table {
  const char *records, *end;    /* borrowed from the mapping */
  uint64_t count;
  struct gh_str *names; unsigned nnames; /* owned; texts borrowed from the mapping */
};

struct gh_profile_map { char *bytes; size_t len; };

struct gh_profile_entry { struct gh_str customer; uint64_t hash; uint64_t order; };

struct gh_profile_state {
  const char *path;             /* borrowed; NULL: nothing is remembered */
  char *part;                   /* owned: PATH.part */
  struct gh_profile_map map;
  struct gh_profile_table known;
  uint64_t *heads;              /* owned: where every 64th record of `known` begins */
  uint64_t *seen;               /* owned: a bit a record */
  uint64_t nseen;
  struct gh_arena arena;        /* of the stretch */
  struct gh_profile_entry *entries; size_t nentries, cap; /* owned: the stretch */
  struct gh_arena own;
  struct gh_str *names; unsigned nnames; /* of all fields given in this run, and before */
  int part_fd;                  /* -1: not made yet */
};

/* Reads the state at `path`, or, where `since` is given, that one, with what an interrupted run had delivered. A file that is not there is an empty state. */
bool gh_profile_state_open(struct gh_profile_state *s, const char *path, const char *since, struct gh_profile_error *error);
void gh_profile_state_close(struct gh_profile_state *s);

/* Whether this customer was sent with these fields; marks who was seen. `known`: whether it is remembered at all. */
bool gh_profile_state_same(struct gh_profile_state *s, struct gh_str customer, uint64_t hash, bool *known);
/* Whether an earlier run's lines gave the field. */
bool gh_profile_state_field(const struct gh_profile_state *s, struct gh_str name);
/* The file gives this field. */
void gh_profile_state_name(struct gh_profile_state *s, struct gh_str name);
/* Sent, to be remembered once delivered; hash 0: to be remembered no more. */
#define GH_PROFILE_FORGOTTEN 0u
void gh_profile_state_note(struct gh_profile_state *s, struct gh_str customer, uint64_t hash);
size_t gh_profile_state_pending(const struct gh_profile_state *s);
/* What was noted is delivered: on the disk, in PATH.part. */
bool gh_profile_state_delivered(struct gh_profile_state *s, struct gh_profile_error *error);
/* Everything is delivered: the new state in place of the old. */
bool gh_profile_state_finish(struct gh_profile_state *s, struct gh_profile_error *error);
/* Calls `each` for those who are remembered and were not seen; false stops. */
void gh_profile_state_missing(const struct gh_profile_state *s, bool (*each)(void *ctx, struct gh_str customer), void *ctx);

#endif
