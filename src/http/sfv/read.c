/* SPDX-License-Identifier: MIT */
/* http/sfv/read.c: parses structured fields by the algorithms of RFC 9651 section 4.2. Each
 * function takes what it reads off the front of `*rest`, and returns false if it is not there. */
#include "base/assert.h"
#include "http/sfv/text.h"
#include "http/types/bytes_of.h"

static bool sfv_take_byte(edo_str *rest, char c) {
    if (rest->len == 0 || rest->ptr[0] != c) return false;
    *rest = edoi_after(*rest, 1);
    return true;
}

static edo_str sfv_take(edo_str *rest, size_t n) {
    edo_str taken = { rest->ptr, n };
    EDO_ASSERT(n <= rest->len);
    *rest = edoi_after(*rest, n);
    return taken;
}

/* ---- Bare items ------------------------------------------------------------------------------ */

/* Takes a number like "-12" or "3.141": at most fifteen digits, or twelve before the point and
 * three behind it. */
static bool sfv_item_take_number(edo_sfv_item *out, edo_str *rest) {
    bool is_negative = sfv_take_byte(rest, '-');
    size_t before = 0, behind = 0;
    int64_t n = 0;
    for (; before < rest->len && edoi_byte_is(rest->ptr[before], EDOI_BYTE_DIGIT); before++) {
        if (before == 15) return false;
        n = n * 10 + (rest->ptr[before] - '0');
    }
    if (before == 0) return false;
    *rest = edoi_after(*rest, before);
    out->kind = EDO_SFV_INTEGER;
    if (sfv_take_byte(rest, '.')) {
        out->kind = EDO_SFV_DECIMAL;
        for (; behind < rest->len && edoi_byte_is(rest->ptr[behind], EDOI_BYTE_DIGIT); behind++) {
            if (behind == 3) return false;
            n = n * 10 + (rest->ptr[behind] - '0');
        }
        if (before > 12 || behind == 0) return false;
        *rest = edoi_after(*rest, behind);
        for (; behind < 3; behind++) n *= 10;
    }
    EDO_ASSERT(n <= EDO_SFV_INTEGER_MAX); // 15 digits in either form
    out->n = is_negative ? -n : n;
    return true;
}

/* Takes the text up to the delimiter `end`, which a backslash may protect in strings. */
static bool sfv_item_take_text(edo_sfv_item *out, edo_str *rest, edo_sfv_kind kind, char end) {
    size_t n = 0;
    for (; n < rest->len && rest->ptr[n] != end; n++)
        if (kind == EDO_SFV_STRING && rest->ptr[n] == '\\' && n + 1 < rest->len) n++;
    if (n == rest->len) return false;
    out->kind = kind;
    out->text = sfv_take(rest, n);
    *rest = edoi_after(*rest, 1);
    return edoi_sfv_is_text(kind, out->text);
}

static bool take_bare(edo_sfv_item *out, edo_str *rest) {
    *out = (edo_sfv_item){ .text = { NULL, 0 } };
    if (sfv_take_byte(rest, '"')) return sfv_item_take_text(out, rest, EDO_SFV_STRING, '"');
    if (sfv_take_byte(rest, ':')) return sfv_item_take_text(out, rest, EDO_SFV_BYTES, ':');
    if (sfv_take_byte(rest, '%'))
        return sfv_take_byte(rest, '"') && sfv_item_take_text(out, rest, EDO_SFV_DISPLAY, '"');
    if (sfv_take_byte(rest, '@')) {
        bool is_integer = sfv_item_take_number(out, rest) && out->kind == EDO_SFV_INTEGER;
        out->kind = EDO_SFV_DATE;
        return is_integer;
    }
    if (sfv_take_byte(rest, '?')) {
        out->kind = EDO_SFV_BOOLEAN;
        out->n = rest->len > 0 && rest->ptr[0] == '1';
        return sfv_take_byte(rest, out->n ? '1' : '0');
    }
    size_t n = edoi_sfv_token_n(*rest);
    if (n == 0) return sfv_item_take_number(out, rest);
    out->kind = EDO_SFV_TOKEN;
    out->text = sfv_take(rest, n);
    return true;
}

/* ---- Parameters, items, inner lists ---------------------------------------------------------- */

static bool sfv_take_key(edo_str *key, edo_str *rest) {
    *key = sfv_take(rest, edoi_sfv_key_n(*rest));
    return key->len > 0;
}

/* Takes ";key=value" or ";key". */
static bool take_param(edo_str *key, edo_sfv_item *out, edo_str *rest) {
    if (!sfv_take_byte(rest, ';')) return false;
    edoi_skip(rest, " ");
    if (!sfv_take_key(key, rest)) return false;
    if (sfv_take_byte(rest, '=')) return take_bare(out, rest);
    *out = (edo_sfv_item){ .kind = EDO_SFV_BOOLEAN, .n = 1 };
    return true;
}

/* Takes the parameters that follow, if any. */
static bool take_params(edo_sfv_item *out, edo_str *rest) {
    const char *begin = rest->ptr;
    edo_str key;
    edo_sfv_item value;
    while (rest->len > 0 && rest->ptr[0] == ';')
        if (!take_param(&key, &value, rest)) return false;
    if (rest->ptr != begin) out->params = (edo_str){ begin, (size_t)(rest->ptr - begin) };
    return true;
}

static bool take_item(edo_sfv_item *out, edo_str *rest) {
    return take_bare(out, rest) && take_params(out, rest);
}

/* Takes an inner list, behind its parenthesis. */
static bool take_inner(edo_sfv_item *out, edo_str *rest) {
    const char *begin = rest->ptr;
    edo_sfv_item element;
    for (;;) {
        edoi_skip(rest, " ");
        size_t n = (size_t)(rest->ptr - begin);
        if (sfv_take_byte(rest, ')')) {
            *out = (edo_sfv_item){ .kind = EDO_SFV_INNER, .text = { begin, n } };
            return take_params(out, rest);
        }
        if (rest->len == 0 || !take_item(&element, rest)) return false;
        if (rest->len == 0 || !edoi_is_one_of(rest->ptr[0], " )")) return false;
    }
}

static bool take_member(edo_sfv_item *out, edo_str *rest) {
    return sfv_take_byte(rest, '(') ? take_inner(out, rest) : take_item(out, rest);
}

/* Takes the comma before the next member. Returns true also at the end. */
static bool take_comma(edo_str *rest) {
    edoi_skip(rest, " \t");
    if (rest->len == 0) return true;
    if (!sfv_take_byte(rest, ',')) return false;
    edoi_skip(rest, " \t");
    return rest->len > 0;
}

/* ---- Public ---------------------------------------------------------------------------------- */

/* Ends a step: 1, or -EINVAL with nothing left to read. */
static int sfv_step(bool is_good, edo_str *rest) {
    if (is_good) return 1;
    *rest = edoi_after(*rest, rest->len);
    return -EINVAL;
}

int edo_sfv_item_parse(edo_sfv_item *out, edo_str field) {
    edo_sfv_item found;
    edoi_skip(&field, " ");
    if (field.len == 0 || !take_item(&found, &field)) return -EINVAL;
    edoi_skip(&field, " ");
    if (field.len > 0) return -EINVAL;
    *out = found;
    return 0;
}

int edo_sfv_list_next(edo_sfv_item *out, edo_str *rest) {
    edo_sfv_item found;
    edoi_skip(rest, " ");
    if (rest->len == 0) return 0;
    int got = sfv_step(take_member(&found, rest) && take_comma(rest), rest);
    if (got > 0) *out = found;
    return got;
}

int edo_sfv_dict_next(edo_str *key, edo_sfv_item *out, edo_str *rest) {
    edo_str name;
    edo_sfv_item found = { .kind = EDO_SFV_BOOLEAN, .n = 1 };
    edoi_skip(rest, " ");
    if (rest->len == 0) return 0;
    bool is_good = sfv_take_key(&name, rest);
    if (is_good)
        is_good = sfv_take_byte(rest, '=') ? take_member(&found, rest) : take_params(&found, rest);
    int got = sfv_step(is_good && take_comma(rest), rest);
    if (got < 0) return got;
    *key = name;
    *out = found;
    return got;
}

int edo_sfv_inner_next(edo_sfv_item *out, edo_str *rest) {
    edo_sfv_item found;
    edoi_skip(rest, " ");
    if (rest->len == 0) return 0;
    bool is_good = take_item(&found, rest) && (rest->len == 0 || rest->ptr[0] == ' ');
    int got = sfv_step(is_good, rest);
    if (got > 0) *out = found;
    return got;
}

int edo_sfv_param_next(edo_str *key, edo_sfv_item *out, edo_str *rest) {
    edo_str name;
    edo_sfv_item found;
    if (rest->len == 0) return 0;
    int got = sfv_step(take_param(&name, &found, rest), rest);
    if (got < 0) return got;
    *key = name;
    *out = found;
    return got;
}

int edo_sfv_check(edo_sfv_form form, edo_str field) {
    edo_sfv_item item;
    edo_str key;
    int got = 1;
    if (form == EDO_SFV_ITEM) return edo_sfv_item_parse(&item, field);
    while (got > 0)
        got = form == EDO_SFV_LIST ? edo_sfv_list_next(&item, &field)
                                   : edo_sfv_dict_next(&key, &item, &field);
    return got;
}

int edo_sfv_get(edo_sfv_item *out, edo_str field, edo_str key) {
    edo_sfv_item item, found = { .n = 0 };
    edo_str name;
    bool is_there = false;
    int got;
    while ((got = edo_sfv_dict_next(&name, &item, &field)) > 0) {
        if (!edo_str_equal(name, key)) continue;
        is_there = true;
        found = item;
    }
    if (got < 0 || !is_there) return got < 0 ? got : -ENOENT;
    *out = found;
    return 0;
}

int edo_sfv_param_get(edo_sfv_item *out, const edo_sfv_item *item, edo_str key) {
    edo_sfv_item value;
    edo_str name, rest = item->params;
    int found = -ENOENT;
    while (edo_sfv_param_next(&name, &value, &rest) > 0) {
        if (!edo_str_equal(name, key)) continue;
        *out = value;
        found = 0;
    }
    return found;
}
