#include <new>

#include <simdjson.h>

#include "goldhour/decode/bare.h"

static_assert(GH_BARE_PADDING >= simdjson::SIMDJSON_PADDING, "the caller's padding is simdjson's");

struct gh_bare { simdjson::dom::parser parser; };

gh_bare *gh_bare_new(void) { return new (std::nothrow) gh_bare(); }

void gh_bare_free(gh_bare *b) { delete b; }

bool gh_bare_parse(gh_bare *b, struct gh_str record)
{
  simdjson::dom::element root;
  return b->parser.parse(record.ptr, record.len, false).get(root) == simdjson::SUCCESS;
}
