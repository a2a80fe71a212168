/* SPDX-License-Identifier: MIT */
/* name/name.c: see name.h. */
#include "name/name.h"

#include "name/name_rules.h"
#include "text.h"

#include <edo/base.h>

#include <string.h>

static const char blank_of_lines[] = "\u00a0";

bool name_has_byte(char c) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return c != '\0' && strchr(allowed, c) != NULL;
}

bool room_name_parse(name *out, edo_str word) {
    name parsed = { "" };
    if (word.len == 0 || word.len > ROOM_BYTES_MAX) return false;
    for (size_t i = 0; i < word.len; i++)
        if (!name_has_byte(word.ptr[i])) return false; // a NUL is not allowed, either
    memcpy(parsed.text, word.ptr, word.len);
    *out = parsed;
    return true;
}

/* ---- Words of lines -------------------------------------------------------------------------- */

name_word name_as_word(const name *n) {
    name_word word = { "" };
    char *to = word.text;
    for (const char *at = n->text; *at; at++) {
        if (*at == ' ') {
            memcpy(to, blank_of_lines, sizeof blank_of_lines - 1);
            to += sizeof blank_of_lines - 1;
        } else {
            *to++ = *at;
        }
    }
    return word;
}

size_t name_word_bytes(edo_str text) {
    size_t n = 0;
    while (n < text.len && (name_has_byte(text.ptr[n]) || (text.ptr[n] & 0x80) ||
                            text.ptr[n] == '\'' || text.ptr[n] == '.'))
        n++;
    return n;
}

/* Writes the text with each blank of lines as U+0020. Returns false if it is too long. */
static bool blanks_read(name *out, edo_str text) {
    const size_t blank = sizeof blank_of_lines - 1;
    size_t n = 0;
    *out = (name){ "" };
    for (size_t i = 0; i < text.len; n++) {
        bool is_blank = text.len - i >= blank && memcmp(text.ptr + i, blank_of_lines, blank) == 0;
        if (n == NAME_BYTES_MAX) return false;
        out->text[n] = is_blank ? ' ' : text.ptr[i];
        i += is_blank ? blank : 1;
    }
    return n > 0;
}

/* ---- People ---------------------------------------------------------------------------------- */

bool name_parse(name *out, edo_str text) {
    name parsed;
    if (!name_rules_take(&parsed, text)) return false;
    *out = parsed;
    return true;
}

/* Whether names have that byte as they are kept: of ASCII none that lines have for something
 * else. */
static bool is_name_kept(char c) {
    return (c & 0x80) || name_has_byte(c) || c == ' ' || c == '\'' || c == '.';
}

bool name_read(name *out, edo_str text) {
    name parsed;
    if (!blanks_read(&parsed, text)) return false;
    const edo_str read = edo_str_of(parsed.text);
    for (size_t i = 0; i < text.len; i++)
        if (!is_name_kept(text.ptr[i])) return false;
    if (text_fault(read) || text_is_blank(read)) return false;
    *out = parsed;
    return true;
}

/* ---- One name -------------------------------------------------------------------------------- */

static bool is_ascii(const char *text) {
    while (*text && !(*text & 0x80)) text++;
    return *text == '\0';
}

/* Of a name that cannot be folded, as of a program with other rules, the key is the name. */
void name_key(const name *n, char out[NAME_BYTES_MAX + 1]) {
    size_t i = 0;
    if (!is_ascii(n->text) && name_rules_fold(out, n->text)) return;
    for (; n->text[i]; i++) out[i] = text_lower(n->text[i]);
    out[i] = '\0';
}

/* Most names are of ASCII, and are compared without their keys. */
int name_compare(const name *a, const name *b) {
    char of_a[NAME_BYTES_MAX + 1], of_b[NAME_BYTES_MAX + 1];
    const char *p = a->text, *q = b->text;
    while (*p && text_lower(*p) == text_lower(*q)) p++, q++;
    if (!*p && !*q) return 0;
    if (is_ascii(a->text) && is_ascii(b->text)) return text_lower(*p) - text_lower(*q);
    name_key(a, of_a);
    name_key(b, of_b);
    return strcmp(of_a, of_b);
}

bool name_equal(const name *a, const name *b) {
    return name_compare(a, b) == 0;
}

/* Also of a name that begins so, as "server shutting down" would. */
bool name_is_reserved(const name *n) {
    static const char *const reserved[] = { "server", "system", "you" };
    name first = *n;
    first.text[strcspn(first.text, " ")] = '\0';
    for (size_t i = 0; i < EDO_COUNT(reserved); i++)
        if (name_rules_confuses(first.text, reserved[i])) return true;
    return false;
}
