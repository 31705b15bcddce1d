/* What SQLite's codes mean to the one who runs the daemon, and what to do. */
#include <stdarg.h>
#include <stdio.h>

#include "sqlite.h"

bool gh_sqlite_error(struct gh_store_error *error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(error->text, sizeof error->text, format, args);
  va_end(args);
  return false;
}

/* A quota or a limit on file sizes shows as a failed write alone: SQLite keeps no errno for it. */
static bool is_full(struct sqlite_store *s, int rc)
{
  if ((rc & 0xff) == SQLITE_FULL) return true;
  if ((rc & 0xff) != SQLITE_IOERR || !s->db) return false;
  int extended = sqlite3_extended_errcode(s->db);
  return extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_TRUNCATE || extended == SQLITE_IOERR_SHMSIZE;
}

static const char *advice(struct sqlite_store *s, int rc)
{
  if (is_full(s, rc)) {
    return "the disk is full (or a quota or a limit on file sizes is reached): nothing of this batch was written, the store is as after "
        "its last commit; free some space and start again";
  }
  switch (rc & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return "it cannot be written: check owner and mode of the file and of its folder, and that the file system is not "
        "mounted read-only";
    case SQLITE_CANTOPEN: return "it cannot be opened: check that the folder exists, and owner and mode of the file and of its folder";
    case SQLITE_CORRUPT: return "the file is damaged: keep it aside, restore the last backup or begin a new store (docs/operations.md, "
        "Restoring)";
    case SQLITE_NOTADB: return "it is not a Goldhour store: name another path under store.sqlite.path, or move the file away";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program has locked it: close it (only `goldhour` should write to this file)";
    case SQLITE_IOERR: return "the disk reported an error: see the system's log; nothing of this batch was written";
    default: return "nothing of this batch was written, the store is as after its last commit";
  }
}

bool gh_sqlite_fail(struct sqlite_store *s, int rc, const char *doing, struct gh_store_error *error)
{
  return gh_sqlite_error(error, "store %s: %s: %s (SQLite: %s)", s->path, doing, advice(s, rc), s->db ? sqlite3_errmsg(s->db)
      : sqlite3_errstr(rc));
}
