/* SPDX-License-Identifier: MIT */
/* http/server/date.h: the Date field, printed once a second by each thread. */
#ifndef EDOI_HTTP_SERVER_DATE_H
#define EDOI_HTTP_SERVER_DATE_H

#include <edo/base.h>

#define EDOI_DATE_BYTES 37u /* date: Sun, 06 Nov 1994 08:49:37 GMT, and the end of a line */

/* Returns the field for the present second of the wall clock. The bytes are the thread's, and
 * change at its next call. */
const char *edoi_http_date_line(void);

#endif
