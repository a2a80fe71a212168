/* SPDX-License-Identifier: MIT */
/* Goal: many who read the past at one address are one ahead of another address, and hold no more
 * pages than it has places; a page of long messages is cut, and one in which some lacks that could
 * not be read is told as such.
 * Method: the store waits at a gate, on a paused clock. */
#include "person/past.h"
#include "stores/rooms.h"

typedef struct past_reader {
    room *of;
    char address[EDO_ADDR_KEY_BYTES];
    uint64_t reads_n; /* that the store had begun when this one was done */
} past_reader;

static message *page_of(room *of, const past_place *in) {
    message *page;
    CHECK_EQ(past_page_frame(&page, in, of, NULL, 0, 10, (edo_str){ 0 }), 0);
    return page;
}

/* `arg` is a past_reader; a task's function. */
static int read_as(void *arg) {
    past_reader *self = arg;
    past_place in;
    CHECK_EQ(past_place_take(&in, self->of->turns, (edo_str){ self->address, EDO_ADDR_KEY_BYTES }),
             0);
    message *page = page_of(self->of, &in);
    self->reads_n = kept.pages_n;
    edo_rc_unref(page);
    past_place_return(&in);
    return 0;
}

static int read_behind_many_of_one_address(void *arg) {
    enum { MANY = 20 };
    static past_reader many[MANY], other;
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    kept.is_shut = true;
    edo_scope readers;
    edo_scope_begin(&readers, NULL);
    for (int i = 0; i < MANY; i++) {
        many[i] = (past_reader){ .of = tea, .address = { 4, 127, 0, 0, 2 } };
        edo_scope_spawn(&readers, read_as, &many[i]);
    }
    pass_a_moment();
    other = (past_reader){ .of = tea, .address = { 4, 127, 0, 0, 1 } };
    edo_scope_spawn(&readers, read_as, &other);
    pass_a_moment();
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_scope_end(&readers, 0), 0);
    CHECK_EQ(kept.pages_n, MANY + 1);
    CHECK(other.reads_n <= 4); // the one that was under way, its own, and what came meanwhile
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void address_that_reads_the_past_often_is_one_ahead_of_another(void **state) {
    (void)state;
    run(read_behind_many_of_one_address);
}

/* ---- The list of rooms ----------------------------------------------------------------------- */

static unsigned askers_n; /* that are not done */

/* `arg` is a directory; a task's function. */
static int ask_for_rooms(void *arg) {
    const char address[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 2 };
    message *m = past_rooms_frame(arg, NULL, (edo_str){ address, sizeof address });
    CHECK(m);
    edo_rc_unref(m);
    askers_n--;
    return 0;
}

enum { ASKERS = 50 };

static int ask_beside(void *arg) {
    edo_scope many;
    directory d;
    unsigned steps_n = 0;
    (void)arg;
    storage *self = start();
    CHECK_EQ(directory_init(&d, 10, self), 0);
    askers_n = ASKERS;
    edo_scope_begin(&many, NULL);
    for (int i = 0; i < ASKERS; i++) edo_scope_spawn(&many, ask_for_rooms, &d);
    while (askers_n > 0) {
        CHECK_EQ(edo_yield(), 0);
        steps_n++;
    }
    CHECK(steps_n >= ASKERS); // another task runs between two lists
    CHECK_EQ(edo_scope_end(&many, 0), 0);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void lists_of_rooms_are_made_one_in_a_turn(void **state) {
    (void)state;
    run(ask_beside);
}

/* ---- Places ---------------------------------------------------------------------------------- */

static unsigned holders_n, refused_n, left_n;
static edo_notify taken; /* a client takes its page */

/* As the client of a page that takes its time. `arg` is a room; a task's function. */
static int read_and_hold(void *arg) {
    room *of = arg;
    past_place in;
    const char address[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 2 };
    int err = past_place_take(&in, of->turns, (edo_str){ address, sizeof address });
    CHECK(err == 0 || err == -EAGAIN);
    refused_n += err < 0;
    if (err < 0) return 0;
    message *page = page_of(of, &in);
    holders_n++;
    CHECK_EQ(edo_notify_wait(&taken), 0);
    edo_rc_unref(page);
    past_place_return(&in);
    left_n++;
    return 0;
}

enum { DEAF = TURN_PAGES + 8 };

/* While others have all turns nothing more is read than there are places, and then as many pages
 * are made. */
static void begin_holding(edo_scope *deaf, directory *d, room *of) {
    const char busy[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 3 };
    turn t = turn_take(&d->turns, TURN_TELL, (edo_str){ busy, sizeof busy });
    edo_scope_begin(deaf, NULL);
    for (int i = 0; i < DEAF; i++) edo_scope_spawn(deaf, read_and_hold, of);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(kept.pages_n, TURN_PAGES);
    CHECK_EQ(holders_n, 0);
    turn_end(&t, 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(holders_n, TURN_PAGES);
}

static int hold_pages(void *arg) {
    edo_scope deaf;
    directory d;
    (void)arg;
    holders_n = refused_n = left_n = 0;
    taken = (edo_notify)EDO_NOTIFY_INIT;
    storage *self = start();
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    begin_holding(&deaf, &d, tea);
    past_reader other = { .of = tea, .address = { 4, 127, 0, 0, 1 } };
    CHECK_EQ(read_as(&other), 0);
    edo_notify_one(&taken);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(left_n, 1);
    CHECK_EQ(holders_n, TURN_PAGES + 1); // the next one has its place
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(refused_n, DEAF - TURN_PAGES - 1);
    edo_notify_all(&taken);
    CHECK_EQ(edo_scope_end(&deaf, 0), 0);
    CHECK_EQ(kept.pages_n, TURN_PAGES + 2);
    directory_close_room(&d, tea);
    directory_deinit(&d); // no line is left
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void clients_of_one_address_hold_no_more_pages_than_it_has_places(void **state) {
    (void)state;
    run(hold_pages);
}

/* ---- Long messages --------------------------------------------------------------------------- */

static size_t count_in(edo_str in, const char *wanted) {
    size_t n = 0;
    const char *at = in.ptr;
    while ((at = memmem(at, in.len - (size_t)(at - in.ptr), wanted, strlen(wanted)))) n++, at++;
    return n;
}

static int read_long_messages(void *arg) {
    enum { LONG = 300 << 10, N = 5, VERY_LONG = PAST_BYTES + 1 };
    static char text[VERY_LONG];
    (void)arg;
    directory d;
    past_place in;
    memset(text, 'x', sizeof text);
    CHECK_EQ(directory_init(&d, 10, NULL), 0);
    for (int i = 0; i < N; i++) {
        const saying what = { .from = 1, .nick = { "ann" }, .text = { text, LONG } };
        CHECK_EQ(room_say(d.lobby, message_said(&what)), 0);
    }
    CHECK_EQ(past_place_take(&in, &d.turns, (edo_str){ 0 }), 0);
    message *page = page_of(d.lobby, &in);
    CHECK_EQ(count_in(page->frame, "\"number\":"), PAST_BYTES / LONG);
    CHECK_EQ(count_in(page->frame, "\"number\":5,"), 1); // the newest ones
    CHECK_EQ(count_in(page->frame, "\"more\":true"), 1);
    edo_rc_unref(page);
    const saying whole = { .from = 1, .nick = { "ann" }, .text = { text, VERY_LONG } };
    CHECK_EQ(room_say(d.lobby, message_said(&whole)), 0);
    page = page_of(d.lobby, &in);
    CHECK_EQ(count_in(page->frame, "\"number\":"), 1);
    edo_rc_unref(page);
    past_place_return(&in);
    directory_deinit(&d);
    return 0;
}

static void page_of_long_messages_is_shorter_and_says_that_there_is_more(void **state) {
    (void)state;
    run(read_long_messages);
}

static void hold(uint64_t number) {
    kept.held[kept.held_n++] = (saying){
        .room = { "tea" }, .number = number, .nick = { "ann" }, .text = EDO_STR("hello")
    };
}

/* Whether the page of the past has so many messages, and says that. */
static bool page_is(room *of, uint64_t before, size_t n, const char *missing) {
    message *page;
    past_place in;
    CHECK_EQ(past_place_take(&in, of->turns, (edo_str){ 0 }), 0);
    CHECK_EQ(past_page_frame(&page, &in, of, NULL, before, 10, (edo_str){ 0 }), 0);
    bool is_so = count_in(page->frame, "\"number\":") == n &&
                 count_in(page->frame, "\"missing\":") == (missing != NULL) &&
                 (!missing || count_in(page->frame, missing) == 1);
    if (!is_so) fprintf(stderr, "%.*s\n", (int)page->frame.len, page->frame.ptr);
    edo_rc_unref(page);
    past_place_return(&in);
    return is_so;
}

/* Whether a reader that has seen all up to that number is told that some lacks. */
static bool is_cut_behind(room *of, uint64_t number) {
    unseen u;
    CHECK_EQ(room_unseen(of, number, &u), 0);
    bool is_cut = unseen_step_of(&u, 0, number).is_gap;
    unseen_drop(&u);
    return is_cut;
}

/* Of what a room recalls one message cannot be read: the newest, the oldest, one between them. */
static void recall_with_a_fault(int fault, uint64_t unreadable) {
    const char *missing = fault == -EIO ? "unread" : "damaged";
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    for (uint64_t n = 3; n <= 7; n += 2) hold(n);
    kept.unreadable = unreadable;
    kept.page_fault = fault;
    room_recall(tea);
    CHECK_EQ(tea->past_n, 2);
    CHECK(page_is(tea, 0, 2, missing) && is_cut_behind(tea, 2));
    CHECK(!is_cut_behind(tea, 7)); // it has seen all of that
    say(tea, "hello");
    CHECK(page_is(tea, 0, 3, missing));
    uint64_t said = room_numbers_now(tea).last;
    CHECK_EQ(room_lack(tea, said), 0); // a page that ends there lacks nothing
    kept.unreadable = 0;               // the disk works again, or a copy was put back
    room_recall(tea);
    CHECK(page_is(tea, 0, 4, NULL) && page_is(tea, said, 3, NULL));
    CHECK(!is_cut_behind(tea, 2) && !room_check(tea));
    uint64_t pages_n = kept.pages_n;
    room_recall(tea);
    CHECK_EQ(kept.pages_n, pages_n);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
}

static int recall_with_faults(void *arg) {
    (void)arg;
    for (uint64_t n = 3; n <= 7; n += 2) {
        recall_with_a_fault(-EILSEQ, n);
        recall_with_a_fault(-EIO, n);
    }
    return 0;
}

static void what_lacks_in_a_room_s_past_is_told_and_comes_back_once_it_can_be_read(void **state) {
    (void)state;
    run(recall_with_faults);
}

/* What comes back has its place, also in a past that is full. */
static int recall_into_a_full_past(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 3, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    for (uint64_t n = 3; n <= 6; n++) hold(n);
    kept.unreadable = 5;
    kept.page_fault = -EILSEQ;
    room_recall(tea);
    kept.unreadable = 0;
    room_recall(tea);
    uint64_t number = 4;
    const message *m;
    STAILQ_FOREACH(m, &tea->past, next) CHECK_EQ(m->what.number, number++);
    CHECK_EQ(number, 7);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void what_comes_back_has_its_place_in_a_full_past(void **state) {
    (void)state;
    run(recall_into_a_full_past);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_rooms_are_made_one_in_a_turn),
        cmocka_unit_test(address_that_reads_the_past_often_is_one_ahead_of_another),
        cmocka_unit_test(clients_of_one_address_hold_no_more_pages_than_it_has_places),
        cmocka_unit_test(page_of_long_messages_is_shorter_and_says_that_there_is_more),
        cmocka_unit_test(what_lacks_in_a_room_s_past_is_told_and_comes_back_once_it_can_be_read),
        cmocka_unit_test(what_comes_back_has_its_place_in_a_full_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
