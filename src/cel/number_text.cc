#include "number_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

bool equal_fold(const char *at, const char *end, const char *word)
{
  for (; at < end && *word; at++, word++)
    if ((*at | 0x20) != *word) return false;
  return at == end && !*word;
}

// from_chars says "out of range" for both ends: which one, by the place of the first digit that counts.
bool too_large(const char *at, const char *end)
{
  int64_t place = 0, exponent = 0;
  bool point = false, seen = false;
  for (; at < end && (*at | 0x20) != 'e'; at++) {
    if (*at == '.') point = true;
    else if (seen || *at != '0') {
      seen = true;
      place += point ? 0 : 1;
    } else if (point) place--;
  }
  if (at < end) {
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    for (; at < end; at++)
      if (exponent < 1000000000) exponent = exponent * 10 + (*at - '0');
    if (negative) exponent = -exponent;
  }
  return place + exponent > 0;
}

size_t length(const char *out, std::to_chars_result r) { return static_cast<size_t>(r.ptr - out); }

} // namespace

bool gh_double_read(struct gh_str s, double *out)
{
  const char *at = s.ptr, *end = s.ptr + s.len;
  bool negative = s.len && *at == '-';
  if (s.len && (*at == '-' || *at == '+')) at++;
  if (at == end) return false;
  double d = 0;
  if (equal_fold(at, end, "inf") || equal_fold(at, end, "infinity")) d = std::numeric_limits<double>::infinity();
  else if (equal_fold(at, end, "nan")) d = std::numeric_limits<double>::quiet_NaN();
  else {
    if (!(*at == '.' || (*at >= '0' && *at <= '9'))) return false;
    auto r = std::from_chars(at, end, d);
    if (r.ptr != end || r.ec == std::errc::invalid_argument) return false;
    if (r.ec == std::errc::result_out_of_range) {
      if (too_large(at, end)) return false;
      d = 0;
    }
  }
  *out = negative ? -d : d;
  return true;
}

size_t gh_double_shortest(char out[GH_DOUBLE_TEXT], double d)
{
  double size = std::fabs(d);
  bool exponent = size != 0 && (size < 1e-4 || size >= 1e21);
  if (!exponent) return gh_double_shortest_fixed(out, d);
  return length(out, std::to_chars(out, out + GH_DOUBLE_TEXT, d, std::chars_format::scientific));
}

// The shortest digits, then zeros: to_chars would write all digits of a large double, most of which mean nothing.
size_t gh_double_shortest_fixed(char out[GH_DOUBLE_TEXT], double d)
{
  char text[32];
  auto r = std::to_chars(text, text + sizeof text, std::fabs(d), std::chars_format::scientific);
  const char *e = static_cast<const char *>(std::memchr(text, 'e', static_cast<size_t>(r.ptr - text)));
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, r.ptr, exponent);
  char digits[32];
  int n = 0;
  for (const char *p = text; p < e; p++)
    if (*p != '.') digits[n++] = *p;
  char *at = out;
  if (std::signbit(d)) *at++ = '-';
  if (exponent < 0) *at++ = '0';
  for (int place = exponent < 0 ? -1 : exponent; place >= 0 || exponent - place < n; place--) {
    if (place == -1) *at++ = '.';
    *at++ = place <= exponent && exponent - place < n ? digits[exponent - place] : '0';
  }
  return static_cast<size_t>(at - out);
}

size_t gh_double_fixed(char out[GH_DOUBLE_TEXT], double d, unsigned precision)
{
  return length(out, std::to_chars(out, out + GH_DOUBLE_TEXT, d, std::chars_format::fixed, static_cast<int>(precision)));
}

size_t gh_double_scientific(char out[GH_DOUBLE_TEXT], double d, unsigned precision)
{
  return length(out, std::to_chars(out, out + GH_DOUBLE_TEXT, d, std::chars_format::scientific, static_cast<int>(precision)));
}
