/* SPDX-License-Identifier: MIT */
/* apps/console/screen.c: see screen.h. A letter is one code point: names of programs have hardly
 * others. */
#include "screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int screen_resize(screen *s, uint32_t rows, uint32_t cols) {
    if (rows > SCREEN_ROWS_MAX) rows = SCREEN_ROWS_MAX;
    if (cols > SCREEN_COLS_MAX) cols = SCREEN_COLS_MAX;
    screen_cell *cells = calloc((size_t)rows * cols + 1, sizeof *cells);
    if (!cells) return -ENOMEM;
    free(s->cells);
    s->cells = cells;
    s->rows = rows;
    s->cols = cols;
    return 0;
}

void screen_clear(screen *s) {
    memset(s->cells, 0, (size_t)s->rows * s->cols * sizeof *s->cells);
}

void screen_deinit(screen *s) {
    free(s->cells);
    s->cells = NULL;
    s->rows = s->cols = 0;
}

/* The bytes of the letter at the beginning of `text`, which is UTF-8. */
static size_t letter_bytes(edo_str text) {
    size_t n = 1;
    while (n < text.len && n < 4 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80) n++;
    return n;
}

uint32_t screen_width(edo_str text) {
    uint32_t width = 0;
    for (size_t at = 0; at < text.len; width++)
        at += letter_bytes((edo_str){ text.ptr + at, text.len - at });
    return width;
}

/* Control characters, of which a terminal takes those from U+0080 to U+009F for orders, too, and
 * bytes that are no UTF-8 are not. */
static bool letter_is_shown(const char *letter, size_t n, bool is_ascii) {
    const unsigned char first = (unsigned char)letter[0];
    if (n == 1) return first >= 0x20 && first < 0x7f;
    return !is_ascii && (first != 0xc2 || (unsigned char)letter[1] >= 0xa0);
}

static void cell_set(const screen *s, screen_cell *c, screen_look look, const char *letter,
                     size_t n) {
    const bool is_shown = letter_is_shown(letter, n, s->is_ascii);
    memset(c, 0, sizeof *c);
    c->look = (uint8_t)look;
    memcpy(c->letter, is_shown ? letter : "?", is_shown ? n : 1);
}

uint32_t screen_put(screen *s, uint32_t row, uint32_t col, uint32_t width, screen_look look,
                    edo_str text) {
    const uint32_t end = width > s->cols || col + width > s->cols ? s->cols : col + width;
    if (row >= s->rows) return col;
    while (text.len > 0 && col < end) {
        const size_t n = letter_bytes(text);
        cell_set(s, &s->cells[row * s->cols + col++], look, text.ptr, n);
        text.ptr += n;
        text.len -= n;
    }
    return col;
}

uint32_t screen_print(screen *s, uint32_t row, uint32_t col, screen_look look, const char *format,
                      ...) {
    char text[2 * SCREEN_COLS_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return screen_put(s, row, col, SCREEN_COLS_MAX, look, edo_str_of(text));
}

void screen_paint(screen *s, uint32_t row, screen_look look) {
    for (uint32_t col = 0; row < s->rows && col < s->cols; col++)
        s->cells[row * s->cols + col].look = (uint8_t)look;
}

static bool is_blank(const screen_cell *c) {
    return c->letter[0] == '\0' || strcmp(c->letter, " ") == 0;
}

static uint32_t screen_row_end(const screen *s, uint32_t row) {
    uint32_t end = s->cols;
    while (end > 0 && is_blank(&s->cells[row * s->cols + end - 1])) end--;
    return end;
}

void screen_write(const screen *s, FILE *out) {
    uint32_t rows = s->rows;
    while (rows > 0 && screen_row_end(s, rows - 1) == 0) rows--;
    for (uint32_t row = 0; row < rows; row++) {
        const uint32_t end = screen_row_end(s, row);
        for (uint32_t col = 0; col < end; col++) {
            const char *letter = s->cells[row * s->cols + col].letter;
            (void)fputs(*letter ? letter : " ", out);
        }
        (void)fputc('\n', out);
    }
}
