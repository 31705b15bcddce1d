/* check --sample: what the decoder makes of a file of records. */
#ifndef GH_CLI_SAMPLE_H
#define GH_CLI_SAMPLE_H

#include "goldhour/engine/set.h"

/* Decodes the records of `path` ("-": standard input; kcat: its lines are messages as `kcat -J` prints them), prints at most `limit` of what came of them as
 * JSON lines, then the counts. Returns the exit status. */
int gh_cli_sample(const struct gh_set *set, const char *path, bool kcat, unsigned long limit);

#endif
