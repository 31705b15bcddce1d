/* 64-bit hashes for tables and for choosing buckets (xxHash's XXH3). Stable: the order of a walk over customers is by this hash. */
#ifndef GOLDHOUR_BASE_HASH_H
#define GOLDHOUR_BASE_HASH_H

#include <stdint.h>

#include "goldhour/base/str.h"

uint64_t gh_hash(struct gh_str s);
uint64_t gh_hash_seed(struct gh_str s, uint64_t seed);

#endif
