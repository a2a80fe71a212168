/* SPDX-License-Identifier: MIT */
/* grpc/wire/status.h: statuses, and what other protocols say in place of one. */
#ifndef EDOI_GRPC_WIRE_STATUS_H
#define EDOI_GRPC_WIRE_STATUS_H

#include <edo/grpc.h>
#include <edo/http.h>

#include <stdarg.h>

#define EDOI_GRPC_STATUSES_N 17

/* The status of a field grpc-status; a number that gRPC has not, and what is none, is UNKNOWN. */
edo_grpc_status edoi_grpc_status_parse(edo_str text);

/* The status, if it is one of a failure; UNKNOWN for OK, and for a number that gRPC has not. */
edo_grpc_status edoi_grpc_status_failed(edo_grpc_status status);

/* The number as text, of static memory. */
edo_str edoi_grpc_status_text(edo_grpc_status status);

/* What a response without grpc-status means (gRPC's http-grpc-status-mapping.md). */
edo_grpc_status edoi_grpc_status_of_http(edo_status status);

/* What the reset of a stream means, by HTTP/2's error code. */
edo_grpc_status edoi_grpc_status_of_reset(uint32_t error);

#define EDOI_GRPC_MESSAGE_MAX 1024u /* bytes of a message with its NUL */

/* Prints a message, cut between characters if it is too long. Returns its length. */
size_t edoi_grpc_message_print(char text[EDOI_GRPC_MESSAGE_MAX], const char *format, va_list args)
    EDO_PRINTF(2, 0);

/* Appends a message in percent encoding, of at most `most` bytes: a longer one is cut between
 * characters. Returns 0 or -ENOMEM. */
int edoi_grpc_message_encode(edo_buf *out, edo_str message, size_t most);

/* Decodes a message in place, and returns its length. An escape that is none stays as it is. */
size_t edoi_grpc_message_decode(char *text, size_t n);

#endif
