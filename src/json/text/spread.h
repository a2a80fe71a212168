/* SPDX-License-Identifier: MIT */
/* json/text/spread.h: puts each part of a compact text on a line of its own. */
#ifndef EDOI_JSON_TEXT_SPREAD_H
#define EDOI_JSON_TEXT_SPREAD_H

#include <edo/bytes.h>

/* Appends `text`, which is JSON without blanks between its parts, with each element and member on a
 * line of its own, `indent` blanks for each level that is open: `depth` before the text.
 * -ENOMEM: nothing was appended. */
EDO_MUST_USE int edoi_json_spread(edo_buf *out, edo_str text, uint32_t indent, uint32_t depth);

#endif
