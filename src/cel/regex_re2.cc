#include "regex.h"

#include <re2/re2.h>

#include <cstdio>
#include <string>

struct gh_regex {
  RE2 re;
};

namespace {

// Bounds the program and the caches of one pattern; beyond it compiling fails and matching falls back to the slower automaton.
constexpr int64_t MEMORY_BYTES = 1 << 20;

RE2::Options options()
{
  RE2::Options o;
  o.set_log_errors(false);
  o.set_max_mem(MEMORY_BYTES);
  return o;
}

re2::StringPiece piece(struct gh_str s) { return re2::StringPiece(s.ptr ? s.ptr : "", s.len); }

} // namespace

struct gh_regex *gh_regex_new(struct gh_str pattern, char error[GH_REGEX_ERROR])
{
  auto *regex = new gh_regex{RE2(piece(pattern), options())};
  if (regex->re.ok()) return regex;
  std::snprintf(error, GH_REGEX_ERROR, "%s", regex->re.error().c_str());
  delete regex;
  return nullptr;
}

void gh_regex_free(struct gh_regex *regex) { delete regex; }

bool gh_regex_matches(const struct gh_regex *regex, struct gh_str text)
{
  return regex->re.Match(piece(text), 0, text.len, RE2::UNANCHORED, nullptr, 0);
}
