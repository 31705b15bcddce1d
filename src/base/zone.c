/* TZif files (RFC 8536): a table of changes of offset, and a POSIX rule for the time behind the table's end.
 *
 * A zone is read once into two flat arrays; looking up an offset is a binary search, or none at all behind the last change of a zone without
 * daylight saving, which is every bank day of Asia/Shanghai.
 */
#include "goldhour/base/zone.h"

#include <stdlib.h>

#include "goldhour/base/check.h"
#include "goldhour/base/hash.h"
#include "goldhour/base/time.h"

#include "posix_zone.h"

/* RFC 8536, 3.2: an offset lies between -25 h and +26 h. */
enum { OFFSET_MIN_S = -25 * 3600, OFFSET_MAX_S = 26 * 3600, DAY_S = 86400 };

struct gh_zone {
  struct gh_str name;
  size_t n;           /* changes */
  int64_t *at_s;      /* ascending */
  int32_t *offset_s;  /* from at_s[i] on */
  int32_t first_s;    /* before the first change */
  bool has_rule;      /* behind the last change */
  struct posix_zone rule;
};

struct gh_zones {
  struct gh_arena arena;
  struct gh_zone **slots; /* by the hash of the name, open addressing */
  size_t nslots, n;
};

/* The header of a TZif block and where its parts stand. */
struct block {
  uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
  unsigned time_size; /* 4 or 8 bytes */
  const uint8_t *times, *indices, *types, *end;
};

static uint32_t be32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }
static int64_t be64(const uint8_t *p) { return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4)); }

enum { HEADER_BYTES = 44, TYPE_BYTES = 6 };

/* Reads the header at `p` and finds the block's parts. False: not a TZif block, or it does not fit before `end`. */
static bool read_block(const uint8_t *p, const uint8_t *end, unsigned time_size, struct block *b)
{
  if (end - p < HEADER_BYTES || memcmp(p, "TZif", 4) != 0) return false;
  *b = (struct block){be32(p + 20), be32(p + 24), be32(p + 28), be32(p + 32), be32(p + 36), be32(p + 40), time_size, NULL, NULL, NULL, NULL};
  uint64_t size = (uint64_t)b->timecnt * (time_size + 1) + (uint64_t)b->typecnt * TYPE_BYTES + b->charcnt +
                  (uint64_t)b->leapcnt * (time_size + 4) + b->isstdcnt + (uint64_t)b->isutcnt;
  if (b->typecnt == 0 || b->typecnt > 256 || size > (uint64_t)(end - p) - HEADER_BYTES) return false;
  b->times = p + HEADER_BYTES;
  b->indices = b->times + (size_t)b->timecnt * time_size;
  b->types = b->indices + b->timecnt;
  b->end = p + HEADER_BYTES + size;
  return true;
}

static bool read_type(const struct block *b, uint8_t index, int32_t *offset_s)
{
  if (index >= b->typecnt) return false;
  *offset_s = (int32_t)be32(b->types + (size_t)index * TYPE_BYTES);
  return *offset_s > OFFSET_MIN_S && *offset_s < OFFSET_MAX_S;
}

static bool read_changes(struct gh_arena *arena, const struct block *b, struct gh_zone *zone)
{
  zone->n = b->timecnt;
  zone->at_s = gh_arena_alloc(arena, zone->n * sizeof *zone->at_s);
  zone->offset_s = gh_arena_alloc(arena, zone->n * sizeof *zone->offset_s);
  if (!read_type(b, 0, &zone->first_s)) return false;
  for (size_t i = 0; i < zone->n; i++) {
    const uint8_t *at = b->times + i * b->time_size;
    zone->at_s[i] = b->time_size == 8 ? be64(at) : (int32_t)be32(at);
    if (i > 0 && zone->at_s[i] <= zone->at_s[i - 1]) return false;
    if (!read_type(b, b->indices[i], &zone->offset_s[i])) return false;
  }
  return true;
}

/* The footer: a POSIX TZ text between two newlines; an empty one says nothing about later times. */
static bool read_footer(const uint8_t *p, const uint8_t *end, struct gh_zone *zone)
{
  if (end - p < 2 || *p != '\n') return false;
  const uint8_t *close = memchr(p + 1, '\n', (size_t)(end - p - 1));
  if (!close) return false;
  struct gh_str text = {(const char *)p + 1, (size_t)(close - p - 1)};
  zone->has_rule = text.len > 0;
  return text.len == 0 || gh_posix_zone_parse(text, &zone->rule);
}

static bool read_tzif(struct gh_arena *arena, struct gh_str tzif, struct gh_zone *zone)
{
  const uint8_t *p = (const uint8_t *)tzif.ptr, *end = p + tzif.len;
  struct block b;
  if (!read_block(p, end, 4, &b)) return false;
  bool version_1 = p[4] == 0;
  if (!version_1 && !read_block(b.end, end, 8, &b)) return false;
  if (!read_changes(arena, &b, zone)) return false;
  return version_1 || read_footer(b.end, end, zone);
}

static size_t slot_of(const struct gh_zones *zones, struct gh_str name)
{
  size_t i = gh_hash(name) & (zones->nslots - 1);
  while (zones->slots[i] && !gh_str_eq(zones->slots[i]->name, name)) i = (i + 1) & (zones->nslots - 1);
  return i;
}

static void resize(struct gh_zones *zones, size_t nslots)
{
  struct gh_zone **old = zones->slots;
  size_t nold = zones->nslots;
  zones->slots = calloc(nslots, sizeof *zones->slots);
  GH_CHECK(zones->slots && "out of memory");
  zones->nslots = nslots;
  for (size_t i = 0; i < nold; i++)
    if (old[i]) zones->slots[slot_of(zones, old[i]->name)] = old[i];
  free(old);
}

static void insert(struct gh_zones *zones, struct gh_zone *zone)
{
  if (zones->n * 2 >= zones->nslots) resize(zones, zones->nslots * 2);
  size_t i = slot_of(zones, zone->name);
  if (!zones->slots[i]) zones->n++;
  zones->slots[i] = zone;
}

struct gh_zones *gh_zones_new(void)
{
  struct gh_zones *zones = calloc(1, sizeof *zones);
  GH_CHECK(zones && "out of memory");
  gh_arena_init(&zones->arena, 0);
  resize(zones, 64);
  struct gh_zone *utc = gh_arena_zero(&zones->arena, 1, sizeof *utc);
  utc->name = GH_STR("UTC");
  insert(zones, utc);
  return zones;
}

void gh_zones_free(struct gh_zones *zones)
{
  if (!zones) return;
  gh_arena_free(&zones->arena);
  free(zones->slots);
  free(zones);
}

bool gh_zones_add(struct gh_zones *zones, struct gh_str name, struct gh_str tzif)
{
  struct gh_zone *zone = gh_arena_zero(&zones->arena, 1, sizeof *zone);
  if (!read_tzif(&zones->arena, tzif, zone)) return false;
  zone->name = gh_arena_str(&zones->arena, name);
  insert(zones, zone);
  return true;
}

const struct gh_zone *gh_zones_find(const struct gh_zones *zones, struct gh_str name) { return zones ? zones->slots[slot_of(zones, name)] : NULL; }

/* `+08:00`, `-02:30`, `02:00`. */
static bool fixed_offset(struct gh_str s, int32_t *offset_s)
{
  int sign = 1;
  int64_t ms;
  char clock[5];
  if (s.len > 0 && (*s.ptr == '+' || *s.ptr == '-')) {
    sign = *s.ptr == '-' ? -1 : 1;
    s = gh_str_n(s.ptr + 1, s.len - 1);
  }
  if (s.len != sizeof clock) return false;
  memcpy(clock, s.ptr, sizeof clock);
  if (!gh_clock_parse(gh_str_n(clock, sizeof clock), &ms)) return false;
  *offset_s = sign * (int32_t)(ms / GH_SECOND_MS);
  return true;
}

bool gh_zones_offset(const struct gh_zones *zones, struct gh_str name, int64_t seconds, int32_t *offset_s)
{
  const struct gh_zone *zone = gh_zones_find(zones, name);
  if (!zone) return fixed_offset(name, offset_s);
  *offset_s = gh_zone_offset(zone, seconds);
  return true;
}

struct gh_str gh_zone_name(const struct gh_zone *zone) { return zone->name; }

/* How many changes are at or before `seconds`. */
static size_t changes_until(const struct gh_zone *zone, int64_t seconds)
{
  size_t low = 0, high = zone->n;
  if (high > 0 && zone->at_s[high - 1] <= seconds) return high;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (zone->at_s[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

int32_t gh_zone_offset(const struct gh_zone *zone, int64_t seconds)
{
  size_t i = changes_until(zone, seconds);
  if (i == zone->n && zone->has_rule) return gh_posix_zone_offset(&zone->rule, seconds);
  return i == 0 ? zone->first_s : zone->offset_s[i - 1];
}

/* The first change after `seconds`; INT64_MAX: none. */
static int64_t next_change(const struct gh_zone *zone, int64_t seconds)
{
  size_t i = changes_until(zone, seconds);
  if (i < zone->n) return zone->at_s[i];
  return zone->has_rule ? gh_posix_zone_next(&zone->rule, seconds) : INT64_MAX;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static int64_t local_seconds(const struct gh_zone *zone, int64_t ms)
{
  int64_t seconds = floor_div(ms, GH_SECOND_MS);
  return seconds + gh_zone_offset(zone, seconds);
}

int64_t gh_zone_day(const struct gh_zone *zone, int64_t ms) { return floor_div(local_seconds(zone, ms), DAY_S); }

int64_t gh_zone_clock_ms(const struct gh_zone *zone, int64_t ms)
{
  int64_t local_s = local_seconds(zone, ms);
  return (local_s - floor_div(local_s, DAY_S) * DAY_S) * GH_SECOND_MS + (ms - floor_div(ms, GH_SECOND_MS) * GH_SECOND_MS);
}

/* Walks the stretches of constant offset around the local time, earliest first. The first stretch that does not end before the local time holds
 * it, or, where the wall skipped it, begins behind it. */
int64_t gh_zone_moment(const struct gh_zone *zone, int64_t day, int64_t clock_ms)
{
  int64_t local_ms = day * GH_DAY_MS + clock_ms;
  int64_t begin_s = floor_div(local_ms, GH_SECOND_MS) - 2 * DAY_S;
  int64_t at_ms = INT64_MIN;
  for (;;) {
    int64_t moment_ms = local_ms - gh_zone_offset(zone, begin_s) * GH_SECOND_MS;
    int64_t end_s = next_change(zone, begin_s);
    if (end_s > INT64_MAX / GH_SECOND_MS || moment_ms < end_s * GH_SECOND_MS) return moment_ms > at_ms ? moment_ms : at_ms;
    begin_s = end_s;
    at_ms = end_s * GH_SECOND_MS;
  }
}
