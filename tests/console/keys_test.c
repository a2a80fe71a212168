/* SPDX-License-Identifier: MIT */
/* Goal: whatever keys come, in whatever order, between looks, replies and changes of the size,
 * edo console reads nothing that has gone, and chooses what is shown.
 * Method: the app of edo console knows no terminal: keys are given to it by hand, over looks that
 * are made here, live or as a recording; then at random, where the address sanitizer and the walks
 * over what is drawn find what is wrong. */
#include "app.h"
#include "console/own/recording.h"
#include "replay.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <edo/protobuf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS_MAX 20u

/* ---- Looks ----------------------------------------------------------------------------------- */

static edo_str one_of(const char *const *texts, size_t n, uint64_t at) {
    return edo_str_of(texts[at % n]);
}

static const char *const names[] = { "count at bank.c:70", "deposit", "withdraw", "", "größe" };
static const char *const addresses[] = { "0x4060", "0x4080", "0x40a0" };

#define NAME(n)    one_of(names, EDO_COUNT(names), (n))
#define ADDRESS(n) one_of(addresses, EDO_COUNT(addresses), (n))

/* What the lists of a look lie in. */
typedef struct made {
    edoi_look_update u;
    edoi_look_task tasks[ROWS_MAX];
    edoi_look_site sites[ROWS_MAX];
    edoi_look_lock locks[ROWS_MAX];
    edoi_look_open open[ROWS_MAX];
    edoi_look_worker workers[ROWS_MAX];
    edoi_look_runtime runtime;
    edoi_look_holder holder;
    edoi_look_edge edges[2];
    edoi_look_cycle cycle;
    edo_console_v1_found_ found;
} made;

/* A look with lists of that many rows, of names that repeat, in another order each time. */
static void look_make(made *m, uint64_t number, uint32_t rows, uint64_t *seed) {
    *m = (made){ .holder = { .name = NAME(number), .task = number % 7 },
                 .edges = { { .task = 1, .object = ADDRESS(0) }, { .task = 2 } },
                 .found = { .deadlocks = number },
                 .cycle = { .n = 2, .edges = m->edges, .edges_n = 2 } };
    for (uint32_t i = 0; i < rows; i++) {
        const uint64_t x = stress_random(seed);
        m->tasks[i] = (edoi_look_task){ .id = 0x100000000 + x % 40,
                                        .name = NAME(x >> 8),
                                        .state = (edo_console_v1_task_state_)(x >> 16 & 3),
                                        .cancelled = x >> 20 & 1,
                                        .age_tenths = (int32_t)(x >> 24 & 0xffff),
                                        .wait_tenths = -1,
                                        .awaits = NAME(x >> 40) };
        m->sites[i] = (edoi_look_site){ .name = NAME(x), .n = x >> 8 & 0xff };
        m->locks[i] = (edoi_look_lock){ .address = ADDRESS(x),
                                        .holders = &m->holder,
                                        .holders_n = x >> 8 & 1,
                                        .waiters_all = x >> 9 & 3 };
        m->open[i] = (edoi_look_open){ .group = (edo_console_v1_open_group_)(x >> 8 & 3),
                                       .kind = NAME(x >> 16),
                                       .name = NAME(x >> 24),
                                       .n = x >> 32 & 7,
                                       .most = x >> 36 & 7,
                                       .limit = 7 };
        m->workers[i] = (edoi_look_worker){ .task = NAME(x), .polls = number * 10 };
    }
    m->runtime = (edoi_look_runtime){ .id = 1, .workers = m->workers, .workers_n = rows };
    m->u = (edoi_look_update){ .number = number,
                               .pid = 1 + (int64_t)(number / 50),
                               .program = EDO_STR("bank"),
                               .at_ms = (int64_t)number * 1000,
                               .tasks = m->tasks,
                               .tasks_n = rows,
                               .sites = m->sites,
                               .sites_n = rows,
                               .locks_watched = true,
                               .locks = m->locks,
                               .locks_n = rows,
                               .open = m->open,
                               .open_n = rows,
                               .runtimes = &m->runtime,
                               .runtimes_n = 1,
                               .cycles = &m->cycle,
                               .cycles_n = rows & 1,
                               .found = rows & 2 ? &m->found : NULL };
}

static void look_encode(edo_buf *out, uint64_t number, uint32_t rows, uint64_t *seed) {
    static made m;
    look_make(&m, number, rows, seed);
    assert_int_equal(edo_protobuf_encode(out, &m.u, &EDOI_LOOK_UPDATE_DESC), 0);
}

static void look_take(app *a, uint64_t number, uint32_t rows, uint64_t *seed) {
    edo_buf out = { 0 };
    look_encode(&out, number, rows, seed);
    assert_int_equal(app_take(a, (edo_str){ out.ptr, out.len }), 0);
    edo_buf_deinit(&out);
}

/* ---- A recording ----------------------------------------------------------------------------- */

static void step(void *arg, int by) {
    assert_int_equal(replay_step(arg, by), 0);
}

static const app_ops replay_ops = { .step = step };

static void recording_open(replay *r, app *a, uint64_t looks_n, uint64_t *seed) {
    char path[] = "/tmp/edo-console-keys-XXXXXX";
    edo_buf file = { 0 };
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(edo_buf_append(&file, EDOI_LOOKS_HEAD, strlen(EDOI_LOOKS_HEAD)), 0);
    for (uint64_t i = 1; i <= looks_n; i++) {
        edo_buf one = { 0 };
        look_encode(&one, i, ROWS_MAX, seed);
        assert_int_equal(edoi_looks_put(&file, (edo_str){ one.ptr, one.len }), 0);
        edo_buf_deinit(&one);
    }
    assert_int_equal(write(fd, file.ptr, file.len), file.len);
    (void)close(fd);
    edo_buf_deinit(&file);
    *a = (app){ .ops = &replay_ops, .arg = r };
    assert_int_equal(replay_init(r, a, path), 0);
    (void)unlink(path);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void keys(app *a, const char *text) {
    for (; *text; text++) app_key(a, (unsigned char)*text);
}

static void draw(app *a, uint32_t rows, uint32_t cols) {
    screen s = { .cells = NULL };
    assert_int_equal(screen_resize(&s, rows, cols), 0);
    app_draw(a, &s);
    screen_deinit(&s);
}

/* The row that is chosen is among those of the look that is shown. */
static bool chosen_is_shown(const app *a) {
    const edoi_look_update *u = looks_now(&a->looks);
    for (size_t i = 0; i < u->tasks_n; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "%llx", (unsigned long long)u->tasks[i].id);
        if (strcmp(id, a->states[VIEW_TASKS].id) == 0) return true;
    }
    return false;
}

static void keys_that_wait_move_in_the_look_that_is_shown(void **state) {
    (void)state;
    uint64_t seed = test_seed(7);
    replay r;
    app a;
    recording_open(&r, &a, 20, &seed);
    draw(&a, 24, 80);
    for (int i = 0; i < 18; i++) {
        keys(&a, ".j"); // which are read before anything is drawn
        assert_true(chosen_is_shown(&a));
    }
    keys(&a, ",,..Gkgg");
    assert_true(chosen_is_shown(&a));
    replay_deinit(&r);
    app_deinit(&a);
}

static void a_low_terminal_keeps_nothing_of_an_older_look(void **state) {
    (void)state;
    static const app_ops none;
    uint64_t seed = test_seed(8);
    app a = { .ops = &none };
    look_take(&a, 1, ROWS_MAX, &seed);
    draw(&a, 24, 80);
    for (uint64_t i = 2; i < 5; i++) {
        look_take(&a, i, ROWS_MAX, &seed);
        draw(&a, 4, 80);
        keys(&a, "j");
        assert_true(chosen_is_shown(&a));
    }
    app_deinit(&a);
}

static void keys_after_that_of_a_view_are_for_that_view(void **state) {
    (void)state;
    static const app_ops none;
    uint64_t seed = test_seed(9);
    app a = { .ops = &none };
    look_take(&a, 1, ROWS_MAX, &seed);
    draw(&a, 24, 80);
    keys(&a, "o");
    app_key(&a, KEY_IS_ENTER);
    assert_int_equal(a.page, PAGE_LOCK);
    assert_int_equal(strncmp(a.name, "0x40", 4), 0);
    app_deinit(&a);
}

/* A reply that comes late is for the page that asked for it. */
static void a_page_that_is_opened_again_is_another_one(void **state) {
    (void)state;
    static const app_ops none;
    uint64_t seed = test_seed(10);
    app a = { .ops = &none };
    look_take(&a, 1, ROWS_MAX, &seed);
    app_key(&a, KEY_IS_ENTER);
    const uint64_t first = a.page_serial;
    app_key(&a, KEY_IS_ESC);
    app_key(&a, KEY_IS_DOWN);
    app_key(&a, KEY_IS_ENTER);
    assert_int_equal(a.page, PAGE_TASK);
    assert_int_not_equal(a.page_serial, first);
    app_deinit(&a);
}

static void ctrl_c_ends_it_also_while_a_search_is_typed(void **state) {
    (void)state;
    static const app_ops none;
    static const int ends[] = { 3, 4 };
    for (size_t i = 0; i < EDO_COUNT(ends); i++) {
        uint64_t seed = test_seed(11);
        app a = { .ops = &none };
        look_take(&a, 1, ROWS_MAX, &seed);
        keys(&a, "/q");
        assert_false(a.is_over);
        assert_string_equal(a.search, "q");
        app_key(&a, ends[i]);
        assert_true(a.is_over);
        app_deinit(&a);
    }
}

/* ---- At random ------------------------------------------------------------------------------- */

/* Replies come later, and only to the page that asked. */
typedef struct person {
    app app;
    replay replay;
    uint64_t seed, looks_n, asked_serial;
    bool asks_stacks, asks_faults;
} person;

static void ask_stacks(void *arg, uint64_t task, edo_str site) {
    (void)task, (void)site;
    person *p = arg;
    p->asks_stacks = true;
    p->asked_serial = p->app.page_serial;
}

static void ask_faults(void *arg) {
    person *p = arg;
    p->asks_faults = true;
    p->asked_serial = p->app.page_serial;
}

static void ask_step(void *arg, int by) {
    person *p = arg;
    p->app.is_paused = true;
    step(&p->replay, by);
}

static const app_ops live_ops = { .stacks = ask_stacks, .faults = ask_faults };
static const app_ops stepped_ops = { .step = ask_step };

static void reply(person *p) {
    edo_arena arena = { 0 };
    const bool is_wanted = p->app.page_serial == p->asked_serial;
    if (p->asks_stacks && is_wanted) {
        edoi_look_stack *s = edo_arena_alloc(&arena, sizeof *s);
        assert_non_null(s);
        *s = (edoi_look_stack){ .n = 1, .name = edo_arena_print(&arena, "%s", "stack") };
        app_take_stacks(&p->app, arena, &(edoi_look_stacks_reply){ .stacks = s, .stacks_n = 1 });
    } else if (p->asks_faults && is_wanted) {
        edo_str *s = edo_arena_alloc(&arena, sizeof *s);
        assert_non_null(s);
        *s = edo_arena_print(&arena, "%s\n%s", "a fault", "its stack");
        app_take_faults(&p->app, arena, &(edoi_look_faults_reply){ .faults = s, .faults_n = 1 });
    }
    p->asks_stacks = p->asks_faults = false;
}

static void press(person *p) {
    static const int pressed[] = {
        't',
        's',
        'o',
        'c',
        'n',
        'a',
        'w',
        'd',
        'f',
        '?',
        '/',
        ' ',
        ',',
        '.',
        'i',
        'h',
        'l',
        'k',
        'j',
        'g',
        'G',
        'R',
        'e',
        'x',
        KEY_IS_UP,
        KEY_IS_DOWN,
        KEY_IS_LEFT,
        KEY_IS_RIGHT,
        KEY_IS_PAGE_UP,
        KEY_IS_PAGE_DOWN,
        KEY_IS_HOME,
        KEY_IS_END,
        KEY_IS_ENTER,
        KEY_IS_ENTER,
        KEY_IS_ENTER,
        KEY_IS_ESC,
        KEY_IS_ESC,
        KEY_IS_BACKSPACE,
    };
    app_key(&p->app, pressed[stress_random(&p->seed) % EDO_COUNT(pressed)]);
}

static void do_something(person *p, bool is_live) {
    static const uint32_t heights[] = { 1, 3, 4, 5, 6, 24, 60 }, widths[] = { 1, 7, 80, 200 };
    const uint64_t x = stress_random(&p->seed), y = x >> 32;
    if (x % 16 < 12)
        press(p);
    else if (x % 16 == 12)
        reply(p);
    else if (x % 16 < 15)
        draw(&p->app, heights[y % EDO_COUNT(heights)], widths[(y >> 8) % EDO_COUNT(widths)]);
    else if (is_live)
        look_take(&p->app, ++p->looks_n, (uint32_t)(y % (ROWS_MAX + 1)), &p->seed);
}

static void keys_at_random_read_nothing_that_has_gone(void **state) {
    (void)state;
    for (uint32_t round = 0; round < test_inputs(40, 2000); round++) {
        const bool is_live = round % 2 == 0;
        person p = { .seed = test_seed(round + 1) };
        if (!is_live) recording_open(&p.replay, &p.app, 9, &p.seed);
        p.app.ops = is_live ? &live_ops : &stepped_ops;
        p.app.arg = &p;
        p.app.is_ascii = round % 4 < 2;
        for (int i = 0; i < 300; i++) do_something(&p, is_live);
        if (!is_live) replay_deinit(&p.replay);
        app_deinit(&p.app);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_wait_move_in_the_look_that_is_shown),
        cmocka_unit_test(a_low_terminal_keeps_nothing_of_an_older_look),
        cmocka_unit_test(keys_after_that_of_a_view_are_for_that_view),
        cmocka_unit_test(a_page_that_is_opened_again_is_another_one),
        cmocka_unit_test(ctrl_c_ends_it_also_while_a_search_is_typed),
        cmocka_unit_test(keys_at_random_read_nothing_that_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
