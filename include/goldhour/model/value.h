/* A value, as events, profiles, features and conditions know it: 16 bytes, passed by value, never owning what it points at.
 *
 * kind          where it stands
 * GH_ABSENT     nothing (0, so that cleared slots are absent)
 * GH_NULL       JSON null, CEL null
 * GH_BOOL       b
 * GH_INT        i                 GH_UINT u           GH_DOUBLE d
 * GH_STRING     text, len bytes   valid UTF-8
 * GH_BYTES      text, len bytes
 * GH_LIST       items, len of them
 * GH_MAP        items, 2 * len of them: key, value, key, value … in the order made
 * GH_TIMESTAMP  i seconds since 1970 (0001-01-01 … 9999-12-31) and len nanoseconds, 0 … 999,999,999
 * GH_DURATION   i seconds, rounded towards minus infinity, and len nanoseconds, 0 … 999,999,999
 * GH_DECIMAL    i units of 10^-scale   (money: 8000.00 is i = 800000, scale = 2)
 * GH_DATE       i days since 1970
 * GH_TYPE       text: the type's name
 * GH_ERROR      text: what went wrong, for people
 *
 * Texts and items are borrowed; who gives a value out says how long they live.
 */
#ifndef GOLDHOUR_MODEL_VALUE_H
#define GOLDHOUR_MODEL_VALUE_H

#include <stdint.h>

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"

enum gh_kind {
  GH_ABSENT, GH_NULL, GH_BOOL, GH_INT, GH_UINT, GH_DOUBLE, GH_STRING, GH_BYTES, GH_LIST, GH_MAP,
  GH_TIMESTAMP, GH_DURATION, GH_DECIMAL, GH_DATE, GH_TYPE, GH_ERROR,
  GH_DYN, /* in types only: known when evaluated */
};

struct gh_value {
  uint8_t kind;  /* enum gh_kind */
  uint8_t scale; /* GH_DECIMAL: digits after the point, 0 … 18 */
  uint16_t flags; /* for whoever evaluates (a literal's text counts, …); 0 elsewhere */
  uint32_t len;
  union {
    bool b;
    int64_t i;
    uint64_t u;
    double d;
    const char *text;
    const struct gh_value *items;
  };
};
_Static_assert(sizeof(struct gh_value) == 16, "values are passed by value");

static inline struct gh_value gh_bool(bool b) { return (struct gh_value){.kind = GH_BOOL, .b = b}; }
static inline struct gh_value gh_int(int64_t i) { return (struct gh_value){.kind = GH_INT, .i = i}; }
static inline struct gh_value gh_uint(uint64_t u) { return (struct gh_value){.kind = GH_UINT, .u = u}; }
static inline struct gh_value gh_double(double d) { return (struct gh_value){.kind = GH_DOUBLE, .d = d}; }
static inline struct gh_value gh_null(void) { return (struct gh_value){.kind = GH_NULL}; }
static inline struct gh_value gh_absent(void) { return (struct gh_value){.kind = GH_ABSENT}; }
static inline struct gh_value gh_string(struct gh_str s) { return (struct gh_value){.kind = GH_STRING, .len = (uint32_t)s.len, .text = s.ptr}; }
static inline struct gh_value gh_bytes(struct gh_str s) { return (struct gh_value){.kind = GH_BYTES, .len = (uint32_t)s.len, .text = s.ptr}; }
static inline struct gh_value gh_decimal(int64_t units, unsigned scale) { return (struct gh_value){.kind = GH_DECIMAL, .scale = (uint8_t)scale, .i = units}; }
static inline struct gh_value gh_date_value(int64_t days) { return (struct gh_value){.kind = GH_DATE, .i = days}; }
static inline struct gh_value gh_timestamp(int64_t seconds, uint32_t nanos) { return (struct gh_value){.kind = GH_TIMESTAMP, .len = nanos, .i = seconds}; }
static inline struct gh_value gh_duration(int64_t seconds, uint32_t nanos) { return (struct gh_value){.kind = GH_DURATION, .len = nanos, .i = seconds}; }
struct gh_value gh_timestamp_ms(int64_t ms);
int64_t gh_value_ms(struct gh_value timestamp); /* finer digits cut off, towards the past */
/* `message` lives as long as the program, or as the arena it was made in. */
static inline struct gh_value gh_error(struct gh_str message) { return (struct gh_value){.kind = GH_ERROR, .len = (uint32_t)message.len, .text = message.ptr}; }
static inline struct gh_str gh_text(struct gh_value v) { return (struct gh_str){v.text, v.len}; } /* of STRING, BYTES, TYPE, ERROR */

/* A copy whose texts and items live in `arena`. */
struct gh_value gh_value_copy(struct gh_arena *arena, struct gh_value v);
/* The same value of the same kind, exactly (no conversion between kinds; NaN equals NaN; maps in order). For tests and state, not for conditions. */
bool gh_value_same(struct gh_value a, struct gh_value b);
/* Packs a value of any kind but TYPE and ERROR, and reads it back; texts and lists borrow from the reader's bytes, items from `arena`. */
void gh_value_pack(struct gh_buf *out, struct gh_value v);
struct gh_value gh_value_unpack(struct gh_reader *r, struct gh_arena *arena);

#endif
