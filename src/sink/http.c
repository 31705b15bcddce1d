#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goldhour/base/check.h"
#include "goldhour/sys/sys.h"

#define CONNECT_MS 5000
#define ANSWER_BYTES 65536u /* a longer answer ends its connection */
#define DAY_S INT64_C(86400)

struct gh_http {
  CURL *easy;
  CURLM *multi;
  const atomic_bool *cut;
  size_t answered_bytes;
  char error[CURL_ERROR_SIZE];
};

static void start_curl(void) { GH_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }

static size_t pass_over(char *bytes, size_t size, size_t n, void *ctx)
{
  (void)bytes;
  struct gh_http *h = ctx;
  h->answered_bytes += size * n;
  return h->answered_bytes > ANSWER_BYTES ? 0 : size * n;
}

#define SET(h, option, value) GH_CHECK(curl_easy_setopt((h)->easy, option, value) == CURLE_OK)

static bool set_file(struct gh_http *h, CURLoption option, const struct gh_http_options *o, const struct gh_path *path, char error[256])
{
  if (path->text.len == 0) return true;
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  const char *full = gh_path_join(&arena, o->dir, path->text).ptr;
  bool ok = access(full, R_OK) == 0;
  if (!ok) snprintf(error, 256, "%s cannot be read: %s", full, strerror(errno));
  if (ok) SET(h, option, full);
  gh_arena_free(&arena);
  return ok;
}

static bool set_tls(struct gh_http *h, const struct gh_http_options *o, char error[256])
{
  SET(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (o->tls->any_host) SET(h, CURLOPT_SSL_VERIFYHOST, 0L);
  return set_file(h, CURLOPT_CAINFO, o, &o->tls->ca, error) && set_file(h, CURLOPT_SSLCERT, o, &o->tls->cert, error)
      && set_file(h, CURLOPT_SSLKEY, o, &o->tls->key, error);
}

static bool set_url(struct gh_http *h, struct gh_str url, char error[256])
{
  CURLU *parsed = curl_url();
  char *text = strndup(url.ptr ? url.ptr : "", url.len);
  GH_CHECK(parsed && text && "out of memory");
  CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, 0);
  curl_url_cleanup(parsed);
  if (code == CURLUE_OK) SET(h, CURLOPT_URL, text);
  else snprintf(error, 256, "its URL is none: %s", curl_url_strerror(code));
  free(text);
  return code == CURLUE_OK;
}

struct gh_http *gh_http_open(const struct gh_http_options *o, char error[256])
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start_curl);
  struct gh_http *h = calloc(1, sizeof *h);
  GH_CHECK(h && "out of memory");
  h->easy = curl_easy_init();
  h->multi = curl_multi_init();
  GH_CHECK(h->easy && h->multi && "out of memory");
  h->cut = o->cut;
  SET(h, CURLOPT_PROTOCOLS_STR, "http,https");
  SET(h, CURLOPT_PROXY, "");
  SET(h, CURLOPT_NOSIGNAL, 1L);
  SET(h, CURLOPT_QUICK_EXIT, 1L); /* a name that is still being looked up holds nobody up */
  SET(h, CURLOPT_TCP_KEEPALIVE, 1L);
  SET(h, CURLOPT_POST, 1L);
  SET(h, CURLOPT_USERAGENT, "goldhour");
  SET(h, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
  SET(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(o->timeout_ms < CONNECT_MS ? o->timeout_ms : CONNECT_MS));
  SET(h, CURLOPT_WRITEFUNCTION, pass_over);
  SET(h, CURLOPT_WRITEDATA, h);
  SET(h, CURLOPT_ERRORBUFFER, h->error);
  if (set_url(h, o->url, error) && set_tls(h, o, error)) return h;
  gh_http_close(h);
  return NULL;
}

void gh_http_close(struct gh_http *h)
{
  if (!h) return;
  curl_easy_cleanup(h->easy);
  curl_multi_cleanup(h->multi);
  free(h);
}

void gh_http_wake(struct gh_http *h) { (void)curl_multi_wakeup(h->multi); }

/* False: cut off. */
static bool perform(struct gh_http *h)
{
  int running = 1;
  while (running > 0) {
    if (atomic_load(h->cut)) return false;
    GH_CHECK(curl_multi_perform(h->multi, &running) == CURLM_OK);
    if (running > 0) GH_CHECK(curl_multi_poll(h->multi, NULL, 0, 1000, NULL) == CURLM_OK);
  }
  return true;
}

static CURLcode result_of(struct gh_http *h)
{
  int left;
  CURLMsg *m = curl_multi_info_read(h->multi, &left);
  return m && m->msg == CURLMSG_DONE ? m->data.result : CURLE_ABORTED_BY_CALLBACK;
}

/* Of a day at most: whoever waits has a bound of his own. */
static int64_t wished_ms(curl_off_t s) { return s <= 0 ? 0 : (s < DAY_S ? (int64_t)s : DAY_S) * 1000; }

/* Who says yes before all of it was sent cannot have it. */
static bool is_too_early(struct gh_http *h, long status, size_t bytes)
{
  curl_off_t sent = 0;
  (void)curl_easy_getinfo(h->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return status < 300 && (uint64_t)sent < bytes;
}

/* Once its status has come there is an answer, whatever becomes of its body: longer than our patience, broken off, never sent. */
static void read_answer(struct gh_http *h, bool whole, size_t bytes, struct gh_http_answer *a)
{
  CURLcode code = whole ? result_of(h) : CURLE_ABORTED_BY_CALLBACK;
  curl_off_t retry_s = 0;
  if (whole) (void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &a->status);
  bool early = a->status >= 200 && is_too_early(h, a->status, bytes);
  if (a->status >= 200 && !early) {
    (void)curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_s);
    a->retry_ms = wished_ms(retry_s);
    return;
  }
  a->status = 0;
  snprintf(a->why, sizeof a->why, "%s", !whole ? "cut off" : early ? "it said yes before it had all of the request" : h->error[0] ? h->error : curl_easy_strerror(code));
}

struct gh_http_answer gh_http_post(struct gh_http *h, struct gh_str body, const char *const *headers, unsigned nheaders)
{
  struct gh_http_answer answer = {0};
  struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
  list = curl_slist_append(list, "Expect:"); /* no round trip before the body */
  for (unsigned i = 0; i < nheaders; i++) list = curl_slist_append(list, headers[i]);
  GH_CHECK(list && "out of memory");
  h->answered_bytes = 0;
  h->error[0] = '\0';
  SET(h, CURLOPT_HTTPHEADER, list);
  SET(h, CURLOPT_POSTFIELDS, body.ptr);
  SET(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
  GH_CHECK(curl_multi_add_handle(h->multi, h->easy) == CURLM_OK);
  bool whole = perform(h);
  read_answer(h, whole, body.len, &answer);
  GH_CHECK(curl_multi_remove_handle(h->multi, h->easy) == CURLM_OK);
  SET(h, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(list);
  return answer;
}
