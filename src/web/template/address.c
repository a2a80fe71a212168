/* SPDX-License-Identifier: MIT */
/* web/template/address.c: see address.h, and the basic URL parser of the URL standard. */
#include "web/template/address.h"

#include <string.h>

/* What is behind these is run, is a page itself, or is an address with a scheme of its own. */
static const char *const codes[EDOI_ADDRESS_CODES_N] = { "data",        "javascript", "vbscript",
                                                         "livescript",  "mocha",      "blob",
                                                         "view-source", "jar",        "feed",
                                                         "filesystem" };

static char address_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_slash(char c) {
    return c == '/' || c == '\\';
}

void edoi_address_begin(edoi_address *a) {
    memset(a, 0, sizeof *a);
    for (size_t i = 0; i < EDOI_ADDRESS_CODES_N; i++) a->schemes[i] = 1;
}

/* The letter `c` of a scheme: each number of letters before becomes one more, or is none. */
static void scheme_letter(edoi_address *a, char c) {
    for (size_t i = 0; i < EDOI_ADDRESS_CODES_N; i++) {
        uint16_t next = 0;
        for (size_t n = 0; codes[i][n]; n++)
            if (((unsigned)a->schemes[i] >> n & 1u) != 0 && codes[i][n] == address_lower(c))
                next = (uint16_t)(next | 1u << (n + 1));
        a->schemes[i] = next;
    }
}

/* The scheme has ended: is it code, for one way to here? */
static edoi_address_step scheme_end(const edoi_address *a) {
    edoi_address_step found = EDOI_ADDRESS_PATH;
    for (size_t i = 0; i < EDOI_ADDRESS_CODES_N; i++) {
        if (!(a->schemes[i] >> strlen(codes[i]) & 1u)) continue;
        if (i > 0) return EDOI_ADDRESS_CODE;
        found = EDOI_ADDRESS_DATA;
    }
    return found;
}

/* An origin is known behind a slash that ends a host or a folder, and behind one letter of a path
 * that begins with a slash: a value that begins with another slash would be a host there. */
static uint16_t origin_behind(uint16_t origin, char c) {
    bool ends = is_slash(c) || c == '?' || c == '#';
    switch (origin) {
    case EDOI_ADDRESS_NEW:
        if (c == '/') return EDOI_ADDRESS_SLASH;
        return ends || c == ':' ? EDOI_ADDRESS_DEEP : EDOI_ADDRESS_HOST;
    case EDOI_ADDRESS_SLASH: return is_slash(c) ? EDOI_ADDRESS_DEEP : EDOI_ADDRESS_KNOWN;
    case EDOI_ADDRESS_HOST:
        if (c == ':') return EDOI_ADDRESS_DEEP;
        return ends ? EDOI_ADDRESS_KNOWN : EDOI_ADDRESS_HOST;
    case EDOI_ADDRESS_DEEP: return ends || c == ':' ? EDOI_ADDRESS_DEEP : EDOI_ADDRESS_HOST;
    default: return origin;
    }
}

edoi_address_step edoi_address_byte(edoi_address *a, char c) {
    if ((unsigned char)c <= ' ') // a browser takes most of them out
        return a->is_path ? EDOI_ADDRESS_PATH : EDOI_ADDRESS_BEGINS;
    a->origin = origin_behind(a->origin, c);
    if (a->is_path) return EDOI_ADDRESS_PATH;
    a->is_path = c == '/' || c == '?' || c == '#' || c == ':';
    if (c == ':') return a->is_unsure ? EDOI_ADDRESS_WRONG : scheme_end(a);
    if (!a->is_path) scheme_letter(a, c);
    return a->is_path ? EDOI_ADDRESS_PATH : EDOI_ADDRESS_BEGINS;
}

void edoi_address_pass_value(edoi_address *a) {
    memset(a, 0, sizeof *a);
    a->is_unsure = true;
}

void edoi_address_join(edoi_address *a, const edoi_address *other) {
    if (a->is_unsure || other->is_unsure) {
        edoi_address_pass_value(a);
        return;
    }
    for (size_t i = 0; i < EDOI_ADDRESS_CODES_N; i++)
        a->schemes[i] = (uint16_t)(a->schemes[i] | other->schemes[i]);
}

static bool is_one_of(edo_str scheme, const char *const *schemes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < scheme.len && address_lower(scheme.ptr[at]) == schemes[i][at]) at++;
        if (at == scheme.len && !schemes[i][at]) return true;
    }
    return false;
}

/* No scheme has a "&" in it, whatever the entity means that it begins. */
edoi_address_printed edoi_address_behind(edoi_address_printed before, edo_str html) {
    for (size_t i = 0; i < html.len && before != EDOI_ADDRESS_DECIDED; i++) {
        if (memchr(":/?#&", html.ptr[i], 5)) return EDOI_ADDRESS_DECIDED;
        if ((unsigned char)html.ptr[i] > ' ') before = EDOI_ADDRESS_TEXT;
    }
    return before;
}

bool edoi_address_is_safe(edo_str value, edoi_address_printed before) {
    static const char *const schemes[] = { "http", "https", "mailto" };
    if (before == EDOI_ADDRESS_DECIDED) return true;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '/' || c == '?' || c == '#') return true;
        if (c == ':')
            return before == EDOI_ADDRESS_NOTHING &&
                   is_one_of((edo_str){ value.ptr, i }, schemes, 3);
    }
    return true;
}
