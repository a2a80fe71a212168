/* SPDX-License-Identifier: MIT */
/* http/typed/range.c: numbers, Range and Content-Range, Retry-After. */
#include <edo/http_fields.h>

#include "http/typed/param.h"
#include "http/types/list.h"

/* Takes digits off the front of `*rest`. Returns 1; 0 if there are none; or -ERANGE for a number
 * above 2^63-1: all its digits are taken, and `*out` is INT64_MAX. */
static int range_take_number(uint64_t *out, edo_str *rest) {
    uint64_t n = 0;
    size_t at = 0;
    bool is_too_large = false;
    for (; at < rest->len && edoi_byte_is(rest->ptr[at], EDOI_BYTE_DIGIT); at++) {
        uint64_t digit = (uint64_t)(rest->ptr[at] - '0');
        if (n > (INT64_MAX - digit) / 10) is_too_large = true;
        if (!is_too_large) n = n * 10 + digit;
    }
    *rest = edoi_after(*rest, at);
    *out = is_too_large ? INT64_MAX : n;
    return is_too_large ? -ERANGE : at > 0;
}

static bool range_take_byte(edo_str *rest, char c) {
    if (rest->len == 0 || rest->ptr[0] != c) return false;
    *rest = edoi_after(*rest, 1);
    return true;
}

int edo_header_number_parse(int64_t *out, edo_str text) {
    uint64_t n;
    int got = range_take_number(&n, &text);
    if (got == 0 || text.len > 0) return -EINVAL;
    if (got < 0) return got;
    *out = (int64_t)n;
    return 0;
}

int edo_retry_after_parse(int64_t *out, edo_str text, int64_t now) {
    int64_t n = INT64_MAX; // for a larger number
    int err = edo_header_number_parse(&n, text);
    if (err == -EINVAL) {
        err = edo_http_date_parse(&n, text, now);
        if (err < 0) return err;
        n = n > now ? n - now : 0;
    }
    *out = n;
    return 0;
}

/* ---- Range ----------------------------------------------------------------------------------- */

/* Takes "bytes" and `next` off the front. */
static bool take_unit(edo_str *rest, char next) {
    edo_str unit = { rest->ptr, 5 };
    if (rest->len < 6 || !edoi_is_word(unit, EDO_STR("bytes"))) return false;
    *rest = edoi_after(*rest, 5);
    return range_take_byte(rest, next);
}

#define IS_EMPTY 2 /* the last bytes of an empty body */

/* Reads "first-last", "first-", or "-n" for the last n bytes. Returns 1, 0 if none of it is in the
 * body, IS_EMPTY, or -EINVAL. */
static int read_range(edo_byte_range *out, edo_str s, uint64_t size) {
    uint64_t first, last;
    int has_first = range_take_number(&first, &s);
    if (!range_take_byte(&s, '-')) return -EINVAL;
    int has_last = range_take_number(&last, &s);
    if (s.len > 0 || (!has_first && !has_last)) return -EINVAL;
    if (!has_first) { // the last bytes
        *out = (edo_byte_range){ last < size ? size - last : 0, size - 1 };
        if (size == 0 && last > 0) return IS_EMPTY;
        return last > 0;
    }
    if (has_last && last < first) return -EINVAL;
    if (first >= size) return 0;
    *out = (edo_byte_range){ first, has_last && last < size ? last : size - 1 };
    return 1;
}

int edo_ranges_parse(edo_byte_range *out, size_t max, edo_str text, uint64_t size) {
    edo_str element;
    edo_byte_range range;
    size_t n = 0, all = 0;
    bool is_whole = false;
    if (!take_unit(&text, '=')) return -EINVAL;
    for (; edoi_list_next(&text, &element); all++) {
        int got = read_range(&range, element, size);
        if (got < 0) return got;
        if (all == max) return -E2BIG;
        if (got == IS_EMPTY) is_whole = true;
        if (got == 1) out[n++] = range;
    }
    if (all == 0) return -EINVAL;
    return n > 0 || is_whole ? (int)n : -ERANGE;
}

int edo_ranges_print(const edo_byte_range *ranges, size_t n, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, n > 0);
    edoi_put_str(&put, EDO_STR("bytes="));
    for (size_t i = 0; i < n; i++) {
        edoi_put_check(&put, ranges[i].first <= ranges[i].last);
        if (i > 0) edoi_put_str(&put, EDO_STR(", "));
        edoi_put_number(&put, ranges[i].first);
        edoi_put_str(&put, EDO_STR("-"));
        if (ranges[i].last < UINT64_MAX) edoi_put_number(&put, ranges[i].last);
    }
    return edoi_put_end(&put);
}

/* ---- Content-Range --------------------------------------------------------------------------- */

static bool is_content_range(const edo_content_range *c) {
    if (c->size.is_there && c->size.n < 0) return false;
    if (c->is_refused) return c->size.is_there;
    if (c->range.first > c->range.last || c->range.last > INT64_MAX) return false;
    return !c->size.is_there || c->range.last < (uint64_t)c->size.n;
}

int edo_content_range_parse(edo_content_range *out, edo_str text) {
    edo_content_range found = { .is_refused = false };
    if (!take_unit(&text, ' ')) return -EINVAL;
    found.is_refused = range_take_byte(&text, '*');
    if (!found.is_refused &&
        (range_take_number(&found.range.first, &text) <= 0 || !range_take_byte(&text, '-') ||
         range_take_number(&found.range.last, &text) <= 0))
        return -EINVAL;
    if (!range_take_byte(&text, '/')) return -EINVAL;
    if (!range_take_byte(&text, '*')) {
        uint64_t n;
        if (range_take_number(&n, &text) <= 0) return -EINVAL;
        found.size = (edo_header_number){ .is_there = true, .n = (int64_t)n };
    }
    if (text.len > 0 || !is_content_range(&found)) return -EINVAL;
    *out = found;
    return 0;
}

int edo_content_range_print(const edo_content_range *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, is_content_range(self));
    edoi_put_str(&put, self->is_refused ? EDO_STR("bytes *") : EDO_STR("bytes "));
    if (!self->is_refused) {
        edoi_put_number(&put, self->range.first);
        edoi_put_str(&put, EDO_STR("-"));
        edoi_put_number(&put, self->range.last);
    }
    edoi_put_str(&put, EDO_STR("/"));
    if (self->size.is_there)
        edoi_put_number(&put, (uint64_t)self->size.n);
    else
        edoi_put_str(&put, EDO_STR("*"));
    return edoi_put_end(&put);
}
