/* A dead letter as people may see it: what a customer's record holds is masked, unless its bytes are asked for. */
#include <inttypes.h>

#include "bytes_json.h"
#include "dlq.h"
#include "goldhour/base/time.h"
#include "goldhour/base/utf8.h"
#include "goldhour/base/zone.h"
#include "goldhour/model/message.h"
#include "goldhour/source/source.h"

/* ── masking ── */

/* Whether the text that ends at `end` (a closing quote) is followed by a colon: a key. */
static bool is_key(struct gh_str raw, size_t end)
{
  size_t i = end + 1;
  while (i < raw.len && (raw.ptr[i] == ' ' || raw.ptr[i] == '\t')) i++;
  return i < raw.len && raw.ptr[i] == ':';
}

static size_t text_end(struct gh_str raw, size_t begin)
{
  size_t i = begin + 1;
  for (; i < raw.len && raw.ptr[i] != '"'; i++) i += raw.ptr[i] == '\\';
  return i < raw.len ? i : raw.len;
}

static char masked(char c)
{
  if (c >= '0' && c <= '9') return '9';
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80) return 'x';
  return (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
}

/* Text without control characters (U+0080 to U+009F are some too), which are for the terminal of whoever looks. */
static bool is_plain(struct gh_str text)
{
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i], next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
    if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0)) return false;
  }
  return gh_utf8_valid(text);
}

/* A key is the schema's, or the source's, and says what is meant: it stays, where it is text. */
static void mask(struct gh_buf *out, struct gh_str raw)
{
  for (size_t i = 0; i < raw.len; i++) {
    size_t end = raw.ptr[i] == '"' ? text_end(raw, i) : i;
    bool key = end > i && end < raw.len && is_key(raw, end) && is_plain(gh_str_n(raw.ptr + i, end - i));
    for (; i < end; i++) gh_buf_byte(out, key ? raw.ptr[i] : masked(raw.ptr[i]));
    if (i < raw.len) gh_buf_byte(out, masked(raw.ptr[i]));
  }
}

/* ── parts ── */

void gh_dlq_name(const struct gh_dlq *d, const struct gh_dlq_letter *l, char out[48])
{
  if (d->stores) snprintf(out, 48, "%u:%" PRIu64, l->partition, l->letter.number);
  else snprintf(out, 48, "%" PRIu64, l->letter.number);
}

static bool from_kafka(const struct gh_dlq *d, const struct gh_dlq_letter *l)
{
  return d->conf->source == GH_SOURCE_KAFKA && gh_str_eq(l->letter.input, GH_STR("events")) && d->conf->kafka.ntopics > 0;
}

void gh_dlq_place(const struct gh_dlq *d, const struct gh_dlq_letter *l, struct gh_buf *out)
{
  if (from_kafka(d, l)) gh_buf_fmt(out, "%.*s[%u]@%" PRIu64, GH_FMT(d->conf->kafka.topics[0]), l->partition, l->letter.offset);
  else gh_buf_fmt(out, "%.*s:%" PRIu64, GH_FMT(l->letter.input), l->letter.record);
}

static void add_time(struct gh_buf *out, const struct gh_dlq *d, int64_t ms)
{
  char text[GH_TIME_TEXT];
  gh_time_format(text, ms, gh_zone_offset(d->zone, ms / 1000));
  gh_buf_add_str(out, gh_str(text));
}

static void add_masked(struct gh_buf *out, const char *name, struct gh_str bytes)
{
  struct gh_buf text = {0};
  mask(&text, bytes);
  gh_cli_json_text(out, name, gh_buf_str(&text));
  gh_buf_free(&text);
}

static void add_headers(struct gh_buf *out, const struct gh_dead_letter *l, bool raw)
{
  struct gh_arena arena;
  const struct gh_header *headers = NULL;
  unsigned n = 0;
  gh_arena_init(&arena, 0);
  if (!gh_headers_unpack(l->headers, &arena, &headers, &n)) n = 0;
  if (n) gh_buf_fmt(out, ",\"headers\":[");
  for (unsigned i = 0; i < n; i++) {
    gh_buf_fmt(out, "%s{\"bytes\":%zu", i ? "," : "", headers[i].value.len);
    gh_cli_json_bytes(out, "name", headers[i].name);
    if (raw) gh_cli_json_bytes(out, "value", headers[i].value);
    else add_masked(out, "masked", headers[i].value);
    gh_buf_byte(out, '}');
  }
  if (n) gh_buf_byte(out, ']');
  gh_arena_free(&arena);
}

static void add_json(const struct gh_dlq *d, const struct gh_dlq_letter *l, struct gh_buf *out)
{
  char name[48];
  gh_dlq_name(d, l, name);
  gh_buf_fmt(out, "{\"number\":\"%s\",\"partition\":%u,\"at\":\"", name, l->partition);
  add_time(out, d, l->letter.at_ms);
  gh_buf_byte(out, '"');
  gh_cli_json_text(out, "input", l->letter.input);
  if (from_kafka(d, l)) gh_cli_json_text(out, "topic", d->conf->kafka.topics[0]);
  gh_buf_fmt(out, ",\"offset\":%" PRIu64 ",\"record\":%" PRIu64, gh_source_bytes(l->letter.offset), l->letter.record);
  gh_cli_json_text(out, "reason", l->letter.reason);
  if (l->letter.detail.len) gh_cli_json_text(out, "detail", l->letter.detail);
  gh_buf_fmt(out, ",\"bytes\":%zu", l->letter.raw.len);
}

static void print(struct gh_buf *out)
{
  fwrite(out->data, 1, out->len, stdout);
  gh_buf_free(out);
}

/* ── letters ── */

static void add_line(const struct gh_dlq *d, const struct gh_dlq_letter *l, struct gh_buf *out)
{
  char name[48];
  gh_dlq_name(d, l, name);
  gh_buf_fmt(out, "%s\t", name);
  add_time(out, d, l->letter.at_ms);
  gh_buf_byte(out, '\t');
  gh_dlq_place(d, l, out);
  gh_buf_fmt(out, "\t%.*s\t%.*s\n", GH_FMT(l->letter.reason), GH_FMT(l->letter.detail));
}

void gh_dlq_list_letter(const struct gh_dlq *d, const struct gh_dlq_letter *l, bool json)
{
  struct gh_buf out = {0};
  if (json) add_json(d, l, &out);
  else add_line(d, l, &out);
  if (json) gh_buf_add_str(&out, GH_STR("}\n"));
  print(&out);
}

static void show_json(const struct gh_dlq *d, const struct gh_dlq_letter *l, bool raw)
{
  struct gh_buf out = {0};
  const struct gh_dead_letter *letter = &l->letter;
  add_json(d, l, &out);
  if (letter->key.len && raw) gh_cli_json_bytes(&out, "key", letter->key);
  else if (letter->key.len) add_masked(&out, "key_masked", letter->key);
  add_headers(&out, letter, raw);
  if (letter->raw.len && raw) gh_cli_json_bytes(&out, "raw", letter->raw);
  else if (letter->raw.len) add_masked(&out, "masked", letter->raw);
  gh_buf_add_str(&out, GH_STR("}\n"));
  print(&out);
}

static void add_text_headers(struct gh_buf *out, const struct gh_dead_letter *l)
{
  struct gh_arena arena;
  const struct gh_header *headers = NULL;
  unsigned n = 0;
  gh_arena_init(&arena, 0);
  if (!gh_headers_unpack(l->headers, &arena, &headers, &n)) n = 0;
  for (unsigned i = 0; i < n; i++) {
    gh_buf_add_str(out, GH_STR("header "));
    if (is_plain(headers[i].name)) gh_buf_add_str(out, headers[i].name);
    else mask(out, headers[i].name);
    gh_buf_add_str(out, GH_STR(": "));
    mask(out, headers[i].value);
    gh_buf_byte(out, '\n');
  }
  gh_arena_free(&arena);
}

static void show_text(const struct gh_dlq *d, const struct gh_dlq_letter *l)
{
  struct gh_buf out = {0};
  const struct gh_dead_letter *letter = &l->letter;
  add_line(d, l, &out);
  if (gh_str_eq(letter->input, GH_STR("events")) && !from_kafka(d, l)) gh_buf_fmt(&out, "byte %" PRIu64 " of the input\n",
      gh_source_bytes(letter->offset));
  if (letter->key.len) {
    gh_buf_add_str(&out, GH_STR("key "));
    mask(&out, letter->key);
    gh_buf_byte(&out, '\n');
  }
  add_text_headers(&out, letter);
  if (letter->raw.len) mask(&out, letter->raw);
  else if (letter->headers.len) gh_buf_add_str(&out, GH_STR("(a message without a value)"));
  else gh_buf_add_str(&out, GH_STR("(the record itself was not kept: the bound of dead_letter_bytes was reached, or it was empty)"));
  gh_buf_byte(&out, '\n');
  print(&out);
}

void gh_dlq_show_letter(const struct gh_dlq *d, const struct gh_dlq_letter *l, bool json, bool raw)
{
  if (json) {
    show_json(d, l, raw);
  } else if (!raw) {
    show_text(d, l);
  } else {
    if (l->letter.raw.len) fwrite(l->letter.raw.ptr, 1, l->letter.raw.len, stdout);
    putchar('\n');
  }
}
