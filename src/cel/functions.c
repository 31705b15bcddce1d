/* The standard functions of CEL. Conversions themselves are in conversions.c. */
#include "goldhour/base/utf8.h"
#include "conversions.h"
#include "regex.h"
#include "text.h"

enum { BYTES_A_STEP = 64, PATTERN_STEPS = 100 };

static struct gh_value size(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (n != 1) return gh_cel_no_overload();
  switch (args[0].kind) {
  case GH_STRING:
    if (!gh_cel_spend(call, args[0].len / BYTES_A_STEP)) return gh_cel_no_steps();
    return gh_int((int64_t)gh_utf8_count(gh_text(args[0])));
  case GH_BYTES:
  case GH_LIST:
  case GH_MAP: return gh_int(args[0].len);
  default: return gh_cel_no_overload();
  }
}

static struct gh_value type_of(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  if (n != 1) return gh_cel_no_overload();
  struct gh_str name = gh_cel_kind_name(args[0].kind);
  return (struct gh_value){.kind = GH_TYPE, .len = (uint32_t)name.len, .text = name.ptr};
}

static struct gh_value dyn(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return n == 1 ? args[0] : gh_cel_no_overload();
}

static bool two_strings(const struct gh_value *args, unsigned n)
{
  return n == 2 && args[0].kind == GH_STRING && args[1].kind == GH_STRING;
}

static struct gh_value contains(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!two_strings(args, n)) return gh_cel_no_overload();
  if (!gh_cel_spend(call, args[0].len / BYTES_A_STEP)) return gh_cel_no_steps();
  return gh_bool(gh_text_find(gh_text(args[0]), gh_text(args[1]), 0) != SIZE_MAX);
}

static struct gh_value starts_with(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  return two_strings(args, n) ? gh_bool(gh_str_starts(gh_text(args[0]), gh_text(args[1]))) : gh_cel_no_overload();
}

static struct gh_value ends_with(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  (void)call;
  if (!two_strings(args, n)) return gh_cel_no_overload();
  struct gh_str s = gh_text(args[0]), end = gh_text(args[1]);
  return gh_bool(s.len >= end.len && gh_str_eq(gh_str_n(s.ptr + (s.len - end.len), end.len), end));
}

static void free_regex(void *regex) { gh_regex_free(regex); }

static const void *prepare_matches(struct gh_arena *arena, const struct gh_zones *zones, const struct gh_value *args, unsigned n, struct gh_value *fault)
{
  (void)zones;
  char error[GH_REGEX_ERROR];
  if (n != 2 || args[1].kind != GH_STRING) return NULL;
  struct gh_regex *regex = gh_regex_new(gh_text(args[1]), error);
  if (regex) gh_arena_on_free(arena, free_regex, regex);
  else *fault = gh_error(gh_arena_fmt(arena, "invalid regular expression: %s", error));
  return regex;
}

/* A pattern that is known only now: compiled for this call alone. */
static struct gh_value match_once(struct gh_call *call, struct gh_str text, struct gh_str pattern)
{
  char error[GH_REGEX_ERROR];
  if (!gh_cel_spend(call, PATTERN_STEPS + pattern.len)) return gh_cel_no_steps();
  struct gh_regex *regex = gh_regex_new(pattern, error);
  if (!regex) return gh_cel_errorf(call, "invalid regular expression: %s", error);
  bool matched = gh_regex_matches(regex, text);
  gh_regex_free(regex);
  return gh_bool(matched);
}

static struct gh_value matches(struct gh_call *call, const struct gh_value *args, unsigned n)
{
  if (!two_strings(args, n)) return gh_cel_no_overload();
  if (!gh_cel_spend(call, args[0].len / BYTES_A_STEP)) return gh_cel_no_steps();
  if (call->constant) return gh_bool(gh_regex_matches(call->constant, gh_text(args[0])));
  return match_once(call, gh_text(args[0]), gh_text(args[1]));
}

static const struct gh_overload rows[] = {
  {"size", false, "string", "int", size, NULL},
  {"size", false, "bytes", "int", size, NULL},
  {"size", false, "list(A)", "int", size, NULL},
  {"size", false, "map(A, B)", "int", size, NULL},
  {"size", true, "string", "int", size, NULL},
  {"size", true, "bytes", "int", size, NULL},
  {"size", true, "list(A)", "int", size, NULL},
  {"size", true, "map(A, B)", "int", size, NULL},

  {"contains", true, "string;string", "bool", contains, NULL},
  {"startsWith", true, "string;string", "bool", starts_with, NULL},
  {"endsWith", true, "string;string", "bool", ends_with, NULL},
  {"matches", false, "string;string", "bool", matches, prepare_matches},
  {"matches", true, "string;string", "bool", matches, prepare_matches},

  {"type", false, "A", "type", type_of, NULL},
  {"dyn", false, "A", "dyn", dyn, NULL},

  {"int", false, "int", "int", gh_to_int, NULL},
  {"int", false, "uint", "int", gh_to_int, NULL},
  {"int", false, "double", "int", gh_to_int, NULL},
  {"int", false, "string", "int", gh_to_int, NULL},
  {"int", false, "timestamp", "int", gh_to_int, NULL},
  {"int", false, "decimal", "int", gh_to_int, NULL},
  {"uint", false, "uint", "uint", gh_to_uint, NULL},
  {"uint", false, "int", "uint", gh_to_uint, NULL},
  {"uint", false, "double", "uint", gh_to_uint, NULL},
  {"uint", false, "string", "uint", gh_to_uint, NULL},
  {"uint", false, "decimal", "uint", gh_to_uint, NULL},
  {"double", false, "double", "double", gh_to_double, NULL},
  {"double", false, "int", "double", gh_to_double, NULL},
  {"double", false, "uint", "double", gh_to_double, NULL},
  {"double", false, "string", "double", gh_to_double, NULL},
  {"double", false, "decimal", "double", gh_to_double, NULL},
  {"string", false, "string", "string", gh_to_string, NULL},
  {"string", false, "bool", "string", gh_to_string, NULL},
  {"string", false, "int", "string", gh_to_string, NULL},
  {"string", false, "uint", "string", gh_to_string, NULL},
  {"string", false, "double", "string", gh_to_string, NULL},
  {"string", false, "bytes", "string", gh_to_string, NULL},
  {"string", false, "timestamp", "string", gh_to_string, NULL},
  {"string", false, "duration", "string", gh_to_string, NULL},
  {"string", false, "decimal", "string", gh_to_string, NULL},
  {"bytes", false, "bytes", "bytes", gh_to_bytes, NULL},
  {"bytes", false, "string", "bytes", gh_to_bytes, NULL},
  {"bool", false, "bool", "bool", gh_to_bool, NULL},
  {"bool", false, "string", "bool", gh_to_bool, NULL},
  {"timestamp", false, "timestamp", "timestamp", gh_to_timestamp, NULL},
  {"timestamp", false, "string", "timestamp", gh_to_timestamp, NULL},
  {"timestamp", false, "int", "timestamp", gh_to_timestamp, NULL},
  {"duration", false, "duration", "duration", gh_to_duration, NULL},
  {"duration", false, "string", "duration", gh_to_duration, NULL},
};

const struct gh_overload_table gh_cel_core_functions = {rows, sizeof rows / sizeof *rows};
