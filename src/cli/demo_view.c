#include "demo.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "goldhour/base/time.h"
#include "goldhour/base/utf8.h"
#include "json_tree.h"

#define BANK_OFFSET_S 28800 /* the demo bank's zone is China's */
#define TABLE_ROWS_MAX 14u

void gh_demo_view_init(struct gh_demo_view *v)
{
  struct winsize size = {0};
  *v = (struct gh_demo_view){.terminal = isatty(STDOUT_FILENO), .columns = 100, .rows = 24};
  gh_arena_init(&v->arena, 0);
  gh_textmap_init(&v->seen, &v->arena);
  if (v->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40 && size.ws_row > 8) {
    v->columns = size.ws_col;
    v->rows = size.ws_row;
  }
}

void gh_demo_view_free(struct gh_demo_view *v) { gh_arena_free(&v->arena); }

/* The bytes of `text` that fit into so many columns; `used`: the columns they take. */
static size_t fitting(struct gh_str text, unsigned columns, unsigned *used)
{
  const char *at = text.ptr, *end = text.ptr + text.len;
  *used = 0;
  while (at < end) {
    const char *next = at;
    int32_t c = gh_utf8_next(&next, end);
    unsigned width = c < 0 ? 1 : gh_utf8_width((uint32_t)c);
    if (*used + width > columns) break;
    *used += width;
    at = next;
  }
  return (size_t)(at - text.ptr);
}

void gh_demo_cell(struct gh_buf *out, struct gh_str text, unsigned columns)
{
  unsigned used = 0;
  size_t whole = text.len ? fitting(text, columns, &used) : 0;
  if (whole < text.len && columns > 0) {
    whole = fitting(text, columns - 1, &used);
    gh_buf_add(out, text.ptr, whole);
    gh_buf_add_str(out, GH_STR("…"));
    used++;
  } else {
    gh_buf_add(out, text.ptr, whole);
  }
  while (used++ < columns) gh_buf_byte(out, ' ');
}

static struct gh_str text_item(struct gh_demo_view *v, const struct gh_json *lead, const char *name)
{
  const struct gh_json *item = gh_json_item(lead, name);
  return item && item->kind != GH_JSON_NULL ? gh_arena_str(&v->arena, item->text) : (struct gh_str){0};
}

/* "2026-09-15T09:15:00.000+08:00" as "09-15 09:15". */
static struct gh_str short_time(struct gh_demo_view *v, struct gh_str time)
{
  if (time.len < 16) return time;
  return gh_arena_fmt(&v->arena, "%.5s %.5s", time.ptr + 5, time.ptr + 11);
}

static void count_rule(struct gh_demo_view *v, const struct gh_demo_lead *lead)
{
  unsigned i = 0;
  while (i < v->nrules && !gh_str_eq(v->rules[i].id, lead->rule)) i++;
  if (i == GH_DEMO_RULES) return;
  if (i == v->nrules) v->rules[v->nrules++] = (struct gh_demo_rule){lead->rule, lead->name, 0};
  v->rules[i].leads++;
}

/* What a lead and a planted trigger are known by. */
static struct gh_str key_of(struct gh_arena *a, const struct gh_json *line)
{
  const struct gh_json *rule = gh_json_item(line, "rule"), *customer = gh_json_item(line, "customer"), *event = gh_json_item(line, "event");
  if (!rule || !customer || !event) return (struct gh_str){0};
  return gh_arena_fmt(a, "%.*s %.*s %.*s", GH_FMT(rule->text), GH_FMT(customer->text), GH_FMT(event->text));
}

unsigned gh_demo_view_found(const struct gh_demo_view *v, struct gh_str truth, unsigned *planted)
{
  struct gh_arena a;
  unsigned found = 0;
  gh_arena_init(&a, 0);
  *planted = 0;
  for (const char *at = truth.ptr, *end = truth.ptr + truth.len, *next; at < end; at = next + 1) {
    const char *fault;
    size_t offset;
    uint32_t value;
    next = memchr(at, '\n', (size_t)(end - at));
    if (!next) next = end;
    const struct gh_json *line = gh_json_read(&a, gh_str_n(at, (size_t)(next - at)), &fault, &offset);
    *planted += line != NULL;
    found += line && gh_textmap_find(&v->seen, key_of(&a, line), &value);
  }
  gh_arena_free(&a);
  return found;
}

static int to_int(struct gh_str digits)
{
  int n = 0;
  for (size_t i = 0; i < digits.len && digits.ptr[i] >= '0' && digits.ptr[i] <= '9' && n < 1000000; i++) n = n * 10 + (digits.ptr[i] - '0');
  return n;
}

static unsigned name_columns(unsigned columns)
{
  unsigned name = columns > 65 ? columns - 53 : 12;
  return name < 32 ? name : 32;
}

static void titles(unsigned columns, struct gh_buf *out)
{
  gh_demo_cell(out, GH_STR("when"), 13);
  gh_demo_cell(out, GH_STR("rule"), name_columns(columns));
  gh_buf_add_str(out, GH_STR("  customer  prio  stage      due"));
}

static void lead_line(const struct gh_demo_lead *lead, unsigned columns, struct gh_buf *out)
{
  gh_demo_cell(out, lead->time, 13);
  gh_demo_cell(out, lead->name, name_columns(columns));
  gh_buf_add_str(out, GH_STR("  "));
  gh_demo_cell(out, lead->customer, 10);
  gh_buf_fmt(out, "%4d  ", lead->priority);
  gh_demo_cell(out, lead->golden ? GH_STR("golden") : GH_STR("comparing"), 11);
  gh_demo_cell(out, lead->due.len ? lead->due : GH_STR("-"), 12);
}

static void read_lead(struct gh_demo_view *v, const struct gh_json *tree, struct gh_demo_lead *lead)
{
  const struct gh_json *stage = gh_json_item(tree, "stage");
  *lead = (struct gh_demo_lead){.rule = text_item(v, tree, "rule"), .name = text_item(v, tree, "rule_name"), .customer = text_item(v, tree, "customer"),
                                .event = text_item(v, tree, "event"), .golden = stage && gh_str_eq(stage->text, GH_STR("golden"))};
  lead->time = short_time(v, text_item(v, tree, "triggered_at"));
  lead->due = short_time(v, text_item(v, tree, "due"));
  lead->priority = to_int(text_item(v, tree, "priority"));
  lead->script = text_item(v, tree, "script");
  if (!lead->name.len) lead->name = lead->rule;
}

/* Plain lines, for a pipe or a log: titles over the first. */
static void print_lead(const struct gh_demo_view *v, const struct gh_demo_lead *lead)
{
  struct gh_buf line = {0};
  if (v->leads == 1) {
    titles(v->columns, &line);
    gh_buf_byte(&line, '\n');
  }
  lead_line(lead, v->columns, &line);
  printf("%.*s\n", GH_FMT(gh_buf_str(&line)));
  gh_buf_free(&line);
}

void gh_demo_view_lead(struct gh_demo_view *v, struct gh_str json)
{
  struct gh_arena scratch;
  const char *fault;
  size_t offset;
  gh_arena_init(&scratch, 0);
  const struct gh_json *tree = gh_json_read(&scratch, json, &fault, &offset);
  if (tree) {
    struct gh_demo_lead *lead = &v->recent[v->leads++ % GH_DEMO_RECENT];
    read_lead(v, tree, lead);
    v->golden += lead->golden;
    count_rule(v, lead);
    if (lead->script.len && lead->golden) v->example = *lead;
    gh_textmap_add(&v->seen, key_of(&v->arena, tree), 0, NULL);
    if (!v->terminal) print_lead(v, lead);
  }
  gh_arena_free(&scratch);
}

static void head_line(const struct gh_demo_view *v, struct gh_buf *out)
{
  static const char *const days[7] = {"周日", "周一", "周二", "周三", "周四", "周五", "周六"};
  char time[GH_TIME_TEXT];
  int64_t day = (v->clock_ms + BANK_OFFSET_S * GH_SECOND_MS) / GH_DAY_MS;
  gh_time_format(time, v->clock_ms, BANK_OFFSET_S);
  struct gh_buf line = {0};
  gh_buf_fmt(&line, "%.10s %s %.5s   events %llu of %llu   leads %u   golden %u", time, days[gh_weekday(day)], time + 11, (unsigned long long)v->events,
             (unsigned long long)v->events_all, v->leads, v->golden);
  gh_demo_cell(out, gh_buf_str(&line), v->columns - 1);
  gh_buf_free(&line);
}

static void table_row(struct gh_demo_view *v, struct gh_buf *out, struct gh_str text)
{
  gh_buf_add_str(out, text);
  gh_buf_add_str(out, GH_STR("\x1b[K\n"));
  v->drawn_rows++;
}

/* The table is drawn over itself: up to its first row, then every row anew. */
void gh_demo_view_draw(struct gh_demo_view *v)
{
  if (!v->terminal) return;
  struct gh_buf out = {0}, row = {0};
  if (v->drawn_rows) gh_buf_fmt(&out, "\x1b[%uA", v->drawn_rows);
  v->drawn_rows = 0;
  head_line(v, &row);
  gh_buf_add_str(&out, GH_STR("\x1b[1m"));
  table_row(v, &out, gh_buf_str(&row));
  gh_buf_clear(&row);
  titles(v->columns, &row);
  gh_buf_add_str(&out, GH_STR("\x1b[0;2m"));
  table_row(v, &out, gh_buf_str(&row));
  gh_buf_add_str(&out, GH_STR("\x1b[0m"));
  unsigned show = v->rows - 6 < TABLE_ROWS_MAX ? v->rows - 6 : TABLE_ROWS_MAX;
  for (unsigned i = 0; i < show; i++) {
    gh_buf_clear(&row);
    if (i < v->leads) lead_line(&v->recent[(v->leads - 1 - i) % GH_DEMO_RECENT], v->columns, &row);
    table_row(v, &out, gh_buf_str(&row));
  }
  fwrite(out.data, 1, out.len, stdout);
  fflush(stdout);
  gh_buf_free(&out);
  gh_buf_free(&row);
}

static unsigned most_leads(const struct gh_demo_view *v, unsigned below, unsigned after)
{
  unsigned best = v->nrules;
  for (unsigned i = 0; i < v->nrules; i++) {
    bool next = v->rules[i].leads < below || (v->rules[i].leads == below && i > after);
    if (next && (best == v->nrules || v->rules[i].leads > v->rules[best].leads)) best = i;
  }
  return best;
}

void gh_demo_view_summary(const struct gh_demo_view *v)
{
  struct gh_buf out = {0};
  gh_buf_fmt(&out, "\n%llu events, %u leads: %u within the golden window, %u after it\n", (unsigned long long)v->events, v->leads, v->golden, v->leads - v->golden);
  unsigned below = UINT32_MAX, after = 0;
  for (unsigned n = 0; n < v->nrules; n++) {
    unsigned i = most_leads(v, below, after);
    if (i == v->nrules) break;
    below = v->rules[i].leads;
    after = i;
    gh_buf_fmt(&out, "%6u  ", v->rules[i].leads);
    gh_demo_cell(&out, v->rules[i].name, 32);
    gh_buf_fmt(&out, "  %.*s\n", GH_FMT(v->rules[i].id));
  }
  if (v->example.script.len) {
    gh_buf_fmt(&out, "\nA lead carries what one call needs, such as the words for it (%.*s, %.*s):\n  %.*s\n\n", GH_FMT(v->example.name), GH_FMT(v->example.customer),
               GH_FMT(v->example.script));
  }
  fwrite(out.data, 1, out.len, stdout);
  gh_buf_free(&out);
}
