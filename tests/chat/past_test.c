/* SPDX-License-Identifier: MIT */
/* Goal: many who read the past at one address are one ahead of another address; and a page of long
 * messages is cut, and says so.
 * Method: the sources are included; the store waits at a gate, on a paused clock. */
#include "../../apps/chat/store/store.c" // first: its parameters have names of our types

#include "../../apps/chat/message.c"
#include "../../apps/chat/page/past.c"
#include "../../apps/chat/room/directory.c"
#include "../../apps/chat/room/known.c"
#include "../../apps/chat/room/lines.c"
#include "../../apps/chat/room/page_socket.c"
#include "../../apps/chat/room/reach.c"
#include "../../apps/chat/room/room.c"
#include "../../apps/chat/room/token.c"
#include "../../apps/chat/room/turns.c"
#include "../../apps/chat/room/unseen.c"
#include "../../apps/chat/store/storage.c"
#include "../../apps/chat/text.c"

#include "stores/odd.c"

typedef struct past_reader {
    room *of;
    char address[EDO_ADDR_KEY_BYTES];
    uint64_t reads_n; /* that the store had begun when this one was done */
} past_reader;

/* `arg` is a past_reader; a task's function. */
static int read_as(void *arg) {
    past_reader *self = arg;
    message *page;
    edo_str address = { self->address, sizeof self->address };
    CHECK_EQ(past_page_frame(&page, self->of, NULL, 0, 10, (edo_str){ 0 }, address), 0);
    self->reads_n = kept.pages_n;
    edo_rc_unref(page);
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
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    other = (past_reader){ .of = tea, .address = { 4, 127, 0, 0, 1 } };
    edo_scope_spawn(&readers, read_as, &other);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_scope_end(&readers), 0);
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
    message *page;
    memset(text, 'x', sizeof text);
    CHECK_EQ(directory_init(&d, 10, NULL), 0);
    for (int i = 0; i < N; i++) {
        const saying what = { .from = 1, .nick = { "ann" }, .text = { text, LONG } };
        CHECK_EQ(room_say(d.lobby, message_said(&what)), 0);
    }
    CHECK_EQ(past_page_frame(&page, d.lobby, NULL, 0, 10, (edo_str){ 0 }, (edo_str){ 0 }), 0);
    CHECK_EQ(count_in(page->frame, "\"number\":"), PAST_BYTES / LONG);
    CHECK_EQ(count_in(page->frame, "\"number\":5,"), 1); // the newest ones
    CHECK_EQ(count_in(page->frame, "\"more\":true"), 1);
    edo_rc_unref(page);
    const saying whole = { .from = 1, .nick = { "ann" }, .text = { text, VERY_LONG } };
    CHECK_EQ(room_say(d.lobby, message_said(&whole)), 0);
    CHECK_EQ(past_page_frame(&page, d.lobby, NULL, 0, 10, (edo_str){ 0 }, (edo_str){ 0 }), 0);
    CHECK_EQ(count_in(page->frame, "\"number\":"), 1);
    edo_rc_unref(page);
    directory_deinit(&d);
    return 0;
}

static void page_of_long_messages_is_shorter_and_says_that_there_is_more(void **state) {
    (void)state;
    run(read_long_messages);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_that_reads_the_past_often_is_one_ahead_of_another),
        cmocka_unit_test(page_of_long_messages_is_shorter_and_says_that_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
