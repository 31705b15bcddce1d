/* What the checks before `run` share: a file that the configuration names, as it is found in the file system. */
#ifndef GH_CLI_RUNNABLE_H
#define GH_CLI_RUNNABLE_H

#include <sys/stat.h>

#include "goldhour/conf/conf.h"

struct gh_look {
  const struct gh_conf *conf;
  struct gh_faults *faults;
};

struct gh_named_file {
  const char *key;
  struct gh_path named; /* of goldhour.yaml; empty: this edge is no file */
  const char *path;     /* from where the program stands; in the arena of the faults */
  struct stat stat;
  bool there;
  int error;            /* why it cannot be found: errno */
};

/* Where in goldhour.yaml, so that a fault may outlive the configuration. */
struct gh_spot gh_look_spot(const struct gh_look *l, struct gh_spot at);
struct gh_named_file gh_look_at(const struct gh_look *l, const char *key, struct gh_path named);
/* Passwords, keys and certificates. False with a fault; what is not there yet, or for everybody's eyes, is a warning. */
bool gh_look_secrets(const struct gh_look *l);

#endif
