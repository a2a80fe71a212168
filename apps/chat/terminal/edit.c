/* SPDX-License-Identifier: MIT */
/* edit.c: see edit.h.
 *
 * libedit asks for one character after the other, and waits for each. Its function for that is ours
 * here, and awaits: so the fiber that edits is parked, and the thread runs the others. They print
 * while libedit is in the middle of a line, which it can draw again but not take away; so that is
 * done here, from where the cursor stands by the widths of the characters. */
#include "terminal/edit.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 200

struct edit {
    EditLine *line;
    History *history;
    edo_stream *input;
    mbstate_t half; /* of a character whose first bytes have come */
    bool is_reading;
    char prompt[EDIT_PROMPT_MAX + 1];
    edit_tab_fn *on_tab; /* NULL: TAB is a character */
    void *tab_arg;
    int err; /* why the last character did not come */
};

static char *get_prompt(EditLine *line) {
    edit *self = NULL;
    (void)el_get(line, EL_CLIENTDATA, &self);
    return self->prompt;
}

/* libedit's: returns 1, 0 at the end, or -1. */
static int get_character(EditLine *line, wchar_t *out) {
    edit *self = NULL;
    (void)el_get(line, EL_CLIENTDATA, &self);
    for (;;) {
        char byte;
        int n = edo_read(self->input, &byte, 1);
        self->err = n < 0 ? n : 0;
        if (n <= 0) return n < 0 ? -1 : 0;
        size_t got = mbrtowc(out, &byte, 1, &self->half);
        if (got == (size_t)-2) continue; // more bytes belong to it
        if (got != (size_t)-1) return 1;
        memset(&self->half, 0, sizeof self->half); // no character: it is left out
    }
}

/* Is more to be read at once? A text that is pasted keeps its TABs. */
static bool has_more_input(void) {
    int bytes = 0;
    return ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* libedit's, of TAB. */
static unsigned char take_tab(EditLine *line, wint_t character) {
    char text[64];
    size_t drop_bytes = 0;
    edit *self = NULL;
    (void)character;
    (void)el_get(line, EL_CLIENTDATA, &self);
    const LineInfo *now = el_line(line);
    edo_str before = { now->buffer, (size_t)(now->cursor - now->buffer) };
    bool is_done = self->on_tab && !has_more_input() &&
                   self->on_tab(self->tab_arg, before, text, sizeof text, &drop_bytes);
    if (!is_done) return el_insertstr(line, "\t") == 0 ? CC_REFRESH : CC_ERROR;
    if (drop_bytes > 0) el_deletestr(line, (int)drop_bytes);
    if (!*text) return CC_REFRESH;
    return el_insertstr(line, text) == 0 ? CC_REFRESH : CC_ERROR;
}

/* The text is UTF-8, whatever the locale says of that; a terminal of today shows it. */
static void want_utf_8(void) {
    (void)setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) (void)setlocale(LC_CTYPE, "C.UTF-8");
}

/* Between two lines, too: to a terminal that is not set Ctrl-D is the end of its input, which would
 * be lost as soon as it is. */
static void take_terminal(edit *self) {
    (void)el_set(self->line, EL_PREP_TERM, 1);
}

int edit_new(edit **out, edo_stream *input) {
    const char *terminal = getenv("TERM");
    if (!terminal || !*terminal || strcmp(terminal, "dumb") == 0) return -ENOTSUP;
    edit *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    want_utf_8();
    HistEvent event;
    self->input = input;
    (void)snprintf(self->prompt, sizeof self->prompt, "> ");
    self->history = history_init();
    self->line = el_init("edo-chat", stdin, stdout, stderr);
    if (!self->history || !self->line) {
        edit_free(self);
        return -ENOMEM;
    }
    (void)history(self->history, &event, H_SETSIZE, HISTORY_LINES);
    (void)history(self->history, &event, H_SETUNIQUE, 1);
    (void)el_set(self->line, EL_CLIENTDATA, self);
    (void)el_set(self->line, EL_PROMPT, get_prompt);
    (void)el_set(self->line, EL_EDITOR, "emacs");
    (void)el_set(self->line, EL_HIST, history, self->history);
    (void)el_set(self->line, EL_GETCFN, get_character);
    // el_set() would keep copies of the two texts, which nobody frees
    (void)el_wset(self->line, EL_ADDFN, L"edo-complete", L"Complete a name", take_tab);
    (void)el_set(self->line, EL_BIND, "^I", "edo-complete", NULL);
    (void)el_source(self->line, NULL); // the user's .editrc
    take_terminal(self);
    *out = self;
    return 0;
}

int edit_line(edit *self, const char **line) {
    int n = 0;
    self->is_reading = true;
    self->err = 0;
    *line = el_gets(self->line, &n);
    self->is_reading = false;
    take_terminal(self);
    if (!*line || n <= 0) return self->err;
    HistEvent event;
    if (n > 1) (void)history(self->history, &event, H_ENTER, *line);
    return n;
}

static int columns_of_terminal(void) {
    struct winsize size = { .ws_col = 0 };
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size.ws_col > 0 ? size.ws_col : 80;
}

/* The place behind a character at place `at`, in columns from the beginning of the prompt. */
static int edit_behind(int at, wchar_t c, int columns) {
    enum { TAB_COLUMNS = 8 };
    int width = wcwidth(c);
    if (c == L'\t') {
        width = TAB_COLUMNS - at % columns % TAB_COLUMNS;
    } else if (width < 0) {
        width = 2; // shown as ^X
    }
    if (width == 2 && at % columns == columns - 1) at++; // it goes to the next row
    return at + width;
}

/* The rows of the screen between the first of the line and that of the cursor. */
static int rows_above(edit *self) {
    int columns = columns_of_terminal(), at = (int)strlen(self->prompt);
    const LineInfoW *now = el_wline(self->line);
    for (const wchar_t *c = now->buffer; c < now->cursor; c++) at = edit_behind(at, *c, columns);
    return at / columns;
}

void edit_take_back(edit *self, const char *line) {
    int columns = columns_of_terminal(), at = (int)strlen(self->prompt);
    mbstate_t state = { 0 };
    wchar_t c;
    for (const char *p = line; *p && *p != '\n';) {
        size_t n = mbrtowc(&c, p, strlen(p), &state);
        if (n == 0 || n > strlen(p)) break;
        at = edit_behind(at, c, columns);
        p += n;
    }
    printf("\033[%dA\r\033[J", at / columns + 1);
}

void edit_on_tab(edit *self, edit_tab_fn *fn, void *arg) {
    self->on_tab = fn;
    self->tab_arg = arg;
}

bool edit_has_text(const edit *self) {
    if (!self->is_reading) return false;
    const LineInfoW *now = el_wline(self->line);
    return now->lastchar > now->buffer;
}

void edit_prompt(edit *self, const char *text) {
    if (strcmp(self->prompt, text) == 0) return;
    edit_hide(self);
    (void)snprintf(self->prompt, sizeof self->prompt, "%s", text);
    edit_show(self);
}

void edit_hide(edit *self) {
    if (!self->is_reading) return;
    int rows = rows_above(self);
    if (rows > 0) printf("\033[%dA", rows);
    fputs("\r\033[J", stdout);
}

void edit_show(edit *self) {
    if (!self->is_reading) return;
    (void)fflush(stdout);
    (void)el_set(self->line, EL_REFRESH);
}

void edit_restore(edit *self) {
    el_resize(self->line);
    if (!self->is_reading) return;
    take_terminal(self);
    edit_hide(self);
    edit_show(self);
}

void edit_free(edit *self) {
    if (!self) return;
    if (self->line) {
        fputs("\r\033[J", stdout); // the prompt, if the input did not end by itself
        (void)fflush(stdout);
        el_end(self->line);
    }
    if (self->history) history_end(self->history);
    free(self);
}
