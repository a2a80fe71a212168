/* SPDX-License-Identifier: MIT */
/* json.h: messages as JSON for people, and JSON from people, message by message. */
#ifndef GRPCURL_JSON_H
#define GRPCURL_JSON_H

#include "source.h"

#include <edo/io.h>

#include <stdio.h>

/* Appends a message. What an Any holds of a type that nobody knows is base64. */
int json_put(edo_buf *out, source *s, const void *value, const edo_desc *desc, bool with_zeros);

/* Writes a text of somebody else: what would steer a terminal becomes '?'. */
void json_put_plain(FILE *out, edo_str text);

/* What -d says: texts of JSON, one after the other. */
typedef struct json_input {
    edo_stream *from; /* NULL: there is no more than the buffer has */
    edo_buf buffer;
    size_t begun; /* where the next one is looked for */
    bool is_over; /* of `from` */
} json_input;

/* `data` as that of -d; NULL: nothing. */
int json_input_init(json_input *self, const char *data);
void json_input_deinit(json_input *self);

/* Waits for the next one. Returns 1, 0 at the end, or a negative code. It lives until the next
 * call. */
int json_input_next(json_input *self, edo_str *out);

#endif
