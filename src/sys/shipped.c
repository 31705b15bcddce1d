#include "goldhour/sys/sys.h"

bool gh_shipped_file(const char *path, struct gh_str *out)
{
  for (size_t i = 0; i < gh_nshipped; i++)
    if (strcmp(gh_shipped[i].path, path) == 0) {
      *out = gh_shipped[i].bytes;
      return true;
    }
  return false;
}
