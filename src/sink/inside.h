/* What a kind of sink provides; sink.c passes calls on. A sink's first member is this struct. */
#ifndef GOLDHOUR_SINK_INSIDE_H
#define GOLDHOUR_SINK_INSIDE_H

#include <stdatomic.h>

#include "goldhour/sink/sink.h"

struct gh_sink_ops {
  bool server;
  bool knows_its_leads;
  unsigned page_leads;                                                                  /* at once, at most */
  void (*close)(struct gh_sink *s);
  bool (*hold)(struct gh_sink *s, unsigned partition, uint64_t last, struct gh_sink_error *error);   /* NULL: nothing to do, as below */
  bool (*begin)(struct gh_sink *s, unsigned partition, struct gh_sink_mark *mark, struct gh_sink_begun *begun, struct gh_sink_error *error);
  enum gh_sink_answer (*write)(struct gh_sink *s, const struct gh_sink_page *page, struct gh_sink_mark *mark, unsigned *taken, struct gh_sink_error *error);
  void (*skip)(struct gh_sink *s, struct gh_sink_mark *mark, uint64_t number);
  void (*forget)(struct gh_sink *s, unsigned partition);
  uint64_t (*breaks)(const struct gh_sink *s);
  void (*cut_off)(struct gh_sink *s);                                                   /* beside setting cut */
};

struct gh_sink {
  const struct gh_sink_ops *ops;
  const struct gh_sink_conf *conf;
  atomic_bool cut;   /* nothing is waited for any more */
};

/* NULL with `error`. */
struct gh_sink *gh_sink_file_open(const struct gh_sink_options *options, struct gh_sink_error *error);
struct gh_sink *gh_sink_stdout_open(const struct gh_sink_options *options, struct gh_sink_error *error);
struct gh_sink *gh_sink_stream_open(const struct gh_sink_options *options, struct gh_sink_error *error);
struct gh_sink *gh_sink_topic_open(const struct gh_sink_options *options, struct gh_sink_error *error);
struct gh_sink *gh_sink_webhook_open(const struct gh_sink_options *options, struct gh_sink_error *error);

/* Notes the fault of this sink, as "NAME: WHAT"; false, for whoever returns it. */
bool gh_sink_fail(const struct gh_sink *s, struct gh_sink_error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
