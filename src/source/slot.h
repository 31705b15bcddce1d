/* The name of a static group member: HOST and the number of the first slot that no living process of this host holds. */
#ifndef GH_SOURCE_SLOT_H
#define GH_SOURCE_SLOT_H

#include "goldhour/source/source.h"

struct gh_slot { char name[250]; int fd; };

/* Takes `goldhour-HOST-SLOT`, the lowest free slot: a lock on a file named by the group, which the kernel lets go when the process dies, however it does. The files lie
 * in $RUNTIME_DIRECTORY, else $XDG_RUNTIME_DIR, else /tmp. False with `error`. */
bool gh_slot_take(struct gh_slot *slot, struct gh_str group, struct gh_source_error *error);
void gh_slot_release(struct gh_slot *slot);

#endif
