/* SPDX-License-Identifier: MIT */
/* client/cookies/cookies_txt.c: cookies.txt, as Netscape, curl and wget have it: a line for
 * each cookie, of seven fields with tabs between them:
 *
 *     domain   TRUE: also the names below it   path   TRUE: secure   expires   name   value
 *
 * "#HttpOnly_" may stand before the domain, which has a dot in front if names below it get the
 * cookie. Other lines that begin with "#", and empty ones, are comments. */
#include "client/cookies/jar.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define HTTP_ONLY "#HttpOnly_"
#define FIELDS_N  7u

static bool txt_has_tab(edo_str s) {
    return s.len > 0 && memchr(s.ptr, '\t', s.len) != NULL;
}

static const char *txt_word(bool is) {
    return is ? "TRUE" : "FALSE";
}

static int txt_print_line(const edo_cookie *c, edo_buf *out) {
    if (txt_has_tab(c->name) || txt_has_tab(c->value) || txt_has_tab(c->path)) return 0;
    // The texts of a cookie in a jar end with a NUL, and have none.
    return edo_buf_printf(out, "%s%s%s\t%s\t%s\t%s\t%" PRId64 "\t%s\t%s\n",
                          c->is_http_only ? HTTP_ONLY : "", c->is_host_only ? "" : ".",
                          c->domain.ptr, txt_word(!c->is_host_only), c->path.ptr,
                          txt_word(c->is_secure), c->expires, c->name.ptr, c->value.ptr);
}

int edo_cookie_jar_save(edo_cookie_jar *jar, edo_buf *out) {
    edoi_jar_cookie **list;
    size_t n, before = out->len;
    int err = edoi_jar_list(jar, &list, &n);
    if (err < 0) return err;
    err = edo_buf_printf(out, "# Netscape HTTP Cookie File\n\n");
    for (size_t i = 0; i < n && err == 0; i++) err = txt_print_line(&list[i]->cookie, out);
    edoi_jar_list_free(list, n);
    if (err < 0) out->len = before;
    return err;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Cuts a line at its tabs. The last field has what is left; there may be no value. */
static bool txt_cut(edo_str fields[FIELDS_N], edo_str line) {
    size_t i = 0;
    for (; i + 1 < FIELDS_N; i++) {
        const char *tab = line.len > 0 ? memchr(line.ptr, '\t', line.len) : NULL;
        if (!tab) break;
        size_t n = (size_t)(tab - line.ptr);
        fields[i] = (edo_str){ line.ptr, n };
        line = (edo_str){ tab + 1, line.len - n - 1 };
    }
    fields[i] = line;
    if (i + 2 == FIELDS_N) fields[i + 1] = EDO_STR("");
    return i + 2 >= FIELDS_N;
}

static bool txt_read_word(bool *out, edo_str s) {
    *out = edo_str_equal(s, EDO_STR("TRUE"));
    return *out || edo_str_equal(s, EDO_STR("FALSE"));
}

/* Reads a time of at most 18 digits. */
static bool txt_read_time(int64_t *out, edo_str s) {
    *out = 0;
    if (s.len == 0 || s.len > 18) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        *out = *out * 10 + (s.ptr[i] - '0');
    }
    return true;
}

static bool txt_take_prefix(edo_str *s, edo_str prefix) {
    if (s->len < prefix.len || memcmp(s->ptr, prefix.ptr, prefix.len) != 0) return false;
    *s = (edo_str){ s->ptr + prefix.len, s->len - prefix.len };
    return true;
}

/* Returns 1 for a line that is passed over, 0, or -ENOMEM. */
static int txt_take_line(edo_cookie_jar *jar, edo_str line) {
    edo_str fields[FIELDS_N];
    bool spans;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
    edo_cookie c = { .is_http_only = txt_take_prefix(&line, EDO_STR(HTTP_ONLY)) };
    if (line.len == 0 || (!c.is_http_only && line.ptr[0] == '#')) return 0;
    if (!txt_cut(fields, line) || !txt_read_word(&spans, fields[1]) ||
        !txt_read_word(&c.is_secure, fields[3]) || !txt_read_time(&c.expires, fields[4]))
        return 1;
    c.domain = fields[0];
    c.is_host_only = !spans;
    (void)txt_take_prefix(&c.domain, EDO_STR("."));
    c.path = fields[2];
    c.name = fields[5];
    c.value = fields[6];
    if (txt_has_tab(c.value)) return 1;
    int err = edo_cookie_jar_add(jar, &c);
    return err < 0 && err != -ENOMEM ? 1 : err;
}

int edo_cookie_jar_load(edo_cookie_jar *jar, edo_str text, size_t *passed_over) {
    size_t left_out = 0;
    int err = 0;
    while (text.len > 0 && err >= 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t n = end ? (size_t)(end - text.ptr) : text.len, gone = end ? n + 1 : n;
        err = txt_take_line(jar, (edo_str){ text.ptr, n });
        if (err > 0) left_out++;
        text = (edo_str){ text.ptr + gone, text.len - gone };
    }
    if (passed_over) *passed_over = left_out;
    return err < 0 ? err : 0;
}
