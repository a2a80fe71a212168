/* SPDX-License-Identifier: MIT */
/* text.c: see text.h. */
#include "text.h"

#include <edo/base.h>

#include <string.h>

int32_t text_next(const uint8_t **text, const uint8_t *end) {
    static const int32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    int32_t c = *(*text)++;
    if (c < 0x80) return c;
    int more = c >> 5 == 0x06 ? 1 : c >> 4 == 0x0e ? 2 : c >> 3 == 0x1e ? 3 : 0;
    if (more == 0) return -1;
    c &= 0x3f >> more;
    for (int i = 0; i < more; i++, (*text)++) {
        if (*text == end || **text >> 6 != 2) return -1;
        c = c << 6 | (**text & 0x3f);
    }
    bool is_surrogate = c >= 0xd800 && c <= 0xdfff;
    return c < least[more] || is_surrogate || c > 0x10ffff ? -1 : c;
}

const char *text_fault(edo_str text) {
    const uint8_t *p = (const uint8_t *)text.ptr, *end = p + text.len;
    while (p < end) {
        int32_t c = text_next(&p, end);
        if (c < 0) return "this is not UTF-8";
        bool is_control = (c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f);
        if (is_control || c == 0x2028 || c == 0x2029) return "control characters are not allowed";
    }
    return NULL;
}

static bool is_invisible(int32_t c) {
    static const int32_t ranges[][2] = {
        { 0x09, 0x0d },     { 0x20, 0x20 },       { 0x85, 0x85 },       { 0xa0, 0xa0 },
        { 0xad, 0xad },     { 0x34f, 0x34f },     { 0x61c, 0x61c },     { 0x115f, 0x1160 },
        { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x2000, 0x200f },
        { 0x2028, 0x202f }, { 0x205f, 0x206f },   { 0x2800, 0x2800 },   { 0x3000, 0x3000 },
        { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };
    for (size_t i = 0; i < EDO_COUNT(ranges); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

bool text_is_blank(edo_str text) {
    const uint8_t *p = (const uint8_t *)text.ptr, *end = p + text.len;
    bool is_blank = true;
    while (is_blank && p < end) is_blank = is_invisible(text_next(&p, end));
    return is_blank;
}

text_lines text_lines_of(edo_str text) {
    const char *at = text.ptr ? text.ptr : "";
    return (text_lines){ at, at + text.len };
}

bool text_lines_next(text_lines *self, edo_str *line) {
    if (!self->at) return false;
    size_t left = (size_t)(self->end - self->at);
    const char *end = memchr(self->at, '\n', left);
    *line = (edo_str){ self->at, end ? (size_t)(end - self->at) : left };
    self->at = end ? end + 1 : NULL;
    return true;
}

const char *text_lines_fault(edo_str text) {
    text_lines lines = text_lines_of(text);
    const char *fault = NULL;
    edo_str line;
    for (size_t n = 0; !fault && text_lines_next(&lines, &line);)
        fault = ++n > TEXT_LINES_MAX ? "these are too many lines" : text_fault(line);
    return fault;
}

void text_mark_cut(char *text, size_t bytes) {
    static const char mark[] = "\u2026";
    size_t n = bytes - sizeof mark;
    while (n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80) n--;
    memcpy(text + n, mark, sizeof mark);
}

static bool begins_with_word(const char *line, const char *word) {
    size_t n = strlen(word);
    return strncmp(line, word, n) == 0 && strchr(" \t\r", line[n]) != NULL; // or its end
}

bool text_is_database(const char *text) {
    return text_begins(text, "postgres://") || text_begins(text, "postgresql://");
}

size_t line_ref_bytes(const char *line) {
    const size_t begin = sizeof TEXT_REF - 1;
    size_t n = 0;
    if (strncmp(line, TEXT_REF, begin) != 0) return 0;
    while (line[begin + n] > ' ' && line[begin + n] <= '~') n++;
    bool is_ref = n > 0 && n <= TEXT_REF_BYTES_MAX && line[begin + n] == ' ';
    return is_ref ? begin + n + 1 : 0;
}

bool line_is_command(const char *line) {
    return line[0] == '/' && line[1] != '/' && !begins_with_word(line, "/me");
}

bool line_is_ref(const char *line) {
    return begins_with_word(line, "/ref");
}

bool line_leads_to_room(const char *line, bool is_cut) {
    line += line_ref_bytes(line); // which may be any word
    if (line_is_ref(line)) return false;
    size_t n = strcspn(line, " \t\r");
    const char *rest = line + n + strspn(line + n, " \t");
    bool is_join = text_begins(line, "/j"); // no other command begins so
    bool is_unknown = is_cut && !*rest;     // the end of the word, or what follows it
    return line_is_command(line) && (is_join || *rest == '#' || is_unknown);
}

char text_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool text_is_same(const char *a, const char *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_lower(a[i]) != text_lower(b[i]) || a[i] == '\0') return false;
    return true;
}

bool text_begins(const char *text, const char *begin) {
    while (*begin && text_lower(*text) == text_lower(*begin)) text++, begin++;
    return *begin == '\0';
}
