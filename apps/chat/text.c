/* SPDX-License-Identifier: MIT */
/* text.c: checks on what clients send. UTF-8 by RFC 3629, section 4: the shortest form only, no
 * surrogates, nothing above U+10FFFF. So the bytes of a telnet negotiation (0xFF) never pass. */
#include "text.h"

#include <stdint.h>
#include <string.h>

/* Not isalnum(): the answer must not depend on the locale. */
static bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool name_parse(name *out, const char *text, size_t bytes) {
    if (bytes == 0 || bytes > NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < bytes; i++) {
        if (!in_name(text[i])) return false;
    }
    memcpy(out->text, text, bytes);
    out->text[bytes] = '\0';
    return true;
}

/* Bytes of the character at `p`, which has `left` bytes at most; 0 if there is none. */
static size_t character(const uint8_t *p, size_t left) {
    static const struct {
        uint8_t first, last, second_min, second_max, bytes;
    } rows[] = {
        { 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    size_t row = 0, rows_n = sizeof rows / sizeof rows[0];
    while (row < rows_n && (p[0] < rows[row].first || p[0] > rows[row].last)) row++;
    if (row == rows_n || rows[row].bytes > left) return 0;
    if (rows[row].bytes > 1 && (p[1] < rows[row].second_min || p[1] > rows[row].second_max))
        return 0;
    for (size_t i = 2; i < rows[row].bytes; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) return 0;
    }
    return rows[row].bytes;
}

/* Returns whether the whole character at `p`, of `bytes` bytes, is one that text_fault()
 * refuses. */
static bool is_control(const uint8_t *p, size_t bytes) {
    if (bytes == 1) return (p[0] < 0x20 && p[0] != '\t') || p[0] == 0x7f;
    if (bytes == 2) return p[0] == 0xc2 && p[1] < 0xa0; // C1: U+0080 to U+009F
    // U+2028, U+2029: the ends of a line and of a paragraph
    return bytes == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

const char *text_fault(const char *text, size_t bytes) {
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + bytes;
    while (p < end) {
        size_t step = character(p, (size_t)(end - p));
        if (step == 0) return "this is not UTF-8";
        if (is_control(p, step)) return "control characters are not allowed";
        p += step;
    }
    return NULL;
}

size_t text_bytes(const char *line, size_t bytes) {
    return bytes > 0 && line[bytes - 1] == '\r' ? bytes - 1 : bytes;
}
