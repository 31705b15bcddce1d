#include "goldhour/base/fault.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "goldhour/base/buf.h"
#include "goldhour/base/utf8.h"

void gh_faults_init(struct gh_faults *f)
{
  *f = (struct gh_faults){0};
  gh_arena_init(&f->arena, 0);
}

void gh_faults_free(struct gh_faults *f)
{
  gh_arena_free(&f->arena);
  gh_faults_init(f);
}

static struct gh_fault *append(struct gh_faults *f, struct gh_spot at, bool warning)
{
  struct gh_fault *fault = gh_arena_zero(&f->arena, 1, sizeof *fault);
  fault->at = at;
  fault->warning = warning;
  if (f->last) f->last->next = fault;
  else f->first = fault;
  f->last = fault;
  *(warning ? &f->warnings : &f->errors) += 1;
  return fault;
}

static struct gh_fault *say(struct gh_faults *f, struct gh_fault *fault, const char *format, va_list args)
{
  char text[2048];
  int n = vsnprintf(text, sizeof text, format, args);
  size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
  fault->message = gh_arena_str(&f->arena, gh_str_n(text, len));
  return fault;
}

struct gh_fault *gh_fault(struct gh_faults *f, struct gh_spot at, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  struct gh_fault *fault = say(f, append(f, at, false), format, args);
  va_end(args);
  return fault;
}

struct gh_fault *gh_warning(struct gh_faults *f, struct gh_spot at, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  struct gh_fault *fault = say(f, append(f, at, true), format, args);
  va_end(args);
  return fault;
}

enum { LONGEST_WORD = 64 };

/* Optimal string alignment distance (Levenshtein with neighbours swapped), in bytes; long words count as far apart. */
static size_t edit_distance(struct gh_str a, struct gh_str b)
{
  if (a.len > LONGEST_WORD || b.len > LONGEST_WORD) return SIZE_MAX;
  size_t rows[3][LONGEST_WORD + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b.len; j++) above[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      bool same = a.ptr[i - 1] == b.ptr[j - 1];
      size_t best = above[j - 1] + !same;
      if (above[j] + 1 < best) best = above[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    size_t *spare = before;
    before = above, above = row, row = spare;
  }
  return above[b.len];
}

struct gh_str gh_did_you_mean(struct gh_faults *f, struct gh_str word, const struct gh_str *names, size_t n)
{
  size_t best = word.len / 3 < 2 ? 2 : word.len / 3;
  struct gh_str found = {NULL, 0};
  for (size_t i = 0; i < n; i++) {
    size_t d = edit_distance(word, names[i]);
    if (d > best || d >= word.len || (d == best && found.ptr)) continue;
    best = d;
    found = names[i];
  }
  return found.ptr ? gh_arena_fmt(&f->arena, "did you mean '%.*s'?", GH_FMT(found)) : found;
}

void gh_faults_merge(struct gh_faults *to, const struct gh_faults *from)
{
  for (const struct gh_fault *x = from->first; x; x = x->next) {
    struct gh_spot at = {gh_arena_str(&to->arena, x->at.file), x->at.line, x->at.column};
    struct gh_fault *copy = append(to, at, x->warning);
    copy->message = gh_arena_str(&to->arena, x->message);
    if (x->hint.len) copy->hint = gh_arena_str(&to->arena, x->hint);
    if (x->excerpt.len) copy->excerpt = gh_arena_str(&to->arena, x->excerpt);
  }
}

void gh_fault_print(const struct gh_fault *fault, struct gh_buf *out)
{
  if (fault->at.file.len) gh_buf_fmt(out, "%.*s:", GH_FMT(fault->at.file));
  if (fault->at.line) gh_buf_fmt(out, "%u:%u:", fault->at.line, fault->at.column ? fault->at.column : 1);
  if (fault->at.file.len) gh_buf_byte(out, ' ');
  gh_buf_fmt(out, "%s: %.*s\n", fault->warning ? "warning" : "error", GH_FMT(fault->message));
  for (struct gh_str rest = fault->excerpt; rest.len;) {
    const char *newline = memchr(rest.ptr, '\n', rest.len);
    size_t n = newline ? (size_t)(newline - rest.ptr) : rest.len;
    gh_buf_fmt(out, "    %.*s\n", (int)n, rest.ptr);
    rest.ptr += n + (newline != NULL);
    rest.len -= n + (newline != NULL);
  }
  if (fault->hint.len) gh_buf_fmt(out, "  hint: %.*s\n", GH_FMT(fault->hint));
}

struct gh_str gh_fault_caret(struct gh_faults *f, struct gh_str text, size_t offset)
{
  if (offset > text.len) offset = text.len;
  size_t begin = offset, end = offset;
  while (begin > 0 && text.ptr[begin - 1] != '\n') begin--;
  while (end < text.len && text.ptr[end] != '\n') end++;
  struct gh_buf line = {0};
  gh_buf_add(&line, text.ptr + begin, end - begin);
  gh_buf_byte(&line, '\n');
  for (const char *at = text.ptr + begin; at < text.ptr + offset;) {
    int32_t c = gh_utf8_next(&at, text.ptr + offset);
    for (unsigned w = c < 0 ? 1 : gh_utf8_width((uint32_t)c); w > 0; w--) gh_buf_byte(&line, c == '\t' ? '\t' : ' ');
  }
  gh_buf_add_str(&line, GH_STR("^\n"));
  struct gh_str out = gh_arena_str(&f->arena, gh_buf_str(&line));
  gh_buf_free(&line);
  return out;
}
