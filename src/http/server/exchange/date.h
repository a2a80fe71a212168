/* SPDX-License-Identifier: MIT */
/* http/server/exchange/date.h: the Date field, printed once a second by each thread. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_DATE_H
#define EDOI_HTTP_SERVER_EXCHANGE_DATE_H

#include <edo/base.h>

#define EDOI_DATE_BYTES  37u /* date: Sun, 06 Nov 1994 08:49:37 GMT, and the end of a line */
#define EDOI_DATE_PREFIX 6u  /* of it: the name */

/* Returns the field for the current second of the wall clock. The bytes belong to the thread, and
 * change at its next call. */
EDO_API const char *edoi_http_date_line(void);

#endif
