/* SPDX-License-Identifier: MIT */
/* pg/value/quote.h: names in statements: of channels and tables. */
#ifndef EDOI_PG_VALUE_QUOTE_H
#define EDOI_PG_VALUE_QUOTE_H

#include <edo/bytes.h>

#define EDOI_PG_NAME_BYTES_MAX 63                               /* of a name */
#define EDOI_PG_QUOTED_BYTES   (2 * EDOI_PG_NAME_BYTES_MAX + 3) /* of a quoted one, with its NUL */

/* Writes the name in quotes. Errors: -EINVAL: it is empty, longer than the server would keep, or
 * has a NUL; the trail gives the reason, and does not quote the name. */
EDO_MUST_USE int edoi_pg_quote_name(char out[EDOI_PG_QUOTED_BYTES], edo_str name);

#endif
