#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goldhour/sys/sys.h"

/* Appends all that can be read from `fd`; its size is only a guess of how much (a pipe has none). */
static bool read_all(int fd, struct gh_buf *out)
{
  enum { CHUNK = 65536 };
  for (;;) {
    ssize_t n = read(fd, gh_buf_room(out, CHUNK), CHUNK);
    if (n == 0) return true;
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) out->len += (size_t)n;
  }
}

bool gh_file_read(struct gh_arena *arena, const char *path, struct gh_str *out)
{
  struct gh_buf bytes = {0};
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) gh_buf_room(&bytes, (size_t)info.st_size + 1);
  bool ok = read_all(fd, &bytes);
  int why = errno;
  if (ok) *out = gh_arena_str(arena, gh_buf_str(&bytes));
  gh_buf_free(&bytes);
  close(fd);
  errno = why;
  return ok;
}

struct gh_str gh_path_join(struct gh_arena *arena, struct gh_str dir, struct gh_str path)
{
  bool absolute = path.len > 0 && path.ptr[0] == '/';
  if (absolute || dir.len == 0) return gh_arena_str(arena, path);
  const char *slash = dir.ptr[dir.len - 1] == '/' ? "" : "/";
  return gh_arena_fmt(arena, "%.*s%s%.*s", GH_FMT(dir), slash, GH_FMT(path));
}

bool gh_files_glob(struct gh_arena *arena, struct gh_str pattern, struct gh_str **paths, size_t *n)
{
  glob_t found;
  int rc = glob(gh_arena_str(arena, pattern).ptr, 0, NULL, &found); /* sorted by bytes: the program never sets a locale */
  *paths = NULL;
  *n = 0;
  if (rc == GLOB_NOMATCH) return true;
  if (rc != 0) {
    errno = rc == GLOB_NOSPACE ? ENOMEM : EIO;
    return false;
  }
  *n = found.gl_pathc;
  *paths = gh_arena_zero(arena, *n, sizeof **paths);
  for (size_t i = 0; i < *n; i++) (*paths)[i] = gh_arena_str(arena, gh_str(found.gl_pathv[i]));
  globfree(&found);
  return true;
}

uint64_t gh_rss_bytes(void)
{
  unsigned long long total, resident;
  FILE *f = fopen("/proc/self/statm", "re");
  if (!f) return 0;
  int n = fscanf(f, "%llu %llu", &total, &resident);
  fclose(f);
  return n == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
