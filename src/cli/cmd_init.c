/* goldhour init: writes a small project from the files built into the program. Nothing that is there is touched. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "goldhour/sys/sys.h"

#define SHIPPED "init/"

static const char usage[] =
    "usage: goldhour init DIR\n\n"
    "Writes a small working project into DIR: configuration, schema, rules with their tests, a few customers and events.\n"
    "Files that are there are never overwritten.\n";

/* Calls `each` for every file of the project with its path in DIR; stops at the first that answers false. */
static bool for_each(struct gh_arena *arena, const char *dir, bool (*each)(const char *path, struct gh_str bytes))
{
  for (size_t i = 0; i < gh_nshipped; i++) {
    if (strncmp(gh_shipped[i].path, SHIPPED, strlen(SHIPPED)) != 0) continue;
    struct gh_str path = gh_path_join(arena, gh_str(dir), gh_str(gh_shipped[i].path + strlen(SHIPPED)));
    if (!each(path.ptr, gh_shipped[i].bytes)) return false;
  }
  return true;
}

static bool say(const char *path)
{
  fprintf(stderr, "goldhour init: %s: %s\n", path, strerror(errno));
  return false;
}

static bool is_free(const char *path, struct gh_str bytes)
{
  struct stat info;
  (void)bytes;
  if (lstat(path, &info) == 0) {
    fprintf(stderr, "goldhour init: %s is there already; nothing was written\n", path);
    return false;
  }
  return errno == ENOENT || say(path);
}

/* Makes the folders above `path`. */
static bool make_folders(const char *path)
{
  char folder[4096];
  if (strlen(path) >= sizeof folder) {
    errno = ENAMETOOLONG;
    return say(path);
  }
  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) return say(folder);
  }
  return true;
}

static bool write_file(const char *path, struct gh_str bytes)
{
  if (!make_folders(path)) return false;
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return say(path);
  bool good = true;
  for (size_t at = 0; good && at < bytes.len;) {
    ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
    good = n > 0 || errno == EINTR;
    if (n > 0) at += (size_t)n;
  }
  if (!good) say(path);
  if (close(fd) != 0 && good) good = say(path);
  if (good) printf("  %s\n", path);
  return good;
}

static void say_next(const char *dir)
{
  printf("\nNow try:\n\n"
         "  cd %s\n"
         "  goldhour check                                                        # every fault, with its place\n"
         "  goldhour test                                                         # the rule tests beside the rules\n"
         "  goldhour replay --events events.jsonl --profiles customers.jsonl      # the leads of these events\n"
         "  goldhour explain --event e08                                          # why, rule by rule\n"
         "  goldhour run --until-end                                              # the daemon over the file\n",
         dir);
}

int gh_cmd_init(int argc, char **argv)
{
  static const struct option longs[] = {{"help", no_argument, NULL, 'h'}, {0}};
  int c = getopt_long(argc, argv, "h", longs, NULL);
  if (c == 'h') {
    fputs(usage, stdout);
    return 0;
  }
  if (c != -1 || optind + 1 != argc || !argv[optind][0]) {
    fputs(usage, stderr);
    return GH_EXIT_USAGE;
  }
  struct gh_arena arena;
  gh_arena_init(&arena, 0);
  const char *dir = argv[optind];
  bool good = for_each(&arena, dir, is_free) && for_each(&arena, dir, write_file);
  if (good) say_next(dir);
  gh_arena_free(&arena);
  return good ? 0 : GH_EXIT_FAILED;
}
