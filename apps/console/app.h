/* SPDX-License-Identifier: MIT */
/* apps/console/app.h: what is shown, and what a key does. One thread; it knows neither a terminal
 * nor where looks come from. */
#ifndef CONSOLE_APP_H
#define CONSOLE_APP_H

#include "pages.h"
#include "views.h"

/* Keys that are no letters. */
enum {
    KEY_IS_UP = 0x110000,
    KEY_IS_DOWN,
    KEY_IS_LEFT,
    KEY_IS_RIGHT,
    KEY_IS_PAGE_UP,
    KEY_IS_PAGE_DOWN,
    KEY_IS_HOME,
    KEY_IS_END,
    KEY_IS_ENTER,
    KEY_IS_ESC,
    KEY_IS_BACKSPACE,
};

/* What the app asks of whoever runs it. Each may be NULL: it cannot be done. */
typedef struct app_ops {
    void (*stacks)(void *arg, uint64_t task, edo_str site); /* app_take_stacks() is the reply */
    void (*faults)(void *arg);                              /* app_take_faults() */
    void (*step)(void *arg, int by);                        /* of a recording */
    void (*record)(void *arg);                              /* begins, or ends */
    void (*export)(void *arg);
} app_ops;

typedef enum app_page {
    PAGE_NONE,
    PAGE_TASK,
    PAGE_SITE,
    PAGE_LOCK,
    PAGE_CYCLES,
    PAGE_FAULTS,
    PAGE_HELP
} app_page;

typedef struct app {
    const app_ops *ops;
    void *arg; /* of `ops` */
    bool is_ascii, is_paused, is_over;
    looks looks;
    view view;
    table_state states[VIEWS_N];
    app_page page;
    uint64_t page_serial; /* of the page: another one, or opened again, has another */
    size_t page_top;
    uint64_t task;  /* of the page */
    char name[192]; /* of the page: a site, or a lock's address */
    char search[64];
    bool is_searching; /* a text is typed */
    bool had_g;        /* the key before was g */
    char status[320];  /* of the last line; "": the keys */
    char mode[128];    /* "recording", "look 3 of 120" */
    uint32_t silent_s; /* seconds since the look that is shown came, if the next one is late; else
                          0 */
    edo_arena drawn;   /* of what is drawn */
    edo_arena asked;   /* of what was asked for */
    edoi_look_stacks_reply stacks;
    edoi_look_faults_reply faults;
    bool has_stacks, has_faults;
    table table; /* of the view and the look; without columns: what it was made of has changed */
} app;

/* Takes a message, unless it is paused; in any case. Errors: as looks_take(). */
int app_take(app *a, edo_str message);
int app_show(app *a, edo_str message);

/* A key, as a code point or one of those above. */
void app_key(app *a, int key);

void app_draw(app *a, screen *s);

void app_say(app *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A reply, whose memory is the app's from now on: `arena` is what `asked` becomes. */
void app_take_stacks(app *a, edo_arena arena, const edoi_look_stacks_reply *reply);
void app_take_faults(app *a, edo_arena arena, const edoi_look_faults_reply *reply);

void app_deinit(app *a);

#endif
