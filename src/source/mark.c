#include "mark.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/base/hash.h"

#define MARK_BYTES 256u

uint64_t gh_source_mark(struct gh_str line)
{
  if (line.len > MARK_BYTES) line.len = MARK_BYTES;
  return (gh_hash(line) | 1) << 48;
}

uint64_t gh_source_mark_of(int fd)
{
  char first[MARK_BYTES + 1];
  ssize_t n = pread(fd, first, sizeof first, 0);
  if (n <= 0) return 0;
  const char *newline = memchr(first, '\n', (size_t)n);
  return gh_source_mark(gh_str_n(first, newline ? (size_t)(newline - first) : (size_t)n));
}

static int open_if_it_is(const char *path, uint64_t mark, uint64_t least_bytes)
{
  struct stat st;
  if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size < least_bytes) return -1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && gh_source_mark_of(fd) == mark) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

/* Only names that begin with the file's own: events.jsonl.1, events.jsonl-20260302. */
int gh_source_find_rotated(const char *path, uint64_t mark, uint64_t least_bytes)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  char folder[4096], other[8192];
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(name - path) : 2, slash ? path : "./");
  DIR *d = opendir(folder);
  struct dirent *entry;
  int fd = -1;
  while (d && fd < 0 && (entry = readdir(d))) {
    if (strncmp(entry->d_name, name, strlen(name)) != 0 || strcmp(entry->d_name, name) == 0) continue;
    snprintf(other, sizeof other, "%s%s", folder, entry->d_name);
    fd = open_if_it_is(other, mark, least_bytes);
  }
  if (d) closedir(d);
  return fd;
}
