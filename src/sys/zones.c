/* Loads the system's zone database: some 1,300 names, most of them links to a few hundred small files. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/sys/sys.h"

enum { LONGEST_NAME = 256, LARGEST_FILE = 1 << 18, DEEPEST = 4 };

struct walk {
  struct gh_zones *zones;
  char *bytes;             /* LARGEST_FILE, shared by all reads */
  char name[LONGEST_NAME]; /* of the zone at hand, from the database's root: `Asia/Shanghai` */
};

static void add_file(struct walk *w, int dir, const char *entry)
{
  int fd = openat(dir, entry, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t n = read(fd, w->bytes, LARGEST_FILE);
  close(fd);
  if (n < 44 || memcmp(w->bytes, "TZif", 4) != 0) return; /* the database's tables and lists stand among the zones */
  gh_zones_add(w->zones, gh_str(w->name), gh_str_n(w->bytes, (size_t)n));
}

/* Copies of the whole database that count leap seconds or not, and entries that are no zones. */
static bool skipped(const char *entry)
{
  static const char *const names[] = {".", "..", "posix", "right", "posixrules", "localtime"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(entry, names[i]) == 0) return true;
  return false;
}

static bool is_folder(int dir, const struct dirent *e)
{
  struct stat info;
  if (e->d_type == DT_DIR) return true;
  if (e->d_type == DT_REG) return false;
  return fstatat(dir, e->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static void walk_folder(struct walk *w, int fd, size_t prefix, unsigned depth);

static void visit(struct walk *w, int dir, const struct dirent *e, size_t prefix, unsigned depth)
{
  if (skipped(e->d_name)) return;
  int n = snprintf(w->name + prefix, LONGEST_NAME - prefix, "%s", e->d_name);
  if (n < 0 || (size_t)n + 2 > LONGEST_NAME - prefix) return;
  if (!is_folder(dir, e)) {
    add_file(w, dir, e->d_name);
    return;
  }
  int fd = depth < DEEPEST ? openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  w->name[prefix + (size_t)n] = '/';
  walk_folder(w, fd, prefix + (size_t)n + 1, depth + 1);
}

/* Takes `fd`. */
static void walk_folder(struct walk *w, int fd, size_t prefix, unsigned depth)
{
  DIR *d = fdopendir(fd);
  if (!d) {
    close(fd);
    return;
  }
  for (struct dirent *e; (e = readdir(d));) visit(w, dirfd(d), e, prefix, depth);
  closedir(d);
}

struct gh_zones *gh_zones_load(void)
{
  const char *root = getenv("TZDIR");
  struct walk w = {.zones = gh_zones_new(), .bytes = malloc(LARGEST_FILE)};
  int fd = open(root && *root ? root : "/usr/share/zoneinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && w.bytes) walk_folder(&w, fd, 0, 0);
  else if (fd >= 0) close(fd);
  free(w.bytes);
  return w.zones;
}
