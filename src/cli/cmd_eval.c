/* goldhour eval: one CEL expression, or a file of cases. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "goldhour/cel/cel.h"
#include "goldhour/sys/sys.h"
#include "typed_json.h"

static const char usage[] =
    "usage: goldhour eval 'EXPR' [--bind NAME=JSON]... [--zone NAME]\n"
    "       goldhour eval --cases FILE\n"
    "\n"
    "Evaluates an expression of CEL, the condition language, and prints its value. docs/cel.md has the language.\n"
    "\n"
    "  --bind NAME=JSON  gives NAME (dotted ones too) a value: plain JSON, or {\"decimal\":\"8000.00\"}, {\"timestamp\":[\"0\",\"0\"]} and their like\n"
    "  --zone NAME       the zone in which dates begin (UTC)\n"
    "  --cases FILE      reads JSON lines (- is standard input): {\"expr\": …, \"bindings\": {NAME: TYPED}, \"container\"?, \"disable_check\"?,\n"
    "                    \"type_env\"? {NAME: TYPE}} and prints {\"value\": TYPED} or {\"error\": …} for each\n"
    "\n"
    "An expression that begins with '-' goes behind --, as in: goldhour eval -- '-1 + 2'\n"
    "Exit status: 0, 1 if the expression is refused or ends in an error, 2 if the command line is wrong.\n";

enum { BINDINGS_MAX = 256 };

struct eval_options {
  const char *expression, *cases, *zone;
  const char *binds[BINDINGS_MAX]; /* NAME=JSON */
  unsigned nbinds;
};

/* What one evaluation needs; reset for the next. */
struct session {
  struct gh_zones *zones;
  const struct gh_zone *zone;
  struct gh_cel_env *env;  /* in `arena`; NULL before the first */
  struct gh_arena arena;   /* environment, program, values bound */
  struct gh_arena scratch; /* of the evaluation */
};

/* Names and what they stand for: value i is slot i of row 0. */
struct bindings {
  struct gh_cel_env *env;
  struct gh_value *values;
  unsigned n;
};

static void session_begin(struct session *s)
{
  *s = (struct session){.zones = gh_zones_load()};
  gh_arena_init(&s->arena, 0);
  gh_arena_init(&s->scratch, GH_CEL_BYTES);
}

/* Forgets the last expression with its names and its value. */
static void session_reset(struct session *s)
{
  if (s->env) gh_cel_env_free(s->env);
  s->env = NULL;
  gh_arena_reset(&s->arena);
}

static void session_end(struct session *s)
{
  session_reset(s);
  gh_arena_free(&s->arena);
  gh_arena_free(&s->scratch);
  gh_zones_free(s->zones);
}

static struct bindings bindings_new(struct session *s, unsigned cap)
{
  s->env = gh_cel_env_new(&s->arena, s->zones, s->zone);
  struct bindings b = {.env = s->env};
  b.values = gh_arena_zero(&s->arena, cap + 1, sizeof *b.values);
  return b;
}

static void bind(struct bindings *b, struct gh_str name, struct gh_type type, struct gh_value value)
{
  gh_cel_declare(b->env, name, type, 0, b->n);
  b->values[b->n++] = value;
}

static struct gh_value evaluate(struct session *s, const struct gh_program *program, const struct bindings *b)
{
  struct gh_cel_frame frame = {.rows = {b->values}, .scratch = &s->scratch};
  return gh_cel_eval(program, &frame);
}

/* One case. */

static struct gh_str error_text(struct session *s, const char *what, struct gh_str name)
{
  return gh_arena_fmt(&s->arena, "%s '%.*s'", what, GH_FMT(name));
}

/* The declared type of a name, or that of its value. False: *error says why. */
static bool type_of(struct session *s, const struct gh_json *types, struct gh_str name, struct gh_type *type, struct gh_str *error)
{
  for (uint32_t i = 0; types && i < types->n; i++) {
    if (!gh_str_eq(types->items[i].name, name)) continue;
    if (types->items[i].kind == GH_JSON_STRING && gh_cel_type_parse(&s->arena, types->items[i].text, type)) return true;
    *error = error_text(s, "no type is declared in type_env for", name);
    return false;
  }
  return true;
}

static bool bind_values(struct session *s, const struct gh_json *values, const struct gh_json *types, struct bindings *b, struct gh_str *error)
{
  for (uint32_t i = 0; values && i < values->n; i++) {
    struct gh_value value;
    if (!gh_typed_read(&s->arena, &values->items[i], &value)) {
      *error = error_text(s, "no typed value is bound to", values->items[i].name);
      return false;
    }
    struct gh_type type = gh_typed_type(&s->arena, value);
    if (!type_of(s, types, values->items[i].name, &type, error)) return false;
    bind(b, values->items[i].name, type, value);
  }
  return true;
}

/* Names that have a type but no value: absent. */
static bool bind_types(struct session *s, const struct gh_json *values, const struct gh_json *types, struct bindings *b, struct gh_str *error)
{
  for (uint32_t i = 0; types && i < types->n; i++) {
    struct gh_type type;
    bool bound = false;
    for (uint32_t j = 0; values && j < values->n; j++) bound |= gh_str_eq(values->items[j].name, types->items[i].name);
    if (bound) continue;
    if (!type_of(s, types, types->items[i].name, &type, error)) return false;
    bind(b, types->items[i].name, type, gh_absent());
  }
  return true;
}

/* An object, or nothing; false: something else. */
static bool object_of(const struct gh_json *tree, const char *name, const struct gh_json **out)
{
  *out = gh_json_item(tree, name);
  if (*out && (*out)->kind == GH_JSON_NULL) *out = NULL;
  return !*out || (*out)->kind == GH_JSON_OBJECT;
}

static struct gh_value refuse(struct session *s, const char *message) { return gh_error(gh_arena_str(&s->arena, gh_str(message))); }

static struct gh_value compile_and_evaluate(struct session *s, const struct gh_json *tree, struct gh_str text, const struct bindings *b)
{
  struct gh_cel_fault fault = {0};
  const struct gh_json *container = gh_json_item(tree, "container"), *unchecked = gh_json_item(tree, "disable_check");
  struct gh_cel_options options = {.unchecked = unchecked && unchecked->b};
  if (container && container->kind == GH_JSON_STRING) options.container = container->text;
  struct gh_program *program = gh_cel_compile(b->env, &s->arena, text, options, &fault);
  return program ? evaluate(s, program, b) : gh_error(fault.message);
}

static struct gh_value run_case(struct session *s, struct gh_str line)
{
  const char *why;
  size_t offset;
  const struct gh_json *values, *types, *tree = gh_json_read(&s->arena, line, &why, &offset);
  if (!tree) return gh_error(gh_arena_fmt(&s->arena, "no case: at byte %zu: %s", offset, why));
  const struct gh_json *expr = gh_json_item(tree, "expr");
  if (!expr || expr->kind != GH_JSON_STRING) return refuse(s, "no case: \"expr\" must be a string");
  if (!object_of(tree, "bindings", &values) || !object_of(tree, "type_env", &types))
    return refuse(s, "no case: \"bindings\" and \"type_env\" must be objects");
  struct bindings b = bindings_new(s, (values ? values->n : 0) + (types ? types->n : 0));
  struct gh_str error;
  if (!bind_values(s, values, types, &b, &error) || !bind_types(s, values, types, &b, &error)) return gh_error(error);
  return compile_and_evaluate(s, tree, expr->text, &b);
}

static void print_case(struct gh_buf *out, struct gh_value v)
{
  gh_buf_clear(out);
  if (v.kind == GH_ERROR) {
    gh_buf_add_str(out, GH_STR("{\"error\":"));
    gh_json_safe(out, gh_text(v));
  } else if (v.kind == GH_ABSENT) {
    gh_buf_add_str(out, GH_STR("{\"error\":\"no value\""));
  } else {
    gh_buf_add_str(out, GH_STR("{\"value\":"));
    gh_typed_write(out, v);
  }
  gh_buf_add_str(out, GH_STR("}\n"));
  fwrite(out->data, 1, out->len, stdout);
}

static bool is_blank(struct gh_str line)
{
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] != ' ' && line.ptr[i] != '\t') return false;
  return true;
}

static struct gh_str trimmed(const char *line, ssize_t len)
{
  while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) len--;
  return gh_str_n(line, (size_t)len);
}

static void run_lines(struct session *s, FILE *in)
{
  char *line = NULL;
  size_t cap = 0;
  struct gh_buf out = {0};
  for (ssize_t len; (len = getline(&line, &cap, in)) >= 0;) {
    struct gh_str text = trimmed(line, len);
    if (is_blank(text)) continue;
    session_reset(s);
    print_case(&out, run_case(s, text));
    if (in == stdin) fflush(stdout); /* whoever asks line by line waits for it */
  }
  free(line);
  gh_buf_free(&out);
}

static int run_cases(struct session *s, const char *path)
{
  bool from_stdin = strcmp(path, "-") == 0;
  FILE *in = from_stdin ? stdin : fopen(path, "r");
  if (!in) {
    fprintf(stderr, "goldhour eval: %s: %s\n", path, strerror(errno));
    return GH_EXIT_FAILED;
  }
  run_lines(s, in);
  bool failed = ferror(in) != 0;
  if (failed) fprintf(stderr, "goldhour eval: %s: %s\n", path, strerror(errno));
  if (!from_stdin) fclose(in);
  if (fflush(stdout) == 0 && !failed) return 0;
  if (!failed) fprintf(stderr, "goldhour eval: standard output: %s\n", strerror(errno));
  return GH_EXIT_FAILED;
}

/* One expression. */

static bool bind_option(struct session *s, const char *option, struct bindings *b)
{
  const char *equals = strchr(option, '='), *why = "not a value";
  size_t offset = 0;
  if (!equals || equals == option) {
    fprintf(stderr, "goldhour eval: --bind %s: expected NAME=JSON\n", option);
    return false;
  }
  const struct gh_json *tree = gh_json_read(&s->arena, gh_str(equals + 1), &why, &offset);
  struct gh_value value;
  if (!tree || !gh_plain_read(&s->arena, tree, &value)) {
    fprintf(stderr, "goldhour eval: --bind %s: at byte %zu of the JSON: %s\n", option, offset, why);
    return false;
  }
  bind(b, gh_str_n(option, (size_t)(equals - option)), gh_typed_type(&s->arena, value), value);
  return true;
}

static int print_fault(const char *expression, const struct gh_cel_fault *fault)
{
  struct gh_faults faults;
  struct gh_buf out = {0};
  gh_faults_init(&faults);
  struct gh_fault *f = gh_fault(&faults, (struct gh_spot){0}, "%.*s", GH_FMT(fault->message));
  f->hint = fault->hint;
  f->excerpt = gh_fault_caret(&faults, gh_str(expression), fault->offset);
  gh_fault_print(f, &out);
  fwrite(out.data, 1, out.len, stderr);
  gh_buf_free(&out);
  gh_faults_free(&faults);
  return GH_EXIT_FAILED;
}

static int print_value(struct gh_value v)
{
  if (v.kind == GH_ERROR) {
    fprintf(stderr, "error: %.*s\n", GH_FMT(gh_text(v)));
    return GH_EXIT_FAILED;
  }
  struct gh_buf out = {0};
  if (v.kind == GH_ABSENT) gh_buf_add_str(&out, GH_STR("(absent)"));
  else gh_readable_write(&out, v);
  gh_buf_byte(&out, '\n');
  fwrite(out.data, 1, out.len, stdout);
  gh_buf_free(&out);
  return fflush(stdout) == 0 ? 0 : GH_EXIT_FAILED;
}

static int run_expression(struct session *s, const struct eval_options *o)
{
  struct bindings b = bindings_new(s, o->nbinds);
  for (unsigned i = 0; i < o->nbinds; i++)
    if (!bind_option(s, o->binds[i], &b)) return GH_EXIT_USAGE;
  struct gh_cel_fault fault = {0};
  struct gh_program *program = gh_cel_compile(b.env, &s->arena, gh_str(o->expression), (struct gh_cel_options){0}, &fault);
  return program ? print_value(evaluate(s, program, &b)) : print_fault(o->expression, &fault);
}

/* The command line. */

static int usage_error(const char *message)
{
  fprintf(stderr, "goldhour eval: %s\ntry: goldhour eval --help\n", message);
  return GH_EXIT_USAGE;
}

/* 0 to go on; -1: all is said; else the exit status. */
static int read_options(int argc, char **argv, struct eval_options *o)
{
  static const struct option options[] = {
    {"bind", required_argument, NULL, 'b'}, {"cases", required_argument, NULL, 'c'}, {"zone", required_argument, NULL, 'z'},
    {"help", no_argument, NULL, 'h'}, {0},
  };
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
    case 'b':
      if (o->nbinds == BINDINGS_MAX) return usage_error("too many --bind");
      o->binds[o->nbinds++] = optarg;
      break;
    case 'c': o->cases = optarg; break;
    case 'z': o->zone = optarg; break;
    case 'h': fputs(usage, stdout); return -1;
    default: fputs("try: goldhour eval --help\n", stderr); return GH_EXIT_USAGE;
    }
  }
  if (o->cases) return optind == argc && !o->nbinds ? 0 : usage_error("--cases takes no expression and no --bind");
  if (argc - optind != 1) return usage_error(argc == optind ? "an expression is missing" : "one expression is expected; put it in quotes");
  o->expression = argv[optind];
  return 0;
}

int gh_cmd_eval(int argc, char **argv)
{
  struct eval_options o = {0};
  struct session s;
  int status = read_options(argc, argv, &o);
  if (status) return status < 0 ? 0 : status;
  session_begin(&s);
  s.zone = o.zone ? gh_zones_find(s.zones, gh_str(o.zone)) : NULL;
  if (o.zone && !s.zone) status = usage_error("--zone: there is no such time zone");
  else status = o.cases ? run_cases(&s, o.cases) : run_expression(&s, &o);
  session_end(&s);
  return status;
}
