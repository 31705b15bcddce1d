/* One event of the simulated world before it is text, and its text. */
#ifndef GH_SIM_MOMENT_H
#define GH_SIM_MOMENT_H

#include "goldhour/base/buf.h"

enum moment_kind {
  MOMENT_LOGIN,     /* a: channel */
  MOMENT_PAYROLL,   /* cents; a: employer */
  MOMENT_INFLOW,    /* cents; a: bank */
  MOMENT_OUTFLOW,   /* cents; a: bank */
  MOMENT_PURCHASE,  /* cents; a: merchant */
  MOMENT_ARTICLE,   /* a: topic; b: seconds read */
  MOMENT_SHARED,    /* a: topic */
  MOMENT_VIEWED,    /* a: product; b: seconds */
  MOMENT_BOUGHT,    /* cents; a: product */
  MOMENT_REDEEMED,  /* cents; a: product */
  MOMENT_STEP,      /* a: flow; b: step; cents: number of the flow's instance */
  MOMENT_PREPAID,   /* cents */
  MOMENT_PROFILE,   /* cents: the new assets */
  MOMENT_TRUTH,     /* no event: a planted trigger is due; a: scene; id: of the event */
};

struct moment {
  int64_t arrival_ms; /* the order of the heap, ties by `order` */
  uint64_t order;
  int64_t time_ms;
  uint64_t id;
  int64_t cents;
  uint32_t customer;
  uint16_t a, b;
  uint8_t kind;       /* enum moment_kind */
  bool late;          /* arrives after its time has passed the wait for order */
};

#define SIM_OFFSET_S 28800 /* China: +08:00 all year */
#define SIM_OFFSET_MS (SIM_OFFSET_S * INT64_C(1000))

/* Appends the event as JSON, no newline. */
void gh_moment_json(const struct moment *m, bool wide, struct gh_buf *out);
/* Appends a time as RFC 3339 in quotes. */
void gh_moment_time(struct gh_buf *out, int64_t ms);
/* Appends cents as a decimal number: 8000.00. */
void gh_moment_money(struct gh_buf *out, int64_t cents);

#endif
