/* SPDX-License-Identifier: MIT */
/* http/headers/index.h: finds names in a large map. */
#ifndef EDOI_HTTP_HEADERS_INDEX_H
#define EDOI_HTTP_HEADERS_INDEX_H

#include <edo/headers.h>

#define EDOI_INDEX_FROM 128u /* fields; a map with fewer has no index */

typedef struct edoi_headers_index edoi_headers_index;

/* Indexes the first `n` of the fields, with room for `cap`. Freed by edo_rc_unref(). NULL without
 * memory. */
edoi_headers_index *edoi_headers_index_new(const edo_header *fields, uint32_t n, uint32_t cap);

/* Enters field `i`. Its number is below `cap`, and above those of all earlier fields. */
void edoi_headers_index_add(edoi_headers_index *x, const edo_header *fields, uint32_t i);

/* Returns the first field of that name whose number is at least `from`, or UINT32_MAX. */
uint32_t edoi_headers_index_find(const edoi_headers_index *x, const edo_header *fields,
                                 edo_str name, uint32_t from);

/* Are the names equal, in any case? */
bool edoi_header_names_equal(edo_str a, edo_str b);

#endif
