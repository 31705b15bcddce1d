#include "ops.h"

void gh_source_close(struct gh_source *s)
{
  if (s) s->ops->close(s);
}

enum gh_source_answer gh_source_next(struct gh_source *s, struct gh_source_record *record) { return s->ops->next(s, record); }
uint64_t gh_source_at_end_ns(const struct gh_source *s) { return s->ops->at_end_ns(s); }
uint64_t gh_source_skipped(const struct gh_source *s) { return s->ops->skipped(s); }
bool gh_source_replaced(const struct gh_source *s) { return s->ops->replaced(s); }
int gh_source_wait_fd(const struct gh_source *s) { return s->ops->wait_fd(s); }
void gh_source_wait(const struct gh_source *s) { s->ops->wait(s); }
const char *gh_source_failure(const struct gh_source *s) { return s->ops->failure(s); }
