/* SPDX-License-Identifier: MIT */
/* otlp/body.h: the body of a request, which has the same form for spans, events and numbers:
 *
 *     request { 1: of a resource { 1: resource
 *                                  2: of a scope { 1: scope { 1: name, 2: version }
 *                                                  2: an item; … }; … } } */
#ifndef EDOI_OTLP_BODY_H
#define EDOI_OTLP_BODY_H

#include "otlp/queue.h"

/* Writes the body for items, in groups of one scope, behind what `out` has. `resource` is the
 * message. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_otlp_body(edo_buf *out, edo_str resource, edoi_otlp_item *items);

#endif
