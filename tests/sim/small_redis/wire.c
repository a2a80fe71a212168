/* SPDX-License-Identifier: MIT */
/* wire.c: see wire.h. */
#include "wire.h"

#include "inside.h"

#include <edo/error.h>
#include <edo/io.h>
#include <edo/str.h>

#include <errno.h>
#include <string.h>

#define PARTS_MAX 65536
#define BULK_MAX  (8 << 20)
#define TEXT_MAX  512 /* of an error */

/* The number behind `mark`, from 0 to `most`. */
static int read_small_head(edo_buf_reader *in, char mark, int64_t most, int64_t *n,
                           uint64_t *bytes) {
    char *line;
    int len = edo_read_line(in, &line);
    if (len < 0) return len == -EDO_ETOOLONG ? -EPROTO : len;
    *bytes += (uint64_t)len + 2;
    const edo_str number = { line + 1, (size_t)(len > 0 ? len - 1 : 0) };
    if (len < 2 || line[0] != mark || edo_str_int(n, number) < 0) return -EPROTO;
    return *n >= 0 && *n <= most ? 0 : -EPROTO;
}

static int read_small_part(edo_buf_reader *in, edo_str *out, uint64_t *bytes) {
    int64_t n;
    int err = read_small_head(in, '$', BULK_MAX, &n, bytes);
    if (err < 0) return err;
    char *text = malloc((size_t)n + 2);
    CHECK(text);
    err = edo_read_exact(edo_buf_reader_stream(in), text, (size_t)n + 2);
    if (err >= 0 && memcmp(text + n, "\r\n", 2) != 0) err = -EPROTO;
    if (err < 0) {
        free(text);
        return err;
    }
    text[n] = '\0';
    *bytes += (uint64_t)n + 2;
    *out = (edo_str){ text, (size_t)n };
    return 0;
}

int small_command_read(small_command *out, edo_buf_reader *in) {
    int64_t n;
    *out = (small_command){ .n = 0 };
    int err = read_small_head(in, '*', PARTS_MAX, &n, &out->bytes);
    if (err < 0) return err;
    out->parts = calloc((size_t)n + 1, sizeof *out->parts);
    CHECK(out->parts);
    for (int64_t i = 0; i < n && err == 0; i++) {
        err = read_small_part(in, &out->parts[i], &out->bytes);
        if (err == 0) out->n++;
    }
    if (err < 0) small_command_free(out);
    return err;
}

void small_command_free(small_command *c) {
    for (size_t i = 0; i < c->n; i++) free((char *)(uintptr_t)c->parts[i].ptr);
    free(c->parts);
    *c = (small_command){ .n = 0 };
}

void small_command_print(edo_buf *out, const edo_str *parts, size_t n) {
    say_array(out, n);
    for (size_t i = 0; i < n; i++) say_text(out, parts[i]);
}

/* ---- Replies --------------------------------------------------------------------------------- */

static void say_line(edo_buf *out, char mark, const char *text) {
    CHECK_EQ(edo_buf_printf(out, "%c%s\r\n", mark, text), 0);
}

void say_status(edo_buf *out, const char *word) {
    say_line(out, '+', word);
}

void say_int(edo_buf *out, int64_t n) {
    CHECK_EQ(edo_buf_printf(out, ":%" PRId64 "\r\n", n), 0);
}

void say_text(edo_buf *out, edo_str text) {
    CHECK_EQ(edo_buf_printf(out, "$%zu\r\n", text.len), 0);
    if (text.len > 0) CHECK_EQ(edo_buf_append(out, text.ptr, text.len), 0);
    CHECK_EQ(edo_buf_append(out, "\r\n", 2), 0);
}

void say_nil(edo_buf *out) {
    say_line(out, '$', "-1");
}

void say_no_array(edo_buf *out) {
    say_line(out, '*', "-1");
}

void say_array(edo_buf *out, size_t n) {
    CHECK_EQ(edo_buf_printf(out, "*%zu\r\n", n), 0);
}

void say_error(edo_buf *out, const char *format, ...) {
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    say_line(out, '-', text);
}
