/* What goldhour.yaml says of Kafka becomes librdkafka's properties; what is wrong with it is told by the file or property that is. */
#include "scratch.h"

#include "goldhour/kafka/kafka.h"

static int make_dir(void **state)
{
  (void)state;
  return make_scratch();
}

static struct gh_path put(const char *name, const char *text)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
  return (struct gh_path){.text = gh_str(name)};
}

static void has(rd_kafka_conf_t *conf, const char *name, const char *value)
{
  char found[512];
  size_t size = sizeof found;
  assert_int_equal(rd_kafka_conf_get(conf, name, found, &size), RD_KAFKA_CONF_OK);
  assert_string_equal(found, value);
}

static void brokers_and_properties_are_handed_on(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  struct gh_pair properties[] = {{.name = GH_STR("socket.keepalive.enable"), .value = GH_STR("true")}, {.name = GH_STR("client.id"), .value = GH_STR("bank-7")}};
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1,b:2"), .properties = properties, .nproperties = 2};
  rd_kafka_conf_t *conf = gh_kafka_conf(&c, gh_str(dir), &error);
  assert_non_null(conf);
  has(conf, "bootstrap.servers", "a:1,b:2");
  has(conf, "security.protocol", "plaintext");
  has(conf, "socket.keepalive.enable", "true");
  has(conf, "client.id", "bank-7");
  rd_kafka_conf_destroy(conf);
}

static void what_is_configured_goes_before_ours_but_not_before_what_must_be(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  struct gh_pair properties[] = {{.name = GH_STR("max.partition.fetch.bytes"), .value = GH_STR("1234567")}};
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1"), .properties = properties, .nproperties = 1};
  const struct gh_kafka_property ours[] = {{"fetch.message.max.bytes", "1000"}, {"fetch.wait.max.ms", "77"}, {0}};
  rd_kafka_conf_t *conf = gh_kafka_conf_with(&c, gh_str(dir), ours, &error);
  assert_non_null(conf);
  has(conf, "fetch.message.max.bytes", "1234567"); /* another name of the same */
  has(conf, "fetch.wait.max.ms", "77");
  assert_true(gh_kafka_set(conf, "fetch.message.max.bytes", "2000", &error));
  has(conf, "fetch.message.max.bytes", "2000");
  assert_false(gh_kafka_set(conf, "fetch.wait.max.ms", "soon", &error));
  assert_non_null(strstr(error.text, "fetch.wait.max.ms"));
  rd_kafka_conf_destroy(conf);
}

static void a_password_is_the_first_line_of_its_file(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1"), .sasl = GH_SASL_SCRAM_SHA_512, .user = GH_STR("goldhour"), .password_file = put("password", "s3cret word\r\nsecond line\n")};
  rd_kafka_conf_t *conf = gh_kafka_conf(&c, gh_str(dir), &error);
  assert_non_null(conf);
  has(conf, "security.protocol", "sasl_plaintext");
  has(conf, "sasl.mechanisms", "SCRAM-SHA-512");
  has(conf, "sasl.username", "goldhour");
  has(conf, "sasl.password", "s3cret word");
  rd_kafka_conf_destroy(conf);
}

static void tls_names_its_files(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  char path[128];
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1"), .tls = {.on = true, .ca = put("ca.pem", "x")}, .sasl = GH_SASL_PLAIN, .user = GH_STR("u"), .password_file = put("password", "p")};
  rd_kafka_conf_t *conf = gh_kafka_conf(&c, gh_str(dir), &error);
  assert_non_null(conf);
  snprintf(path, sizeof path, "%s/ca.pem", dir);
  has(conf, "ssl.ca.location", path);
  has(conf, "security.protocol", "sasl_ssl");
  has(conf, "ssl.endpoint.identification.algorithm", "https");
  rd_kafka_conf_destroy(conf);
  c.tls.any_host = true;
  conf = gh_kafka_conf(&c, gh_str(dir), &error);
  has(conf, "ssl.endpoint.identification.algorithm", "none");
  rd_kafka_conf_destroy(conf);
}

static void a_missing_file_is_said_by_its_name(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1"), .tls = {.on = true, .ca = {.text = GH_STR("not-there.pem")}}};
  assert_null(gh_kafka_conf(&c, gh_str(dir), &error));
  assert_non_null(strstr(error.text, "tls.ca"));
  assert_non_null(strstr(error.text, "not-there.pem cannot be read: No such file"));
}

static void a_property_that_nobody_knows_is_said(void **state)
{
  (void)state;
  struct gh_kafka_error error;
  struct gh_pair properties[] = {{.name = GH_STR("fetch.wiat.max.ms"), .value = GH_STR("1")}};
  struct gh_kafka_conf c = {.brokers = GH_STR("a:1"), .properties = properties, .nproperties = 1};
  assert_null(gh_kafka_conf(&c, gh_str(dir), &error));
  assert_non_null(strstr(error.text, "fetch.wiat.max.ms"));
}

static bool tried(struct gh_pair *property, int64_t session_ms, bool *alone, struct gh_kafka_error *error)
{
  const struct gh_pair *which;
  struct gh_kafka_conf c = {.properties = property, .nproperties = 1};
  bool ok = gh_kafka_try_properties(&c, session_ms, &which, error);
  *alone = which == property;
  return ok;
}

/* What would be refused when run begins, without a broker. */
static void properties_are_tried_alone_and_together(void **state)
{
  (void)state;
  bool alone;
  struct gh_kafka_error error;
  struct gh_pair good = {.name = GH_STR("debug"), .value = GH_STR("all")}, unknown = {.name = GH_STR("fetch.wiat.max.ms"), .value = GH_STR("5")},
                 wrong = {.name = GH_STR("linger.ms"), .value = GH_STR("soon")}, poll = {.name = GH_STR("max.poll.interval.ms"), .value = GH_STR("5000")},
                 flight = {.name = GH_STR("max.in.flight"), .value = GH_STR("9")};
  assert_true(tried(&good, 10000, &alone, &error));
  assert_true(tried(&good, 0, &alone, &error));
  assert_false(tried(&unknown, 10000, &alone, &error));
  assert_true(alone);
  assert_non_null(strstr(error.text, "fetch.wiat.max.ms"));
  assert_false(tried(&wrong, 0, &alone, &error));
  assert_true(alone);
  assert_false(tried(&poll, 10000, &alone, &error)); /* less than the session */
  assert_false(alone);
  assert_non_null(strstr(error.text, "session.timeout.ms"));
  assert_true(tried(&flight, 10000, &alone, &error));
  assert_false(tried(&flight, 0, &alone, &error)); /* would repeat or reorder leads */
  assert_non_null(strstr(error.text, "idempotence"));
}

static void errors_are_told_in_an_operators_words(void **state)
{
  (void)state;
  assert_non_null(strstr(gh_kafka_words(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED), "grant READ"));
  assert_string_equal(gh_kafka_words(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP), rd_kafka_err2str(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)); /* those nobody can do anything about */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(brokers_and_properties_are_handed_on, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(what_is_configured_goes_before_ours_but_not_before_what_must_be, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(a_password_is_the_first_line_of_its_file, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(tls_names_its_files, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(a_missing_file_is_said_by_its_name, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(a_property_that_nobody_knows_is_said, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(properties_are_tried_alone_and_together, make_dir, remove_dir),
    cmocka_unit_test_setup_teardown(errors_are_told_in_an_operators_words, make_dir, remove_dir),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
