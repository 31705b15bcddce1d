/* The webhook: what is sent, and what every kind of answer means. */
#include "scratch.h"

#include <signal.h>
#include <time.h>

#include "goldhour/sink/sink.h"
#include "http_server.h"

static struct gh_sink_conf conf;
static char url[128], secret[128];
static struct gh_sink *sink;
static struct gh_sink_error fault;
static unsigned taken;

static int make_dir(void **state)
{
  (void)state;
  if (make_scratch() != 0) return -1;
  snprintf(secret, sizeof secret, "%s/secret", dir);
  conf = (struct gh_sink_conf){.kind = GH_SINK_WEBHOOK, .name = GH_STR("webhook:http://127.0.0.1/hook"), .timeout_ms = 10000};
  return 0;
}

static void put_secret(const char *text)
{
  FILE *f = fopen(secret, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
  conf.secret_file.text = gh_str(secret);
}

static void open_hook(answer_fn *answer)
{
  start_server(answer);
  snprintf(url, sizeof url, "http://user:pass@127.0.0.1:%u/hook?key=1", server.port);
  conf.url = gh_str(url);
  sink = gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &fault);
  if (!sink) fail_msg("%s", fault.text);
}

static void close_hook(void)
{
  gh_sink_close(sink);
  stop_server();
}

static struct gh_sink_lead leads[100];
static char texts[100][2][40];

static enum gh_sink_answer write_leads(unsigned first, unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    snprintf(texts[i][0], 40, "id%u", first + i);
    snprintf(texts[i][1], 40, "{\"id\":\"id%u\"}", first + i);
    leads[i] = (struct gh_sink_lead){first + i, gh_str(texts[i][0]), gh_str(texts[i][1])};
  }
  struct gh_sink_mark mark = {.number = first - 1};
  fault = (struct gh_sink_error){.wait_ms = 0};
  return gh_sink_write(sink, &(struct gh_sink_page){0, leads, n}, &mark, &taken, &fault);
}

static const char *header(unsigned request, const char *name)
{
  const char *at = strstr(server.requests[request].head, name);
  return at ? at + strlen(name) : "";
}

static int always_200(const struct request *r, unsigned nth) { return (void)r, (void)nth, 200; }

static void a_page_is_one_signed_request(void **state)
{
  (void)state;
  put_secret("s3cret\r\nsecond line\n");
  open_hook(always_200);
  assert_int_equal(write_leads(1, 2), GH_SINK_TAKEN);
  assert_int_equal(taken, 2);
  assert_int_equal(atomic_load(&server.nrequests), 1);
  struct request *r = &server.requests[0];
  assert_string_equal(r->body, "{\"leads\":[{\"id\":\"id1\"},{\"id\":\"id2\"}]}");
  assert_int_equal(strncmp(r->head, "POST /hook?key=1 HTTP/1.1\r\n", 27), 0);
  assert_non_null(strstr(r->head, "Content-Type: application/json\r\n"));
  assert_null(strstr(r->head, "Expect"));
  assert_int_equal(strncmp(header(0, "X-Goldhour-Signature: "), "t=", 2), 0);
  char command[1024], told[80] = "", computed[80] = "";
  const char *t = header(0, "X-Goldhour-Signature: ") + 2, *v1 = strstr(t, ",v1=") + 4;
  snprintf(told, sizeof told, "%.64s", v1);
  snprintf(command, sizeof command, "printf '%%s.%%s' '%.*s' '%s' | openssl dgst -sha256 -hmac s3cret -r", (int)(v1 - 4 - t), t, r->body);
  FILE *p = popen(command, "r");
  assert_int_equal(fread(computed, 1, 64, p), 64);
  pclose(p);
  assert_string_equal(told, computed);
  close_hook();
}

static void the_same_leads_have_the_same_key_and_one_connection(void **state)
{
  (void)state;
  open_hook(always_200);
  write_leads(1, 3);
  write_leads(1, 3);
  write_leads(2, 3);
  write_leads(7, 1);
  assert_int_equal(atomic_load(&server.nrequests), 4);
  assert_int_equal(strncmp(header(0, "Idempotency-Key: "), header(1, "Idempotency-Key: "), 32), 0);
  assert_int_not_equal(strncmp(header(0, "Idempotency-Key: "), header(2, "Idempotency-Key: "), 32), 0);
  assert_int_equal(strncmp(header(3, "Idempotency-Key: "), "id7\r\n", 5), 0);
  assert_string_equal(header(0, "X-Goldhour-Signature: "), "");
  assert_int_equal(server.connections, 1);
  close_hook();
}

static void a_new_secret_is_taken_up(void **state)
{
  (void)state;
  put_secret("one");
  open_hook(always_200);
  write_leads(1, 1);
  char other[160];
  snprintf(other, sizeof other, "%s/secret.new", dir);
  FILE *f = fopen(other, "w");
  fputs("another", f);
  fclose(f);
  assert_int_equal(rename(other, secret), 0);
  write_leads(1, 1);
  assert_int_equal(unlink(secret), 0);
  write_leads(1, 1); /* the one before goes on */
  const char *first = strstr(header(0, "X-Goldhour-Signature: "), "v1="), *second = strstr(header(1, "X-Goldhour-Signature: "), "v1=");
  const char *third = strstr(header(2, "X-Goldhour-Signature: "), "v1=");
  assert_int_not_equal(strncmp(first, second, 67), 0);
  assert_true(strlen(third) >= 67);
  close_hook();
}

static int refuses_id5(const struct request *r, unsigned nth) { return (void)nth, strstr(r->body, "\"id5\"") ? 422 : 202; }

static void a_refused_lead_is_found_alone(void **state)
{
  (void)state;
  open_hook(refuses_id5);
  assert_int_equal(write_leads(1, 20), GH_SINK_REFUSED);
  assert_int_equal(taken, 4);
  assert_non_null(strstr(fault.text, "422"));
  assert_null(strstr(fault.text, "pass"));
  assert_int_equal(write_leads(6, 15), GH_SINK_TAKEN);
  assert_int_equal(taken, 15);
  close_hook();
}

static int refuses_all(const struct request *r, unsigned nth) { return (void)r, (void)nth, 400; }

static void where_all_are_refused_each_costs_one_request_but_the_first(void **state)
{
  (void)state;
  open_hook(refuses_all);
  for (unsigned i = 0; i < 50; i++) {
    assert_int_equal(write_leads(i + 1, 50 - i), GH_SINK_REFUSED);
    assert_int_equal(taken, 0);
  }
  assert_true(atomic_load(&server.nrequests) < 50 + 8);
  close_hook();
}

static int in_turn(const struct request *r, unsigned nth)
{
  static const int statuses[] = {200, 429, 503, 408, 401, 403, 404, 302, 500, CUT, CUT, 200}; /* cut once on a kept connection: asked again on a new one */
  (void)r;
  return statuses[nth];
}

/* Not a lead's fault: all of them wait. */
static void the_endpoints_trouble_refuses_no_lead(void **state)
{
  (void)state;
  open_hook(in_turn);
  server.extra = "Retry-After: 7\r\nLocation: /elsewhere\r\n";
  assert_int_equal(write_leads(1, 2), GH_SINK_TAKEN);
  static const char *const told[] = {"429", "503", "408", "our secret", "our secret", "address", "redirects", "500", "no answer"};
  for (unsigned i = 0; i < sizeof told / sizeof *told; i++) {
    assert_int_equal(write_leads(3, 2), GH_SINK_FAILED);
    assert_int_equal(taken, 0);
    if (!strstr(fault.text, told[i])) fail_msg("%s: %s", told[i], fault.text);
    assert_int_equal(fault.wait_ms, i < 8 ? 7000 : 0);
  }
  assert_int_equal(write_leads(3, 2), GH_SINK_TAKEN);
  close_hook();
}

/* 20 MB of answer: not read to its end, and an answer all the same. */
static void a_long_answer_is_not_kept(void **state)
{
  (void)state;
  open_hook(always_200);
  server.answer_bytes = 20 << 20;
  assert_int_equal(write_leads(1, 2), GH_SINK_TAKEN);
  assert_int_equal(write_leads(3, 2), GH_SINK_TAKEN);
  close_hook();
}

/* What it says behind its status is passed over, broken or not. */
static void an_answer_whose_body_breaks_off_is_an_answer(void **state)
{
  (void)state;
  open_hook(refuses_id5);
  server.answer_bytes = 10;
  server.promised_bytes = 100;
  assert_int_equal(write_leads(1, 2), GH_SINK_TAKEN);
  assert_int_equal(write_leads(1, 20), GH_SINK_REFUSED);
  assert_int_equal(taken, 4);
  close_hook();
}

/* It cannot have what it has not read. */
static void yes_before_the_request_is_sent_is_no_answer(void **state)
{
  (void)state;
  static char json[8 << 20];
  memset(json, ' ', sizeof json);
  const struct gh_sink_lead lead = {1, GH_STR("id1"), {json, sizeof json}};
  struct gh_sink_mark mark = {0};
  open_hook(always_200);
  server.early = true;
  server.promised_bytes = 100;
  assert_int_equal(gh_sink_write(sink, &(struct gh_sink_page){0, &lead, 1}, &mark, &taken, &fault), GH_SINK_FAILED);
  assert_int_equal(taken, 0);
  close_hook();
}

static void an_answer_whose_body_hangs_is_an_answer(void **state)
{
  (void)state;
  conf.timeout_ms = 300;
  open_hook(always_200);
  server.promised_bytes = 100;
  server.hangs = true;
  assert_int_equal(write_leads(1, 2), GH_SINK_TAKEN);
  close_hook();
}

static int says_503(const struct request *r, unsigned nth) { return (void)r, (void)nth, 503; }

static int64_t wait_after(const char *retry)
{
  static char line[128];
  snprintf(line, sizeof line, "Retry-After: %s\r\n", retry);
  server.extra = *retry ? line : NULL;
  assert_int_equal(write_leads(1, 2), GH_SINK_FAILED);
  return fault.wait_ms;
}

static void the_wish_to_wait_has_several_forms(void **state)
{
  (void)state;
  char date[64];
  time_t soon = time(NULL) + 100;
  open_hook(says_503);
  assert_int_equal(wait_after("120"), 120000);
  assert_int_equal(wait_after(""), 0);
  assert_int_equal(wait_after("0"), 0);
  assert_int_equal(wait_after("-5"), 0);
  assert_int_equal(wait_after("soon"), 0);
  assert_true(wait_after("172800") >= 600000); /* two days: as long as we ever wait, not at once */
  assert_true(wait_after("99999999999999999999") >= 0);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&soon));
  int64_t ms = wait_after(date);
  assert_true(ms > 30000 && ms <= 100000);
  assert_int_equal(wait_after("Fri, 07 Nov 2014 23:59:59 GMT"), 0);
  assert_true(wait_after("Fri, 07 Nov 2098 23:59:59 GMT") >= 600000);
  close_hook();
}

static int hangs(const struct request *r, unsigned nth) { return (void)r, (void)nth, HANG; }

static void *cut_soon(void *arg)
{
  (void)arg;
  while (atomic_load(&server.nrequests) == 0) usleep(1000);
  gh_sink_cut_off(sink);
  return NULL;
}

static void what_hangs_is_cut_off_at_once(void **state)
{
  (void)state;
  pthread_t other;
  struct timespec before, after;
  conf.timeout_ms = 60000;
  open_hook(hangs);
  clock_gettime(CLOCK_MONOTONIC, &before);
  pthread_create(&other, NULL, cut_soon, NULL);
  assert_int_equal(write_leads(1, 2), GH_SINK_FAILED);
  clock_gettime(CLOCK_MONOTONIC, &after);
  pthread_join(other, NULL);
  assert_true(after.tv_sec - before.tv_sec < 20);
  close_hook();
}

static void a_server_that_hangs_is_a_time_out(void **state)
{
  (void)state;
  conf.timeout_ms = 100;
  open_hook(hangs);
  assert_int_equal(write_leads(1, 2), GH_SINK_FAILED);
  assert_non_null(strstr(fault.text, "no answer"));
  close_hook();
}

static void nobody_there_is_no_fault_of_opening(void **state)
{
  (void)state;
  open_hook(always_200);
  stop_server();
  assert_int_equal(write_leads(1, 2), GH_SINK_FAILED);
  gh_sink_close(sink);
}

static void faults_of_the_configuration_are_said(void **state)
{
  (void)state;
  conf.url = GH_STR("http://127.0.0.1:1/");
  conf.secret_file.text = gh_str(secret);
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &fault));
  assert_non_null(strstr(fault.text, "cannot be read"));
  put_secret("\n");
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &fault));
  assert_non_null(strstr(fault.text, "is empty"));
  put_secret("x");
  conf.tls.ca.text = GH_STR("/none/ca.pem");
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &fault));
  assert_non_null(strstr(fault.text, "/none/ca.pem cannot be read"));
  conf.tls.ca.text = (struct gh_str){0};
  conf.url = GH_STR("http://[");
  assert_null(gh_sink_open(&(struct gh_sink_options){.conf = &conf}, &fault));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  const struct CMUnitTest tests[] = {
      STORY(a_page_is_one_signed_request), STORY(the_same_leads_have_the_same_key_and_one_connection), STORY(a_new_secret_is_taken_up),
      STORY(a_refused_lead_is_found_alone), STORY(where_all_are_refused_each_costs_one_request_but_the_first), STORY(the_endpoints_trouble_refuses_no_lead),
      STORY(a_long_answer_is_not_kept), STORY(an_answer_whose_body_breaks_off_is_an_answer), STORY(an_answer_whose_body_hangs_is_an_answer), STORY(yes_before_the_request_is_sent_is_no_answer),
      STORY(the_wish_to_wait_has_several_forms), STORY(what_hangs_is_cut_off_at_once), STORY(a_server_that_hangs_is_a_time_out),
      STORY(nobody_there_is_no_fault_of_opening), STORY(faults_of_the_configuration_are_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
