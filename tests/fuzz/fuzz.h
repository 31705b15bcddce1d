/* A fuzz target: one input, and seeds from which standalone.c makes mutations where libFuzzer is not there. */
#ifndef GH_TEST_FUZZ_H
#define GH_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gh_fuzz_seeds[]; /* ended by NULL */

#endif
