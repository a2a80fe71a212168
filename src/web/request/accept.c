/* SPDX-License-Identifier: MIT */
/* web/request/accept.c: edo_web_negotiate(), edo_web_negotiate_language(), and the parsing of
 * `Accept`. */
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_fields.h>

#include <errno.h>

#define NAMES_BYTES_MAX 400 /* of types, in the detail of a refusal */

static int accept_join(edo_web *w, edo_header_id id, edo_str *out) {
    edo_buf all = { 0 };
    int err = edo_headers_combine(&w->req->headers, edo_header_name(id), &all);
    const char *copy = err < 0 ? NULL : edo_arena_copy(w->req->arena, all.ptr, all.len);
    *out = (edo_str){ copy, all.len };
    edo_buf_deinit(&all);
    return err == 0 && !copy ? -ENOMEM : err;
}

/* Returns all lines of a field as one list; NULL as its pointer if the list is empty. */
static int accept_list_of(edo_web *w, edo_header_id id, edo_str *out) {
    const edo_headers *h = &w->req->headers;
    const edo_header *first = edo_headers_next(h, NULL, id);
    *out = first ? first->value : (edo_str){ 0 };
    int err = first && edo_headers_next(h, first, id) ? accept_join(w, id, out) : 0;
    edo_str element, rest = *out;
    if (err == 0 && !edo_header_next(&element, &rest)) *out = (edo_str){ 0 };
    return err;
}

int edoi_web_accept(edo_web *w, edo_str *out) {
    return accept_list_of(w, EDO_HEADER_ACCEPT, out);
}

/* ---- Types ----------------------------------------------------------------------------------- */

static bool are_types(const char *const *types, size_t n) {
    edo_media_type read;
    for (size_t i = 0; i < n; i++)
        if (!types[i] || edo_media_type_parse(&read, edo_str_of(types[i])) < 0 ||
            read.params.len > 0)
            return false;
    return n > 0;
}

/* Returns the index of the best type, or -1. */
static int best_of(edo_str accept, const char *const *types, size_t n) {
    int best = -1, most = 0;
    for (size_t i = 0; i < n; i++) {
        int weight = edo_accept_media_weight(accept, edo_str_of(types[i]));
        if (weight <= most) continue;
        most = weight;
        best = (int)i;
    }
    return best;
}

/* Refuses the request, and names the types that there are (RFC 9110 section 15.5.7). */
static int accept_refuse(edo_web *w, const char *const *types, size_t n) {
    char names[NAMES_BYTES_MAX] = "";
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(types[i]);
        if (at + len + 3 > sizeof names) break;
        if (at > 0) names[at++] = ',', names[at++] = ' ';
        memcpy(names + at, types[i], len + 1);
        at += len;
    }
    return edo_web_reject(w, -ENOTSUP, EDO_STATUS_NOT_ACCEPTABLE, "only %s is here", names);
}

int edo_web_negotiate(edo_web *w, const char *const *types, size_t n) {
    edo_str accept = { 0 };
    if (!are_types(types, n)) return edo_fail(-EINVAL, "a type to choose from is no media type");
    int err = edoi_vary(&w->res->headers, EDO_STR("accept"));
    if (err == 0) err = edoi_web_accept(w, &accept);
    if (err < 0) return err;
    int best = best_of(accept, types, n);
    return best < 0 ? accept_refuse(w, types, n) : best;
}

/* ---- Languages ------------------------------------------------------------------------------- */

/* Is `begin` all of `tag`, or its first subtags? */
static bool accept_begins_with(edo_str tag, edo_str begin) {
    if (tag.len < begin.len || !edoi_equal_nocase((edo_str){ tag.ptr, begin.len }, begin))
        return false;
    return tag.len == begin.len || tag.ptr[begin.len] == '-';
}

/* Returns how near a range is to a language: the bytes that both have, and one for all; 0 if it
 * does not match. "en" matches "en-GB" (RFC 4647 section 3.3.1), and "de-AT" matches "de" (section
 * 3.4), unless that is refused. */
static size_t preference_nearness(const edo_preference *range, edo_str language) {
    if (edo_str_equal(range->value, EDO_STR("*"))) return 1;
    if (accept_begins_with(language, range->value)) return range->value.len + 1;
    return range->weight > 0 && accept_begins_with(range->value, language) ? language.len : 0;
}

static int accept_weight_of(edo_str wishes, edo_str language) {
    edo_preference range;
    size_t nearest = 0;
    int weight = 0, got;
    while ((got = edo_accept_next(&range, &wishes)) != 0) {
        size_t near = got > 0 ? preference_nearness(&range, language) : 0;
        if (near == 0 || near < nearest || (near == nearest && range.weight <= weight)) continue;
        nearest = near;
        weight = range.weight;
    }
    return weight;
}

int edo_web_negotiate_language(edo_web *w, const char *const *languages, size_t n) {
    edo_str wishes = { 0 };
    int best = 0, most = 0;
    if (n == 0) return edo_fail(-EINVAL, "no language to choose from");
    int err = edoi_vary(&w->res->headers, EDO_STR("accept-language"));
    if (err == 0) err = accept_list_of(w, EDO_HEADER_ACCEPT_LANGUAGE, &wishes);
    if (err < 0) return err;
    for (size_t i = 0; i < n && wishes.ptr; i++) {
        int weight = accept_weight_of(wishes, edo_str_of(languages[i]));
        if (weight <= most) continue;
        most = weight;
        best = (int)i;
    }
    return best;
}
