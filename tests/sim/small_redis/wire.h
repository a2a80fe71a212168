/* SPDX-License-Identifier: MIT */
/* wire.h: commands and replies as they are on the wire, by RESP2. */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_WIRE_H
#define EDO_TESTS_SIM_SMALL_REDIS_WIRE_H

#include <edo/buf_io.h>
#include <edo/bytes.h>

#include <stdint.h>

/* A command: its parts, each with a NUL behind it. All zero is empty. */
typedef struct small_command {
    edo_str *parts;
    size_t n;
    uint64_t bytes; /* that it has on the wire */
} small_command;

/* Reads the next one. Returns 0; -EDO_EEOF; -EPROTO: it is none; else as edo_read().
 * Owns: returns new in `*out`: small_command_free(). */
EDO_MUST_USE int small_command_read(small_command *out, edo_buf_reader *in);

/* Frees it; all zero is allowed. */
void small_command_free(small_command *c);

/* Appends a command. */
void small_command_print(edo_buf *out, const edo_str *parts, size_t n);

/* ---- Replies --------------------------------------------------------------------------------- */

/* Each appends one; of an array, its head. */
void say_status(edo_buf *out, const char *word);
void say_int(edo_buf *out, int64_t n);
void say_text(edo_buf *out, edo_str text);
void say_nil(edo_buf *out);
void say_no_array(edo_buf *out);
void say_array(edo_buf *out, size_t n);

/* An error, without the mark and the end of the line. */
void say_error(edo_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
