/* Any text as goldhour.yaml and as schema.yaml: it is read, or it has a fault with a place; and faults can be shown. */
#include "fuzz.h"

#include <stdlib.h>

#include "goldhour/base/buf.h"
#include "goldhour/conf/conf.h"

const char *const gh_fuzz_seeds[] = {
  "zone: Asia/Shanghai\ncalendar: china\nbusiness_hours: {open: '09:00', close: '18:00'}\ncutoff: '17:00'\nlateness: 2s\nlate_limit: 1d\n"
  "schema: schema.yaml\nrules: [rules.yaml, 'more/*.yaml']\nsource: {file: {path: events.jsonl}}\nstore: {sqlite: {path: goldhour.db}}\nsink: stdout\n",
  "schema: s\nrules: r\nrecord_bytes: 64MB\nbatch_events: 1024\nsource: {kafka: {}}\nprofiles: {file: {path: p.csv}}\nsink: [{file: {path: x}}]\n",
  "schema: s\nrules: r\nsource: {kafka: {brokers: 'k1:9092,[::1]', topics: [a, b], group: g, start: 2026-03-02T09:15:00+08:00, lost: stop, session: 10s,\n"
  "  tls: {ca: c, cert: d, key: k, verify_host: false}, sasl: {mechanism: PLAIN, user: u, password_file: p}, properties: {client.id: x, group.id: y}}}\n"
  "store: {redis: {url: 'rediss://u@h:1/2', name: n, keep: 1h, timeout: 5s}}\nstate_bytes: 8GB\n",
  "schema: s\nrules: r\nstore: {redis: {sentinel: {master: m, nodes: [s1, '[::1]:2']}, db: 1}}\nsink: [{redis: {stream: l, cluster: [c:1, d]}}, {kafka: {topic: t, brokers: k}},\n"
  "  {webhook: {url: 'https://u@h:8/p?q', secret_file: f, tls: true}}, stdout, {file: {path: x}}]\nsink_behind: 1000\n",
  "customer: {name: string, age: int, aum: decimal(2), tags: list(string)}\nevents:\n  payroll_credit: {amount: decimal(2), employer: string?}\n"
  "  工资入账: {at: timestamp, on: date?, ok: bool, rate: double}\n",
  "a: &x [1, 2]\nb: *x\nc: !!str 1\n---\nd: |\n  text\ne: >-\n  more\n? f\n: \"\\u4e2d\\x41\"\n",
  "\xef\xbb\xbf# comment\nkey: 'quo''ted'\r\nlist:\n- a\n- {b: c}\n",
  NULL,
};

static void show(const struct gh_faults *faults)
{
  struct gh_buf text = {0};
  for (const struct gh_fault *f = faults->first; f; f = f->next) {
    if (f->message.len == 0 || f->at.file.len == 0) abort();
    gh_fault_print(f, &text);
  }
  gh_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gh_str text = {(const char *)data, size};
  for (int as_schema = 0; as_schema < 2; as_schema++) {
    struct gh_arena arena;
    struct gh_faults faults;
    struct gh_conf conf;
    gh_arena_init(&arena, 0);
    gh_faults_init(&faults);
    bool good = as_schema ? gh_schema_parse(&arena, GH_STR("schema.yaml"), text, &faults) != NULL : gh_conf_parse(&conf, &arena, GH_STR("goldhour.yaml"), text, &faults);
    if (good != (faults.errors == 0)) abort();
    show(&faults);
    gh_faults_free(&faults);
    gh_arena_free(&arena);
  }
  return 0;
}
