/* SPDX-License-Identifier: MIT */
/* screen.c: see screen.h. */
#include "terminal/screen.h"

#include "text.h"

#include <string.h>
#include <time.h>

#define DIM   "\033[2m"
#define PLAIN "\033[0m"

static bool misleads(int32_t c) {
    return (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static void screen_print_text(FILE *out, const char *text, size_t bytes) {
    const uint8_t *p = (const uint8_t *)text, *end = p + bytes;
    while (p < end) {
        const uint8_t *begin = p;
        int32_t c = text_next(&p, end);
        if (c < 0) {
            fprintf(out, "<%02X>", *begin);
            p = begin + 1;
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            fprintf(out, "^%c", c ^ 0x40);
        } else if (misleads(c)) {
            fprintf(out, "<U+%04X>", (unsigned)c);
        } else {
            (void)fwrite(begin, 1, (size_t)(p - begin), out);
        }
    }
}

static void print_time(FILE *out, int64_t time_s, bool has_colours) {
    struct tm now;
    char text[16] = "";
    time_t t = (time_t)time_s;
    if (time_s == SCREEN_NO_TIME)
        (void)snprintf(text, sizeof text, "     "); // as wide as a time
    else if (localtime_r(&t, &now))
        (void)strftime(text, sizeof text, "%H:%M", &now);
    fprintf(out, "%s%s%s ", has_colours ? DIM : "", text, has_colours ? PLAIN : "");
}

/* The bytes before ": " in "ann: text" or "ann -> you: text"; 0: it is no such line. */
static size_t author_bytes(const char *line, size_t bytes) {
    static const char to_you[] = " -> you";
    const char *colon = memchr(line, ':', bytes);
    if (!colon || colon + 1 == line + bytes || colon[1] != ' ') return 0;
    size_t n = (size_t)(colon - line), name_n = n, tail = sizeof to_you - 1;
    if (n > tail && memcmp(colon - tail, to_you, tail) == 0) name_n -= tail;
    name author;
    return name_parse(&author, (edo_str){ line, name_n }) ? n : 0;
}

/* A colour that the name always has: red to cyan, of which none is the ground's. */
static int colour_of(const char *text, size_t bytes) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < bytes && text[i] != ' '; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return 31 + (int)((hash >> 16) % 6);
}

void screen_print(FILE *out, const char *line, size_t bytes, int64_t time_s, bool has_colours) {
    size_t author = author_bytes(line, bytes);
    print_time(out, time_s, has_colours);
    if (has_colours && author > 0) {
        fprintf(out, "\033[1;%dm", colour_of(line, author));
        screen_print_text(out, line, author);
        fputs(PLAIN, out);
        line += author;
        bytes -= author;
    }
    bool is_dim = has_colours && bytes >= 2 && line[0] == '*' && line[1] == ' ';
    if (is_dim) fputs(DIM, out);
    screen_print_text(out, line, bytes);
    fputs(is_dim ? PLAIN "\n" : "\n", out);
}
