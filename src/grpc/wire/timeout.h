/* SPDX-License-Identifier: MIT */
/* grpc/wire/timeout.h: the field grpc-timeout: at most eight digits and a unit; and that of
 * Connect. */
#ifndef EDOI_GRPC_WIRE_TIMEOUT_H
#define EDOI_GRPC_WIRE_TIMEOUT_H

#include <edo/bytes.h>
#include <edo/time.h>

#define EDOI_GRPC_TIMEOUT_TEXT 12u /* room that is enough */

/* Reads a timeout; one beyond 292 years is that. Returns 0, or -EINVAL. */
int edoi_grpc_timeout_parse(edo_str text, edo_duration *out);

/* Reads connect-timeout-ms, at most ten digits. Returns 0, or -EINVAL. */
int edoi_grpc_timeout_ms_parse(edo_str text, edo_duration *out);

/* Writes the duration, which is not negative, in the finest unit that it fits in, rounded up.
 * Returns the length of the text. */
size_t edoi_grpc_timeout_print(char *text, edo_duration d);

#endif
