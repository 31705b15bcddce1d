#include "json_simd.h"

#include <charconv>
#include <memory>
#include <new>

#include <simdjson.h>

/* As base/check.h declares it for C. */
extern "C" [[noreturn]] void gh_check_failed(const char *file, int line, const char *what);

struct json_simd {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  size_t capacity;
};

static const size_t first_capacity = 4096;

json_simd *gh_json_simd_new(void)
{
  json_simd *s = new (std::nothrow) json_simd();
  if (!s) gh_check_failed(__FILE__, __LINE__, "out of memory");
  s->capacity = first_capacity;
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(s->capacity, 1, s->parser) != simdjson::SUCCESS)
    gh_check_failed(__FILE__, __LINE__, "out of memory");
  return s;
}

void gh_json_simd_free(json_simd *s)
{
  delete s;
}

/* Grows to the next power of two that holds `len` bytes. */
static bool reserve(json_simd *s, size_t len)
{
  if (len > UINT32_MAX / 2) return false;
  while (s->capacity < len) s->capacity *= 2;
  if (s->parser->set_capacity(s->capacity) != simdjson::SUCCESS) gh_check_failed(__FILE__, __LINE__, "out of memory");
  return true;
}

static json_simd_answer explain(simdjson::error_code error, const char *text, size_t len)
{
  if (!simdjson::validate_utf8(text, len)) return JSON_SIMD_BAD_UTF8;
  if (error == simdjson::UNCLOSED_STRING) return JSON_SIMD_UNCLOSED_STRING;
  return error == simdjson::UNESCAPED_CHARS ? JSON_SIMD_CONTROL_CHARACTER : JSON_SIMD_EMPTY;
}

json_simd_answer gh_json_simd_index(json_simd *s, struct gh_str text, const uint32_t **offsets, uint32_t *n)
{
  if (text.len == 0) return JSON_SIMD_EMPTY;
  if (text.len > s->capacity && !reserve(s, text.len)) return JSON_SIMD_TOO_LONG;
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(text.ptr);
  simdjson::error_code error = s->parser->stage1(bytes, text.len, simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return explain(error, text.ptr, text.len);
  *offsets = s->parser->structural_indexes.get();
  *n = s->parser->n_structural_indexes;
  return JSON_SIMD_OK;
}

bool gh_json_simd_double(struct gh_str text, double *out)
{
  std::from_chars_result r = std::from_chars(text.ptr, text.ptr + text.len, *out, std::chars_format::general);
  return r.ec == std::errc() && r.ptr == text.ptr + text.len;
}
