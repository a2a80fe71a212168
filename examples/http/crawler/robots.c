/* SPDX-License-Identifier: MIT */
/* robots.c: robots.txt (RFC 9309) as far as it is said to all crawlers: the longest path that fits
 * counts, and of two as long the one that allows. Patterns with '*' and '$' are taken as text.
 *
 * What the server says decides what may be asked for (section 2.3.1):
 *
 *     200               what stands there
 *     another, to 499   all: there is no such file. A redirect is not followed
 *     500 and more, or
 *     no response       nothing, until the file can be read: nobody knows what stands there */
#include "crawler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROBOTS_MAX (500u << 10)
#define PAUSE_MAX  edo_s(30)

static bool is_blank(char c) { // whatever the locale is, here and below
    return c == ' ' || c == '\t' || c == '\r';
}

static edo_str trimmed(edo_str s) {
    while (s.len > 0 && is_blank(s.ptr[0])) s.ptr++, s.len--;
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

/* Cuts `*rest` at the first `mark`: what is before it. */
static edo_str before(edo_str *rest, char mark) {
    const char *at = rest->len > 0 ? memchr(rest->ptr, mark, rest->len) : NULL;
    edo_str first = { rest->ptr, at ? (size_t)(at - rest->ptr) : rest->len };
    size_t skip = first.len + (at != NULL);
    *rest = (edo_str){ rest->ptr + skip, rest->len - skip };
    return first;
}

static bool is_word(edo_str s, const char *word) { // in lower case
    size_t i = 0;
    for (; i < s.len && word[i]; i++) {
        char c = s.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != word[i]) return false;
    }
    return i == s.len && !word[i];
}

/* "2" or "0.5", of seconds. */
static edo_duration pause_of(edo_str text) {
    int64_t ms = 0, place = 1000; // what a digit stands for: less behind the point
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (text.ptr[i] == '.' && place == 1000) {
            place = 100;
        } else if (digit < 0 || digit > 9) {
            return PAUSE_MAX;
        } else {
            ms = (place == 1000 ? 10 * ms : ms) + place * digit;
            if (place < 1000) place /= 10;
        }
    }
    return ms < PAUSE_MAX.ns / 1000000 ? edo_ms(ms) : PAUSE_MAX;
}

static void robots_add(robots *r, edo_str field, edo_str value) {
    bool allows = is_word(field, "allow");
    if (is_word(field, "crawl-delay") && value.len > 0 && value.len < 8) r->pause = pause_of(value);
    if ((allows || is_word(field, "disallow")) && value.len > 0 && r->rules_n < RULES_MAX)
        r->rules[r->rules_n++] = (rule){ value, allows };
}

static void robots_parse(robots *r) {
    edo_str rest = str_of(&r->text);
    bool is_ours = false, was_agent = false;
    while (rest.len > 0) {
        edo_str line = before(&rest, '\n'), value = before(&line, '#');
        edo_str field = trimmed(before(&value, ':'));
        value = trimmed(value);
        bool is_agent = is_word(field, "user-agent");
        if (is_agent)
            is_ours = is_word(value, "*") || (was_agent && is_ours);
        else if (is_ours)
            robots_add(r, field, value);
        if (field.len > 0) was_agent = is_agent;
    }
}

bool robots_allow(const robots *r, edo_str path) {
    size_t longest = 0;
    bool is_allowed = !r->is_unknown;
    for (size_t i = 0; i < r->rules_n; i++) {
        const rule *one = &r->rules[i];
        if (one->path.len > path.len || memcmp(one->path.ptr, path.ptr, one->path.len) != 0)
            continue;
        if (one->path.len < longest || (one->path.len == longest && !one->allows)) continue;
        longest = one->path.len;
        is_allowed = one->allows;
    }
    return is_allowed;
}

/* Reads the file, if there is one, and `*status`. One that is too long has a beginning. */
static int robots_fetch(const crawl *c, host *h, edo_status *status) {
    char url[512];
    edo_http_response *res;
    (void)snprintf(url, sizeof url, "%.480s/robots.txt", h->name);
    int err = edo_fetch(&res, edo_str_of(url),
                        &(edo_fetch_opts){ .client = c->client, .any_status = true });
    if (err < 0) return err;
    *status = res->status;
    if (res->status == EDO_STATUS_OK)
        err = edo_http_response_collect(res, &h->robots.text, ROBOTS_MAX);
    edo_http_response_free(res);
    return err == -EMSGSIZE ? 0 : err;
}

int robots_read(const crawl *c, host *h) {
    robots *r = &h->robots;
    edo_status status = 0;
    int err = robots_fetch(c, h, &status);
    r->is_unknown = err < 0 || status >= 500;
    if (r->is_unknown) edo_buf_deinit(&r->text);
    r->is_read = !r->is_unknown;
    robots_parse(r);
    if (err == -ECANCELED || err == -ENOMEM) return err;
    edo_trail_clear();
    return 0;
}
