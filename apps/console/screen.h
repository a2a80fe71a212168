/* SPDX-License-Identifier: MIT */
/* apps/console/screen.h: a page of text before it is shown: rows of cells with a look of their own.
 * So what is drawn does not depend on a terminal, and can be printed. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include <edo/bytes.h>

#include <stdio.h>

#define SCREEN_ROWS_MAX 300u
#define SCREEN_COLS_MAX 500u

typedef enum screen_look {
    LOOK_PLAIN,
    LOOK_TITLE,
    LOOK_CHOSEN,
    LOOK_DIM,
    LOOK_GOOD,
    LOOK_WARN,
    LOOK_BAD,
} screen_look;

/* One letter. */
typedef struct screen_cell {
    char letter[5]; /* UTF-8, with a NUL; "": a blank */
    uint8_t look;
} screen_cell;

typedef struct screen {
    uint32_t rows, cols;
    bool is_ascii; /* other letters are shown as '?', and frames of '+', '|' and '-' */
    screen_cell *cells;
} screen;

/* Makes a blank page of that size, within the bounds above. Errors: -ENOMEM. */
int screen_resize(screen *s, uint32_t rows, uint32_t cols);
void screen_clear(screen *s);
void screen_deinit(screen *s);

/* Writes `text` from a cell on, at most `width` cells, and returns the column behind it. What does
 * not fit is cut off. Text outside of the page is not written. */
uint32_t screen_put(screen *s, uint32_t row, uint32_t col, uint32_t width, screen_look look,
                    edo_str text);
uint32_t screen_print(screen *s, uint32_t row, uint32_t col, screen_look look, const char *format,
                      ...) __attribute__((format(printf, 5, 6)));

/* All cells of a row have that look. */
void screen_paint(screen *s, uint32_t row, screen_look look);

/* The letters that `text` has, as one cell each. */
uint32_t screen_width(edo_str text);

/* The page as text, without blanks at the end of lines and blank lines at the end. */
void screen_write(const screen *s, FILE *out);

#endif
