/* SPDX-License-Identifier: MIT */
/* http/headers/tracestate.h: what the vendors of a trace have to say to themselves, "a=b, c@d=e"
 * (W3C Trace Context, section 3.3). edo has nothing to add, and passes it on. */
#ifndef EDOI_HTTP_HEADERS_TRACESTATE_H
#define EDOI_HTTP_HEADERS_TRACESTATE_H

#include <edo/headers.h>

/* Is it a list of one to 32 members? The grammar is that of level 2, which takes each list that
 * level 1 takes. Two members of one key are left to those whose they are. */
EDO_API bool edoi_tracestate_is_valid(edo_str text);

/* Makes the fields of a head one; those that are no list are removed. One that is a list stays as
 * it came. Returns 0 or -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_tracestate_clean(edo_headers *h);

#endif
