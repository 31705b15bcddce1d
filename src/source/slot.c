#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define MAX_SLOTS 1000u

/* Kafka takes letters, digits, '.', '_' and '-' in a member's name; a file's name takes no '/'. */
static void plain(char *text)
{
  for (char *c = text; *c; c++) {
    bool ok = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '_' || *c == '-';
    if (!ok) *c = '_';
  }
}

/* systemd may name several runtime directories, with colons between. */
static bool take_folder(char folder[1024], const char *variable)
{
  const char *value = getenv(variable);
  if (!value || !*value) return false;
  snprintf(folder, 1024, "%.*s", (int)strcspn(value, ":"), value);
  return access(folder, W_OK) == 0;
}

static void find_folder(char folder[1024])
{
  if (!take_folder(folder, "RUNTIME_DIRECTORY") && !take_folder(folder, "XDG_RUNTIME_DIR")) snprintf(folder, 1024, "/tmp");
}

/* -1: it is not ours to take. A file of another user counts as taken. */
static int lock_file(const char *path)
{
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

bool gh_slot_take(struct gh_slot *slot, struct gh_str group, struct gh_source_error *error)
{
  char folder[1024], path[2048], host[128] = "", word[160];
  find_folder(folder);
  (void)gethostname(host, sizeof host - 1);
  plain(host);
  snprintf(word, sizeof word, "%.*s", GH_FMT(group));
  plain(word);
  for (unsigned i = 1; i <= MAX_SLOTS; i++) {
    snprintf(path, sizeof path, "%s/goldhour-%s.%u.lock", folder, word, i);
    slot->fd = lock_file(path);
    if (slot->fd < 0 && errno != EWOULDBLOCK && errno != EACCES && errno != EPERM) break;
    if (slot->fd < 0) continue;
    snprintf(slot->name, sizeof slot->name, "goldhour-%s-%u", host, i);
    return true;
  }
  snprintf(error->text, sizeof error->text, "no member's name could be taken: %s: %s: write 'member', or set RUNTIME_DIRECTORY to a folder that can be written", path, strerror(errno));
  return false;
}

void gh_slot_release(struct gh_slot *slot)
{
  if (slot->fd >= 0) close(slot->fd);
  slot->fd = -1;
}
