/* The demo: cmd_demo.c leads through it, demo_files.c writes the bank, demo_daemon.c runs the daemon on its day, demo_view.c shows the leads. */
#ifndef GH_CLI_DEMO_H
#define GH_CLI_DEMO_H

#include <sys/types.h>

#include "goldhour/base/arena.h"
#include "goldhour/base/buf.h"
#include "goldhour/base/textmap.h"
#include "goldhour/sim/sim.h"

struct gh_demo_options {
  const char *dir;           /* where the bank's files go; what the demo wrote there before is replaced */
  struct gh_sim_options world;
  unsigned show_s;           /* on a terminal the days pass in about so many seconds; 0: as fast as they can */
};

/* demo_files.c. A bank in `dir`: shipped rules, simulated events.jsonl, customers.jsonl, truth.jsonl; live.yaml is goldhour.yaml with events from
 * standard input. False: said on stderr. */
bool gh_demo_write(const struct gh_demo_options *o, uint64_t *events);

/* demo_view.c */
#define GH_DEMO_RULES 64u
#define GH_DEMO_RECENT 64u
struct gh_demo_rule { struct gh_str id, name; unsigned leads; };
struct gh_demo_lead { struct gh_str time, name, customer, event, due, rule, script; int priority; bool golden; };
struct gh_demo_view {
  struct gh_arena arena;     /* owns all texts below */
  bool terminal;
  unsigned columns, rows;    /* of the terminal */
  struct gh_demo_rule rules[GH_DEMO_RULES]; unsigned nrules;
  struct gh_demo_lead recent[GH_DEMO_RECENT]; /* a ring: the lead number n is at n % GH_DEMO_RECENT */
  struct gh_demo_lead example; /* the last with a script */
  unsigned leads, golden;
  uint64_t events, events_all;
  int64_t clock_ms;          /* the bank's clock */
  unsigned drawn_rows;       /* of the table on the screen */
  struct gh_textmap seen;    /* "rule customer event" of every lead */
};
void gh_demo_view_init(struct gh_demo_view *v);
void gh_demo_view_free(struct gh_demo_view *v);
/* A lead has appeared: a line of the daemon's file. Printed at once unless on a terminal. */
void gh_demo_view_lead(struct gh_demo_view *v, struct gh_str json);
/* Draws the table anew; nothing unless on a terminal. */
void gh_demo_view_draw(struct gh_demo_view *v);
/* Leads by rule and stage. */
void gh_demo_view_summary(const struct gh_demo_view *v);
/* How many of the planted triggers (truth.jsonl) have their lead, and how many there are. */
unsigned gh_demo_view_found(const struct gh_demo_view *v, struct gh_str truth, unsigned *planted);
/* Appends text in exactly so many columns of a terminal: cut, or filled with blanks. */
void gh_demo_cell(struct gh_buf *out, struct gh_str text, unsigned columns);

/* demo_daemon.c. Runs `goldhour run` on the bank in `dir`, sends it the events by the bank's clock and shows its leads. The daemon's exit status; -1: it could
 * not be started. */
int gh_demo_daemon(const struct gh_demo_options *o, struct gh_demo_view *v);

#endif
