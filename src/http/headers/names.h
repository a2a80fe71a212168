/* SPDX-License-Identifier: MIT */
/* http/headers/names.h: numbers of standard names, for parsers. */
#ifndef EDOI_HTTP_HEADERS_NAMES_H
#define EDOI_HTTP_HEADERS_NAMES_H

#include <edo/headers.h>

/* A row for each edo_header_id, in lower case. */
extern const edo_str edoi_header_names[EDO_HEADERS_END];

/* As edo_header_id_of(), for a `name` that is known to be a token. */
edo_header_id edoi_header_id_of_token(edo_str name);

#endif
