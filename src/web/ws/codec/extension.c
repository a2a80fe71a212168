/* SPDX-License-Identifier: MIT */
/* web/ws/codec/extension.c: how two ends agree on compression (RFC 7692 section 7.1). */
#include "base/text/ascii.h"
#include "web/ws/codec/deflate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME     "permessage-deflate"
#define BITS_MAX 15u
#define BITS_MIN 9u /* of what a server sends: zlib compresses badly for 8 (deflate.c) */

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct parameter {
    edo_str name, value; /* value.ptr NULL: it has no value */
} parameter;

static edo_str extension_trim(edo_str s) {
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    return s;
}

/* Takes the part before the next `mark` from `list`. */
static edo_str extension_take(edo_str *list, char mark) {
    const char *at = list->len > 0 ? memchr(list->ptr, mark, list->len) : NULL;
    edo_str part = { list->ptr, at ? (size_t)(at - list->ptr) : list->len };
    size_t skip = part.len + (at ? 1 : 0);
    list->ptr += skip;
    list->len -= skip;
    return extension_trim(part);
}

/* Takes a parameter. Its value is a number, which may stand in quotes. */
static parameter take_parameter(edo_str *list) {
    edo_str text = extension_take(list, ';');
    parameter p = { .name = extension_take(&text, '=') };
    if (text.len == 0) return p;
    p.value = text = extension_trim(text);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        p.value = (edo_str){ text.ptr + 1, text.len - 2 };
    return p;
}

static bool is(edo_str s, const char *word) {
    return edoi_equal_nocase(s, edo_str_of(word));
}

/* Returns the number of bits, or 0 if it is none from 8 to 15. */
static unsigned extension_bits_of(edo_str s) {
    if (s.len == 1 && (s.ptr[0] == '8' || s.ptr[0] == '9')) return (unsigned)(s.ptr[0] - '0');
    if (s.len == 2 && s.ptr[0] == '1' && s.ptr[1] >= '0' && s.ptr[1] <= '5')
        return 10 + (unsigned)(s.ptr[1] - '0');
    return 0;
}

/* The parameters of one offer or response. */
typedef struct terms {
    bool server_forgets, client_forgets;
    unsigned server_bits, client_bits; /* 0: not named */
    bool client_bits_free;             /* named without a value */
} terms;

static bool set_once(bool *flag, edo_str value) {
    bool is_fine = !*flag && !value.ptr;
    *flag = true;
    return is_fine;
}

static bool set_bits(unsigned *bits, edo_str value) {
    if (*bits) return false;
    *bits = value.ptr ? extension_bits_of(value) : 0;
    return *bits != 0;
}

static bool set_client_bits(terms *t, edo_str value) {
    if (t->client_bits || t->client_bits_free) return false;
    t->client_bits_free = !value.ptr;
    return t->client_bits_free || set_bits(&t->client_bits, value);
}

/* Parses the parameters. One that is unknown, doubled or has a bad value makes the whole
 * unacceptable. */
static bool read_terms(terms *t, edo_str list) {
    *t = (terms){ 0 };
    while (list.len > 0) {
        parameter p = take_parameter(&list);
        bool is_fine = false;
        if (is(p.name, "server_no_context_takeover")) {
            is_fine = set_once(&t->server_forgets, p.value);
        } else if (is(p.name, "client_no_context_takeover")) {
            is_fine = set_once(&t->client_forgets, p.value);
        } else if (is(p.name, "server_max_window_bits")) {
            is_fine = set_bits(&t->server_bits, p.value);
        } else if (is(p.name, "client_max_window_bits")) {
            is_fine = set_client_bits(t, p.value);
        }
        if (!is_fine) return false;
    }
    return true;
}

/* ---- Agreeing -------------------------------------------------------------------------------- */

static unsigned extension_least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static unsigned bits_wanted(const edo_ws_opts *o) {
    unsigned bits = o->deflate_bits ? o->deflate_bits : BITS_MAX;
    return bits < BITS_MIN ? BITS_MIN : extension_least(bits, BITS_MAX);
}

/* Agrees on terms that both ends can keep. Returns whether there are any. */
static bool ws_agreed_agree(edoi_ws_agreed *out, const terms *t, const edo_ws_opts *o) {
    unsigned wanted = bits_wanted(o);
    unsigned ours = extension_least(wanted, t->server_bits ? t->server_bits : BITS_MAX);
    if (ours < BITS_MIN) return false;
    bool may_say = t->client_bits || t->client_bits_free;
    unsigned theirs = extension_least(wanted, t->client_bits ? t->client_bits : BITS_MAX);
    *out = (edoi_ws_agreed){ .our_bits = (uint8_t)ours,
                             .their_bits = (uint8_t)(may_say ? theirs : BITS_MAX),
                             .our_context = o->deflate_keeps_context && !t->server_forgets,
                             .their_context = o->deflate_keeps_context && !t->client_forgets,
                             .has_our_bits = ours < BITS_MAX || t->server_bits,
                             .has_their_bits = may_say && theirs < BITS_MAX };
    return true;
}

bool edoi_ws_agree(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts) {
    while (field.len > 0) {
        terms t;
        edo_str offer = extension_take(&field, ',');
        if (is(extension_take(&offer, ';'), NAME) && read_terms(&t, offer) &&
            ws_agreed_agree(out, &t, opts))
            return true;
    }
    return false;
}

int edoi_ws_take_response(edoi_ws_agreed *out, edo_str field, const edo_ws_opts *opts) {
    terms t;
    *out = (edoi_ws_agreed){ 0 };
    edo_str rest = field, one = extension_take(&rest, ',');
    if (extension_trim(field).len == 0) return 0;
    if (rest.len > 0 || !opts->deflate || !is(extension_take(&one, ';'), NAME) ||
        !read_terms(&t, one))
        return -EPROTO;
    unsigned wanted = bits_wanted(opts);
    unsigned ours = extension_least(wanted, t.client_bits ? t.client_bits : BITS_MAX);
    if (t.client_bits_free) return -EPROTO;
    if (!opts->deflate_keeps_context && !t.server_forgets) return -EPROTO; // it was asked to
    *out = (edoi_ws_agreed){ .our_bits = (uint8_t)ours,
                             .their_bits = (uint8_t)(t.server_bits ? t.server_bits : BITS_MAX),
                             .our_context = opts->deflate_keeps_context && !t.client_forgets,
                             .their_context = opts->deflate_keeps_context && !t.server_forgets };
    return 0;
}

/* ---- Printing -------------------------------------------------------------------------------- */

/* Appends a parameter; `bits` 0: it is not named. */
static size_t extension_print(char to[EDOI_WS_EXTENSION_MAX], bool server_forgets,
                              bool client_forgets, unsigned server_bits, const char *client_bits) {
    char bits[40] = "";
    if (server_bits) (void)snprintf(bits, sizeof bits, "; server_max_window_bits=%u", server_bits);
    int n = snprintf(to, EDOI_WS_EXTENSION_MAX, NAME "%s%s%s%s",
                     server_forgets ? "; server_no_context_takeover" : "",
                     client_forgets ? "; client_no_context_takeover" : "", bits, client_bits);
    return (size_t)n;
}

size_t edoi_ws_print_agreed(char to[EDOI_WS_EXTENSION_MAX], const edoi_ws_agreed *a) {
    char client[40] = "";
    if (a->has_their_bits)
        (void)snprintf(client, sizeof client, "; client_max_window_bits=%u",
                       (unsigned)a->their_bits);
    return extension_print(to, !a->our_context, !a->their_context,
                           a->has_our_bits ? a->our_bits : 0, client);
}

size_t edoi_ws_print_offer(char to[EDOI_WS_EXTENSION_MAX], const edo_ws_opts *opts) {
    unsigned bits = bits_wanted(opts);
    bool forgets = !opts->deflate_keeps_context;
    return extension_print(to, forgets, forgets, bits < BITS_MAX ? bits : 0,
                           "; client_max_window_bits");
}
