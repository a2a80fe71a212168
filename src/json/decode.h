/* SPDX-License-Identifier: MIT */
/* json/decode.h: a described value out of a part of a text. */
#ifndef EDOI_JSON_DECODE_H
#define EDOI_JSON_DECODE_H

#include "json/refused.h"

/* As edo_json_decode_with(), of the text from `at` to `end` of the scan. */
EDO_MUST_USE int edoi_json_decode(void *out, const edo_desc *desc, edoi_json_scan *s,
                                  const edo_json_opts *o, const edoi_json_gone *gone);

/* Decodes one field of the struct at `value` anew from the text at `at` of the scan, as a file of
 * settings has it: what it does not name is false, or an empty list. What the field held is given
 * back. `path` is what errors name it. After a failure it is as edo_value_deinit()
 * expects it. */
EDO_MUST_USE int edoi_json_decode_field(void *value, const edo_field *f, const char *path,
                                        edoi_json_scan *s, const edo_json_opts *o);

/* Decodes one element of the field into zeroed memory at `element`; the scan then stands behind it.
 * On failure the scan is untouched, the trail says nothing, and `wants` tells what is demanded, or
 * is empty if the text is no JSON. */
EDO_MUST_USE int edoi_json_decode_element(void *element, const edo_field *f, edoi_json_scan *s,
                                          const edo_json_opts *o, char *wants);

/* Collects the faults of the value at `at` of the scan in `o->faults`; none if the text, which is
 * read to its end, is no JSON. */
void edoi_json_find_faults(const edo_desc *desc, const edoi_json_scan *s, const edo_json_opts *o);

#endif
