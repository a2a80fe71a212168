/* SPDX-License-Identifier: MIT */
/* web/layers/watch/access_line.c: see access_log.h. A text has a bounded length, and no byte of it
 * can end its field. So no text can forge a field or a line. */
#include "web/layers/watch/access_log.h"

#include "base/text/hex.h"
#include "base/text/utf8.h"

#include <stdio.h>
#include <time.h>

#define TEXT_MAX    1024u
#define ESCAPED_MAX 6u /* \u00XX */

static edo_str access_line_cut(edo_str s) {
    return (edo_str){ s.ptr, s.len < TEXT_MAX ? s.len : TEXT_MAX };
}

/* Cuts the text likewise, but not within a character of UTF-8. */
static edo_str cut_utf8(edo_str s) {
    size_t n = access_line_cut(s).len;
    return (edo_str){ s.ptr, n < s.len ? edoi_utf8_cut(s.ptr, n) : n };
}

static int access_line_put(edo_buf *out, const char *text) {
    return edo_buf_append(out, text, strlen(text));
}

static bool access_line_is_plain(unsigned char c) {
    return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
}

/* ---- Combined -------------------------------------------------------------------------------- */

/* Appends a text. Bytes beyond ASCII are escaped, too, since what shows the log may not know
 * UTF-8. */
static int access_line_put_text(edo_buf *out, edo_str s) {
    s = access_line_cut(s);
    if (s.len == 0) return access_line_put(out, "-");
    int err = edo_buf_reserve(out, s.len * ESCAPED_MAX + 1);
    for (size_t i = 0; i < s.len && err == 0; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        char text[4] = "\\x";
        bool plain = access_line_is_plain(c) && c < 0x80;
        edoi_hex_print(text + 2, &c, 1);
        err = plain ? edo_buf_append(out, s.ptr + i, 1) : edo_buf_append(out, text, sizeof text);
    }
    return err;
}

/* Appends a word that stands without quotes: blanks in it would make two words. */
static int put_word(edo_buf *out, edo_str s) {
    char text[TEXT_MAX];
    s = access_line_cut(s);
    for (size_t i = 0; i < s.len; i++) text[i] = s.ptr[i] == ' ' ? '_' : s.ptr[i];
    return access_line_put_text(out, (edo_str){ text, s.len });
}

static int access_line_put_time(edo_buf *out, const edoi_access *a) {
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)a->seconds;
    struct tm t;
    char text[64];
    if (!gmtime_r(&seconds, &t)) return access_line_put(out, " [-] ");
    (void)snprintf(text, sizeof text, " [%02d/%s/%04d:%02d:%02d:%02d +0000] ", t.tm_mday,
                   months[t.tm_mon % 12], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    return access_line_put(out, text);
}

int edoi_access_print_combined(const edoi_access *a, edo_buf *out) {
    char numbers[64];
    (void)snprintf(numbers, sizeof numbers, "\" %d %llu \"", a->status,
                   (unsigned long long)a->bytes);
    int err = put_word(out, a->client);
    if (err == 0) err = access_line_put(out, " - ");
    if (err == 0) err = put_word(out, a->user);
    if (err == 0) err = access_line_put_time(out, a);
    if (err == 0) err = access_line_put(out, "\"");
    if (err == 0) err = access_line_put_text(out, a->method);
    if (err == 0) err = access_line_put(out, " ");
    if (err == 0) err = access_line_put_text(out, a->target);
    if (err == 0) err = access_line_put(out, " ");
    if (err == 0) err = access_line_put_text(out, a->protocol);
    if (err == 0) err = access_line_put(out, numbers);
    if (err == 0) err = access_line_put_text(out, a->referer);
    if (err == 0) err = access_line_put(out, "\" \"");
    if (err == 0) err = access_line_put_text(out, a->agent);
    return err < 0 ? err : access_line_put(out, "\"\n");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Is there a control character of two bytes, U+0080 to U+009F? Terminals obey some of these. */
static bool is_c1(edo_str s, size_t at) {
    return (unsigned char)s.ptr[at] == 0xc2 && at + 1 < s.len &&
           (unsigned char)s.ptr[at + 1] < 0xa0;
}

/* Appends a text. If it is not UTF-8 it is read as Latin-1. */
static int access_line_put_json(edo_buf *out, const char *before, edo_str s) {
    s = cut_utf8(s);
    bool is_utf8 = edo_str_is_utf8(s);
    int err = access_line_put(out, before);
    if (err == 0) err = edo_buf_reserve(out, s.len * ESCAPED_MAX + 1);
    for (size_t i = 0; i < s.len && err == 0; i++) {
        bool is_control = is_utf8 && is_c1(s, i);
        i += is_control; // the second byte is the number of the character
        unsigned char c = (unsigned char)s.ptr[i];
        char text[ESCAPED_MAX + 1];
        bool plain = access_line_is_plain(c) && !is_control && (c < 0x80 || is_utf8);
        int n = plain ? 1 : snprintf(text, sizeof text, "\\u%04x", c);
        err = edo_buf_append(out, plain ? s.ptr + i : text, (size_t)n);
    }
    return err < 0 ? err : access_line_put(out, "\"");
}

static int access_line_put_field(edo_buf *out, const char *before, edo_str s) {
    return s.len > 0 ? access_line_put_json(out, before, s) : 0;
}

static int put_json_begin(edo_buf *out, const edoi_access *a) {
    time_t seconds = (time_t)a->seconds;
    struct tm t = { 0 };
    char text[96];
    (void)gmtime_r(&seconds, &t);
    (void)snprintf(text, sizeof text, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"",
                   t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                   (int)(a->nanoseconds / 1000000));
    return access_line_put(out, text);
}

static int put_numbers(edo_buf *out, const edoi_access *a) {
    char text[128];
    (void)snprintf(text, sizeof text, ",\"status\":%d,\"bytes\":%llu,\"duration_ms\":%lld.%03lld",
                   a->status, (unsigned long long)a->bytes, (long long)(a->duration_ns / 1000000),
                   (long long)(a->duration_ns / 1000 % 1000));
    return access_line_put(out, text);
}

int edoi_access_print_json(const edoi_access *a, edo_buf *out) {
    int err = put_json_begin(out, a);
    if (err == 0) err = access_line_put_json(out, ",\"client\":\"", a->client);
    if (err == 0) err = access_line_put_field(out, ",\"user\":\"", a->user);
    if (err == 0) err = access_line_put_json(out, ",\"method\":\"", a->method);
    if (err == 0) err = access_line_put_json(out, ",\"target\":\"", a->target);
    if (err == 0) err = access_line_put_json(out, ",\"protocol\":\"", a->protocol);
    if (err == 0) err = access_line_put_field(out, ",\"route\":\"", a->route);
    if (err == 0) err = put_numbers(out, a);
    if (err == 0) err = access_line_put_field(out, ",\"referer\":\"", a->referer);
    if (err == 0) err = access_line_put_field(out, ",\"user_agent\":\"", a->agent);
    if (err == 0) err = access_line_put_field(out, ",\"request_id\":\"", a->id);
    if (err == 0 && a->error)
        err = access_line_put_json(out, ",\"error\":\"", edo_str_of(a->error));
    return err < 0 ? err : access_line_put(out, "}\n");
}
