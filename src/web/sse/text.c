/* SPDX-License-Identifier: MIT */
/* web/sse/text.c: prints the text of an event, of which no part can become another field. */
#include "base/opts.h"
#include "web/sse/sse.h"
#include <edo/json.h>

#include <inttypes.h>
#include <stdio.h>

#define NS_PER_MS 1000000

/* Is it one line, so that it fits into a field? */
static bool is_line(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == 0) return false;
    return true;
}

/* May it be an id? The client sends it in a field of its next request. */
static bool sse_text_is_id(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 0x7f) return false;
    return true;
}

bool edoi_sse_is_good(const edo_sse_event *e) {
    return is_line(e->event) && sse_text_is_id(e->id) && e->retry.ns >= 0 &&
           !(e->desc && e->data.ptr) && edoi_all_zero(e->reserved, EDO_COUNT(e->reserved));
}

static int sse_text_put(edo_buf *to, edo_str s) {
    return s.len > 0 ? edo_buf_append(to, s.ptr, s.len) : 0;
}

static int sse_text_put_line(edo_buf *to, edo_str field, edo_str value) {
    int err = sse_text_put(to, field);
    if (err == 0) err = sse_text_put(to, EDO_STR(": "));
    if (err == 0) err = sse_text_put(to, value);
    return err < 0 ? err : sse_text_put(to, EDO_STR("\n"));
}

/* Appends a field for each line of the text, so a line end in the text never ends a field. */
static int sse_text_put_lines(edo_buf *to, edo_str field, edo_str text) {
    const char *at = text.ptr, *end = text.ptr + text.len;
    for (;;) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r') stop++;
        int err = sse_text_put_line(to, field, (edo_str){ at, (size_t)(stop - at) });
        if (err < 0 || stop == end) return err;
        at = stop + (*stop == '\r' && stop + 1 < end && stop[1] == '\n' ? 2 : 1);
    }
}

static int put_retry(edo_buf *to, edo_duration retry) {
    char text[24];
    int64_t ms = retry.ns / NS_PER_MS + (retry.ns % NS_PER_MS > 0); // 0: at once, again and again
    int n = snprintf(text, sizeof text, "%" PRId64, ms);
    return sse_text_put_line(to, EDO_STR("retry"), (edo_str){ text, (size_t)n });
}

/* Appends compact JSON, which is one line. */
static int sse_text_put_json(edo_buf *to, const void *value, const edo_desc *desc) {
    int err = sse_text_put(to, EDO_STR("data: "));
    if (err == 0) err = edo_json_encode_reply(to, value, desc);
    return err < 0 ? err : sse_text_put(to, EDO_STR("\n"));
}

int edoi_sse_print(edo_buf *to, const edo_sse_event *e) {
    int err = e->comment.ptr ? sse_text_put_lines(to, EDO_STR(""), e->comment) : 0;
    if (err == 0 && e->event.ptr) err = sse_text_put_line(to, EDO_STR("event"), e->event);
    if (err == 0 && e->id.ptr) err = sse_text_put_line(to, EDO_STR("id"), e->id);
    if (err == 0 && e->retry.ns > 0) err = put_retry(to, e->retry);
    if (err == 0 && e->data.ptr) err = sse_text_put_lines(to, EDO_STR("data"), e->data);
    if (err == 0 && e->desc) err = sse_text_put_json(to, e->value, e->desc);
    return err < 0 ? err : sse_text_put(to, EDO_STR("\n"));
}
