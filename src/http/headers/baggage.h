/* SPDX-License-Identifier: MIT */
/* http/headers/baggage.h: baggage as a field of a head, in and out. */
#ifndef EDOI_HTTP_HEADERS_BAGGAGE_H
#define EDOI_HTTP_HEADERS_BAGGAGE_H

#include <edo/baggage.h>
#include <edo/headers.h>

/* Binds the baggage of a head until edo_context_end(). Returns 1; 0: it has none, and nothing was
 * begun; or -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_baggage_begin_fields(edo_context_block *b, const edo_headers *h);

/* Adds what is bound here to `h`, unless that has a field of its own, or it has more than `room`
 * bytes. To be called only for those that the program has named. */
EDO_MUST_USE EDO_API int edoi_baggage_pass_here(edo_headers *h, size_t room);

#endif
