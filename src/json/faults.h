/* SPDX-License-Identifier: MIT */
/* json/faults.h: all that is not as described in a text that was refused. */
#ifndef EDOI_JSON_FAULTS_H
#define EDOI_JSON_FAULTS_H

#include "json/scan.h"

/* Collects the faults of the value at `at` of the scan in `o->faults`; none if the text, which is
 * read to its end, is no JSON. */
void edoi_json_find_faults(const edo_desc *desc, const edoi_json_scan *s, const edo_json_opts *o);

#endif
