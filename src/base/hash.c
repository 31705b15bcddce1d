#include "goldhour/base/hash.h"

#include <xxhash.h>

uint64_t gh_hash(struct gh_str s) { return XXH3_64bits(s.ptr, s.len); }
uint64_t gh_hash_seed(struct gh_str s, uint64_t seed) { return XXH3_64bits_withSeed(s.ptr, s.len, seed); }
