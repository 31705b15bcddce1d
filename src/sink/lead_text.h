/* Out of the JSON of a lead, which we wrote ourselves (model/lead.h). */
#ifndef GOLDHOUR_SINK_LEAD_TEXT_H
#define GOLDHOUR_SINK_LEAD_TEXT_H

#include "goldhour/base/buf.h"

/* Appends the text of the lead's own member `name`, unescaped. False: it has none that is a text. */
bool gh_lead_member(struct gh_str json, struct gh_str name, struct gh_buf *out);

#endif
