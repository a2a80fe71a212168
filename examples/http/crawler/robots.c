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

#define ROBOTS_MAX (500u << 10)
#define PAUSE_MAX  edo_s(30)

/* "2" or "0.5", of seconds. */
static edo_duration pause_of(edo_str text) {
    uint64_t seconds, part = 0;
    edo_str whole = edo_str_cut(&text, '.');
    if (edo_str_uint(&seconds, whole) < 0 || (text.ptr && edo_str_uint(&part, text) < 0))
        return PAUSE_MAX;
    for (size_t i = text.len; i < 3; i++) part *= 10; // to ms
    for (size_t i = 3; i < text.len; i++) part /= 10;
    return seconds < 30 ? edo_ms((int64_t)(seconds * 1000 + part)) : PAUSE_MAX;
}

static bool is_word(edo_str s, const char *word) {
    return edo_str_equal_nocase(s, edo_str_of(word));
}

static void robots_add(robots *r, edo_str field, edo_str value) {
    bool allows = is_word(field, "allow");
    if (is_word(field, "crawl-delay") && value.len > 0 && value.len < 8) r->pause = pause_of(value);
    if ((allows || is_word(field, "disallow")) && value.len > 0 && r->rules_n < RULES_MAX)
        r->rules[r->rules_n++] = (rule){ value, allows };
}

static void robots_parse(robots *r) {
    edo_str rest = edo_buf_str(&r->text);
    bool is_ours = false, was_agent = false;
    while (rest.len > 0) {
        edo_str line = edo_str_cut(&rest, '\n'), value = edo_str_cut(&line, '#');
        edo_str field = edo_str_trim(edo_str_cut(&value, ':'));
        value = edo_str_trim(value);
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
        if (!edo_str_begins(path, one->path)) continue;
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
    (void)snprintf(url, sizeof url, "%.*s/robots.txt", (int)h->name.len, h->name.ptr);
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
