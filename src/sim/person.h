/* A simulated customer: a function of the seed and the customer's number, so that nobody has to be remembered. */
#ifndef GH_SIM_PERSON_H
#define GH_SIM_PERSON_H

#include "goldhour/base/buf.h"

/* Scenes of planted customers; each must give a lead by the rule of its name in config/demo. */
enum scene {
  SCENE_PAYROLL, SCENE_FLOW_STOPPED, SCENE_IDLE_INFLOW, SCENE_VIEWED, SCENE_REDEEMED, SCENE_NEXT_TIER, SCENE_MATURITY, SCENE_READER,
  SCENE_BABY, SCENE_FLIGHT, SCENE_LARGE_PURCHASE, SCENE_LATE_PAYROLL, SCENES,
  SCENE_NONE,   /* lives an ordinary life */
  SCENE_SILENT, /* has a profile and does nothing */
};

struct person {
  uint64_t hash;         /* of seed and number: the root of everything below */
  uint32_t number;       /* from 0 */
  uint8_t scene;         /* enum scene */
  uint8_t age;
  uint8_t name[3];       /* surname, given name, branch */
  bool female, staff, known, paid; /* known: has a bulk profile; paid: by an employer through this bank */
  uint16_t sessions_permille; /* app sessions a day */
  uint16_t employer;
  uint32_t scene_hour;   /* hours since the first midnight: when the scene begins */
  int64_t aum_cents, salary_cents;
};

struct person gh_person_of(uint64_t seed, uint32_t number, uint32_t days);
/* The scene alone, cheaply: what most hours of most customers need to know. */
uint64_t gh_person_hash(uint64_t seed, uint32_t number);
enum scene gh_person_scene(uint64_t hash);
/* Whether an employer pays on a day (since 1970): its day of the month, moved to the Friday before a weekend. */
bool gh_person_payday(uint16_t employer, int64_t day);
void gh_person_json(const struct person *p, struct gh_buf *out);
/* The id of the rule of config/demo that a scene must trigger. */
const char *gh_scene_rule(enum scene scene);

#endif
