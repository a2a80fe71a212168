/* SPDX-License-Identifier: MIT */
/* json/decode.h: a described value out of a part of a text. */
#ifndef EDOI_JSON_DECODE_H
#define EDOI_JSON_DECODE_H

#include "json/refused.h"

/* As edo_json_decode_with(), of the text from `at` to `end` of the scan. */
EDO_MUST_USE int edoi_json_decode(void *out, const edo_desc *desc, edoi_json_scan *s,
                                  const edo_json_opts *o, const edoi_json_gone *gone);

#endif
