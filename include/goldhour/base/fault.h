/* Faults of what a user wrote: where (file:line:column), what was found, what to do. Collected, so that `check` shows them all at once. */
#ifndef GOLDHOUR_BASE_FAULT_H
#define GOLDHOUR_BASE_FAULT_H

#include "goldhour/base/arena.h"

struct gh_spot {
  struct gh_str file;    /* borrowed for as long as the list lives; empty: no file */
  unsigned line, column; /* from 1; 0: unknown */
};

struct gh_fault {
  struct gh_spot at;
  bool warning;          /* said, but no reason to refuse */
  struct gh_str message; /* what is wrong and what was expected */
  struct gh_str hint;    /* what to do about it; may be empty */
  struct gh_str excerpt; /* the text with a caret under the fault, lines ended by \n; may be empty */
  struct gh_fault *next;
};

struct gh_faults {
  struct gh_arena arena; /* owns every fault and its texts */
  struct gh_fault *first, *last;
  unsigned errors, warnings;
};

void gh_faults_init(struct gh_faults *f);
void gh_faults_free(struct gh_faults *f);
/* Adds an error; returns it so that a hint or an excerpt (texts in f->arena) can be set. */
struct gh_fault *gh_fault(struct gh_faults *f, struct gh_spot at, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct gh_fault *gh_warning(struct gh_faults *f, struct gh_spot at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "did you mean 'NAME'?" for the nearest of `names` (edit distance at most a third of its length), or an empty text. */
struct gh_str gh_did_you_mean(struct gh_faults *f, struct gh_str word, const struct gh_str *names, size_t n);
/* Copies the faults of `from` to the end of `to`. */
void gh_faults_merge(struct gh_faults *to, const struct gh_faults *from);
/* A fault as it is shown: "file:line:column: error: message\n  excerpt\n  hint: …\n". Appends to `out`. */
struct gh_buf;
void gh_fault_print(const struct gh_fault *fault, struct gh_buf *out);
/* The two lines of an excerpt: `text` on one line around `offset` (bytes) and a caret under it (wide characters take two columns). */
struct gh_str gh_fault_caret(struct gh_faults *f, struct gh_str text, size_t offset);

#endif
