/* SPDX-License-Identifier: MIT */
/* apps/console/terminal.c: see terminal.h. All of it on one thread, as ncurses wants it. */
#define NCURSES_WIDECHAR 1
#include "terminal.h"

#include <edo/error.h>
#include <edo/fd.h>
#include <edo/io.h>
#include <edo/scope.h>
#include <edo/signal.h>

#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

static SCREEN *term;
static screen page_of_term;

bool terminal_is_there(void) {
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* ---- Looks ----------------------------------------------------------------------------------- */

static void colors_begin(void) {
    (void)start_color();
    (void)use_default_colors();
    (void)init_pair(LOOK_GOOD, COLOR_GREEN, -1);
    (void)init_pair(LOOK_WARN, COLOR_YELLOW, -1);
    (void)init_pair(LOOK_BAD, COLOR_RED, -1);
}

static bool has_looks; /* colours */

static attr_t attributes_of(uint8_t look) {
    switch ((screen_look)look) {
    case LOOK_PLAIN: break;
    case LOOK_TITLE: return A_BOLD;
    case LOOK_CHOSEN: return A_REVERSE;
    case LOOK_DIM: return A_DIM;
    case LOOK_GOOD: return has_looks ? (attr_t)COLOR_PAIR(LOOK_GOOD) : A_NORMAL;
    case LOOK_WARN: return has_looks ? (attr_t)COLOR_PAIR(LOOK_WARN) : A_BOLD;
    case LOOK_BAD: return has_looks ? (attr_t)(COLOR_PAIR(LOOK_BAD) | A_BOLD) : A_BOLD;
    }
    return A_NORMAL;
}

int terminal_begin(bool no_colors) {
    if (!terminal_is_there()) return edo_fail(-ENOTTY, "there is no terminal: see --print");
    term = newterm(NULL, stdout, stdin);
    if (!term) return -ENOTTY;
    (void)raw();
    (void)noecho();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)set_escdelay(25);
    (void)curs_set(0);
    has_looks = !no_colors && has_colors();
    if (has_looks) colors_begin();
    return screen_resize(&page_of_term, (uint32_t)LINES, (uint32_t)COLS);
}

void terminal_end(void) {
    if (!term) return;
    (void)endwin();
    delscreen(term);
    term = NULL;
    screen_deinit(&page_of_term);
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void terminal_draw_row(const screen *s, uint32_t row) {
    (void)move((int)row, 0);
    for (uint32_t col = 0; col < s->cols; col++) {
        const screen_cell *c = &s->cells[row * s->cols + col];
        (void)attrset((int)attributes_of(c->look));
        (void)addstr(c->letter[0] ? c->letter : " ");
    }
}

void terminal_draw(app *a) {
    if (!term) return;
    app_draw(a, &page_of_term);
    (void)erase();
    for (uint32_t row = 0; row < page_of_term.rows; row++) terminal_draw_row(&page_of_term, row);
    (void)refresh();
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static int terminal_key(int got) {
    switch (got) {
    case KEY_UP: return KEY_IS_UP;
    case KEY_DOWN: return KEY_IS_DOWN;
    case KEY_LEFT: return KEY_IS_LEFT;
    case KEY_RIGHT: return KEY_IS_RIGHT;
    case KEY_PPAGE: return KEY_IS_PAGE_UP;
    case KEY_NPAGE: return KEY_IS_PAGE_DOWN;
    case KEY_HOME: return KEY_IS_HOME;
    case KEY_END: return KEY_IS_END;
    case KEY_ENTER:
    case '\r':
    case '\n': return KEY_IS_ENTER;
    case 27: return KEY_IS_ESC;
    case KEY_BACKSPACE:
    case 8:
    case 127: return KEY_IS_BACKSPACE;
    default: return got;
    }
}

static int keys_run(void *arg) {
    app *a = arg;
    edo_fd *in = NULL;
    int err = edo_fd_open(&in, STDIN_FILENO, NULL);
    while (err >= 0 && !a->is_over) {
        err = edo_fd_ready(in, EDO_IO_READ);
        for (int key; err >= 0 && !a->is_over && (key = getch()) != ERR;)
            app_key(a, terminal_key(key));
        if (err >= 0 && ((uint32_t)err & (EDO_IO_ERR | EDO_IO_READ_CLOSED)))
            a->is_over = true; // it has gone
        terminal_draw(a);
    }
    edo_fd_close(in);
    return err < 0 ? err : 0;
}

static int sizes_run(void *arg) {
    edo_signal *changes;
    struct winsize size;
    int err = edo_signal_listen(&changes, SIGWINCH);
    if (err < 0) return err;
    while ((err = edo_signal_recv(changes)) == 0) {
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) continue;
        (void)resizeterm(size.ws_row, size.ws_col);
        err = screen_resize(&page_of_term, (uint32_t)LINES, (uint32_t)COLS);
        if (err < 0) break;
        (void)clear();
        terminal_draw(arg);
    }
    edo_signal_close(changes);
    return err;
}

int terminal_run(app *a) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, sizes_run, a);
    terminal_draw(a);
    int err = keys_run(a);
    edo_scope_cancel(&s);
    int end = edo_scope_end(&s, 0);
    return err < 0 ? err : end;
}
