/* SPDX-License-Identifier: MIT */
/* Goal: names that are kept for a day are bounded, in all and for each address, nobody's gives way
 * to those of a few addresses that have many, and with a store they are kept over a restart; one
 * that does not take them stops no message.
 * Method: the names are looked into; time is virtual, and a store is kept from one run to the
 * next. */
#include "../../apps/chat/room/directory.c"

#include "stores/rooms.h"
#include "stores/told_clock.h"

static const char home[EDO_ADDR_KEY_BYTES] = "home", far[EDO_ADDR_KEY_BYTES] = "far";

static const name *nth(int i) {
    static name n;
    (void)snprintf(n.text, sizeof n.text, "n-%d", i);
    return &n;
}

static bool is_kept(const kept_names *k, int i) {
    return kept_is_anothers(k, nth(i), "nobody");
}

static int fill(void *arg) {
    (void)arg;
    CHECK_EQ(edo_time_pause(), 0);
    kept_names k;
    kept_init(&k, NULL);
    kept_put(&k, nth(0), "a1", home);
    CHECK(!kept_is_anothers(&k, nth(0), "a1"));
    CHECK(kept_is_anothers(&k, nth(0), "a2") && kept_is_anothers(&k, nth(0), ""));
    for (int i = 1; i <= KEPT_OF_ADDRESS + 2; i++) kept_put(&k, nth(i), "b", far);
    CHECK_EQ(k.n, 1 + KEPT_OF_ADDRESS);
    CHECK(is_kept(&k, 0) && !is_kept(&k, 2) && is_kept(&k, 3));
    kept_put(&k, nth(3), "b", far); // again, so it is the newest
    kept_put(&k, nth(1), "b", far);
    CHECK_EQ(k.n, 1 + KEPT_OF_ADDRESS);
    CHECK(is_kept(&k, 3) && !is_kept(&k, 4));
    for (int i = 0; i < KEPT_MAX; i++) {
        char address[EDO_ADDR_KEY_BYTES] = { 0 };
        memcpy(address, &i, sizeof i);
        kept_put(&k, nth(1000 + i), "c", address);
    }
    CHECK_EQ(k.n, KEPT_MAX);
    CHECK(is_kept(&k, 1000 + KEPT_MAX - 1));
    CHECK_EQ(edo_sleep(KEPT_FOR), 0);
    CHECK(!is_kept(&k, 1000 + KEPT_MAX - 1));
    CHECK(!kept_take(&k, nth(1000 + KEPT_MAX - 1)));
    kept_put(&k, nth(0), "a1", home);
    CHECK(k.n < KEPT_MAX && k.n > KEPT_MAX / 2); // not all are freed under the lock at once
    for (int i = 0; i < KEPT_MAX / KEPT_OLD_AT_ONCE; i++) kept_put(&k, nth(0), "a1", home);
    CHECK_EQ(k.n, 1);
    CHECK(kept_take(&k, nth(0)) && !kept_take(&k, nth(0)));
    CHECK_EQ(k.n, 0);
    kept_deinit(&k);
    return 0;
}

static void kept_names_are_bounded_for_each_address(void **state) {
    (void)state;
    run(fill);
}

enum { CROWD = 130 };

static int crowd_out(void *arg) {
    (void)arg;
    kept_names k;
    kept_init(&k, NULL);
    for (int i = 0; i < 3; i++) kept_put(&k, nth(i), "a1", home);
    for (int i = 0; i < CROWD * KEPT_OF_ADDRESS; i++) {
        char address[EDO_ADDR_KEY_BYTES] = { 6 };
        address[1] = (char)(i % CROWD);
        kept_put(&k, nth(1000 + i), "c", address);
    }
    CHECK_EQ(k.n, KEPT_MAX);
    for (int i = 0; i < 3; i++) CHECK(is_kept(&k, i));
    kept_deinit(&k);
    return 0;
}

/* Of addresses that have equally many the one that has had them longest gives a name first, and the
 * largest number is known when the addresses that have most come and go. */
static int level(void *arg) {
    (void)arg;
    kept_names k;
    kept_init(&k, NULL);
    for (int i = 0; i < KEPT_MAX; i++) { // two of each address
        char address[EDO_ADDR_KEY_BYTES] = { 6 };
        int at = i / 2;
        memcpy(address + 1, &at, sizeof at);
        kept_put(&k, nth(i), "c", address);
    }
    CHECK_EQ(k.most, 2);
    for (int i = 1; i <= 3; i++) { // two of one address, and a third
        kept_put(&k, nth(KEPT_MAX + i), "b", far);
        CHECK(!is_kept(&k, 2 * (i - 1)) && is_kept(&k, 2 * i - 1) && is_kept(&k, 2 * i));
    }
    CHECK_EQ(k.most, 3);
    kept_put(&k, nth(KEPT_MAX + 4), "b", home);
    CHECK(!is_kept(&k, KEPT_MAX + 1) && is_kept(&k, KEPT_MAX + 2));
    CHECK_EQ(k.most, 2);
    for (int i = 0; i < KEPT_MAX; i++) (void)kept_take(&k, nth(i));
    for (int i = 2; i <= 4; i++) CHECK(kept_take(&k, nth(KEPT_MAX + i)));
    CHECK_EQ(k.n, 0);
    CHECK_EQ(k.most, 0);
    kept_deinit(&k);
    return 0;
}

static void an_address_that_has_most_gives_a_name_first(void **state) {
    (void)state;
    run(level);
}

static void names_of_few_addresses_push_nobody_else_s_out(void **state) {
    (void)state;
    run(crowd_out);
}

/* ---- Over a restart -------------------------------------------------------------------------- */

static directory dir;
static storage *in;

static void begin_first_run(void) {
    in = start();
    CHECK_EQ(directory_init(&dir, 10, in), 0);
}

/* A run of the program begins; the store has what it was told before. */
static void begin_run(void) {
    CHECK_EQ(storage_start(&in, &kept.base), 0);
    CHECK_EQ(directory_init(&dir, 10, in), 0);
}

/* It is killed: nobody departs. What is on its way to the store comes there. */
static void end_run(void) {
    CHECK_EQ(storage_end(in), 0);
    directory_deinit(&dir);
}

typedef struct someone {
    member me;
    page_socket *socket;
} someone;

static void come(someone *self, const char *person) {
    *self = (someone){ .socket = page_socket_new(edo_str_of(person), NULL) };
    self->me.socket = self->socket;
    (void)snprintf(self->me.person, sizeof self->me.person, "%-16s", person);
    memcpy(self->me.address, home, sizeof home);
    CHECK_EQ(directory_arrive(&dir, &self->me), 0);
}

static int rename_to(someone *self, const char *to) {
    name n;
    CHECK(name_parse(&n, edo_str_of(to)));
    return directory_rename(&dir, &self->me, &n);
}

/* Without a departure, its memory goes with the run. */
static void vanish(someone *self, bool departs) {
    if (departs) {
        directory_depart(&dir, &self->me);
    } else {
        tdelete(&self->me, &dir.people, directory_by_name);
        tdelete(&self->me, &dir.by_person, directory_by_person);
    }
    edo_rc_unref(self->socket);
}

static int restart(void *arg) {
    someone ann, bob, cid, eve;
    (void)arg;
    begin_first_run();
    come(&ann, "a1");
    come(&bob, "b1");
    come(&cid, "c1");
    CHECK_EQ(rename_to(&ann, "ann") | rename_to(&bob, "bob") | rename_to(&cid, "cid"), 0);
    directory_note_spoken(&dir, &ann.me);
    directory_note_spoken(&dir, &bob.me);
    directory_note_spoken(&dir, &cid.me);
    CHECK_EQ(rename_to(&cid, "sid"), 0); // so it gives the name up
    vanish(&ann, true);
    vanish(&bob, false); // is here when the program is killed
    vanish(&cid, true);
    end_run();
    begin_run();
    come(&eve, "e1");
    CHECK_EQ(rename_to(&eve, "ann"), -EEXIST);
    CHECK_EQ(rename_to(&eve, "Bob"), -EEXIST);
    CHECK(directory_is_kept(&dir, &(name){ "ann" }));
    CHECK_EQ(rename_to(&eve, "cid"), 0);
    come(&ann, "a1");
    CHECK_EQ(rename_to(&ann, "ann"), 0);
    vanish(&ann, true); // it has not spoken since, and the name is still its own
    end_run();
    vanish(&eve, false);
    begin_run();
    come(&eve, "e1");
    CHECK_EQ(rename_to(&eve, "ann"), -EEXIST);
    CHECK_EQ(edo_sleep(KEPT_FOR), 0);
    CHECK_EQ(rename_to(&eve, "ann"), 0);
    vanish(&eve, true);
    end_run();
    return 0;
}

static void name_that_was_spoken_under_is_kept_over_a_restart(void **state) {
    (void)state;
    run(restart);
}

static int leave_for_good(void *arg) {
    someone ann, eve;
    (void)arg;
    begin_first_run();
    for (int i = 0; i < 2; i++) {
        come(&ann, "a1");
        CHECK_EQ(rename_to(&ann, "ann"), 0);
        directory_note_spoken(&dir, &ann.me);
        ann.me.is_over = i == 1;
        vanish(&ann, true);
        CHECK_EQ(directory_is_kept(&dir, &(name){ "ann" }), i == 0);
        CHECK_EQ(dir.kept.n, i == 0);
    }
    come(&eve, "e1");
    CHECK_EQ(rename_to(&eve, "ann"), 0);
    vanish(&eve, true);
    end_run();
    CHECK_EQ(kept.names_n, 0);
    return 0;
}

static void name_of_who_does_not_come_back_is_free_at_once(void **state) {
    (void)state;
    run(leave_for_good);
}

/* The clock shows the time by which the store keeps them. */
static int restart_later(void *arg) {
    someone ann, eve;
    (void)arg;
    clock_s = 1000000;
    begin_first_run();
    kept.keep_err = -EIO;
    come(&ann, "a1");
    CHECK_EQ(rename_to(&ann, "ann"), 0);
    directory_note_spoken(&dir, &ann.me);
    vanish(&ann, true);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK_EQ(kept.names_n, 0);
    kept.keep_err = 0; // what a store has not taken it is told again
    end_run();
    CHECK_EQ(kept.names_n, 1);
    clock_s += 24 * 60 * 60 - 5;
    begin_run();
    come(&eve, "e1");
    CHECK_EQ(rename_to(&eve, "ann"), -EEXIST);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    CHECK(!directory_is_kept(&dir, &(name){ "ann" }));
    vanish(&eve, true);
    end_run();
    CHECK_EQ(kept.names_n, 1);
    clock_s += 5;
    begin_run();
    CHECK(!directory_is_kept(&dir, &(name){ "ann" }));
    end_run();
    CHECK_EQ(kept.names_n, 0); // whose day is over the store forgets
    clock_s = 0;
    return 0;
}

static void name_is_kept_for_a_day_in_all(void **state) {
    (void)state;
    run(restart_later);
}

/* All that is in the room is kept. */
static void check_all_kept(room *r, size_t n) {
    size_t past_n;
    message **all = room_past(r, 0, UINT64_MAX, n, &past_n);
    CHECK_EQ(past_n, n);
    for (size_t i = 0; i < past_n; i++) {
        CHECK_EQ(atomic_load(&all[i]->kept), KEPT);
        edo_rc_unref(all[i]);
    }
    free(all);
}

static void keep(storage *self, const char *called) {
    store_name what = { .until_ms = 9 };
    CHECK(name_parse(&what.name, edo_str_of(called)));
    storage_keep_name(self, &what);
}

/* `arg` is what the store returns for each name. */
static int say_beside_names_that_fail(void *arg) {
    int err = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.keep_err = err;
    for (int i = 0; i < 10; i++) {
        keep(self, "ann");
        pass_a_moment();
        say(d.lobby, "hello");
        CHECK_EQ(storage_unstored_n(self), 0);
    }
    check_all_kept(d.lobby, 10);
    CHECK_EQ(storage_stored_n(self), 10);
    int told = storage_check(self);
    CHECK_EQ(told, err == -EILSEQ ? err : 0);
    if (told < 0) CHECK(!strstr(edo_trail_find(told)->text, "messages"));
    if (told < 0) CHECK(health_says(self, "names are not kept: "));
    edo_trail_clear();
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void message_is_stored_at_once_though_names_are_not(void **state) {
    (void)state;
    static const int errs[] = { -EIO, -EILSEQ };
    for (size_t i = 0; i < EDO_COUNT(errs); i++)
        run_with(say_beside_names_that_fail, &(int){ errs[i] });
}

static int refusal; /* of a damaged file, or of a database that cannot have the name */

static int keep_one_name_that_is_refused(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    kept.keep_err = refusal;
    kept.kept_badly = (name){ "bob" };
    for (int i = 0; i < 2; i++) {
        keep(self, "ann");
        keep(self, "bob");
        keep(self, "cid");
        CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
        pass_a_moment();
        CHECK_EQ(kept.names_n, 2); // those behind it, too
    }
    CHECK(health_says(self, "names are not kept: 2"));
    CHECK_EQ(logged_n(log, "names that are kept are not stored, for good"), 1);
    edo_trail_clear();
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void name_that_is_refused_does_not_hold_up_others(void **state) {
    (void)state;
    static const int all[] = { -EILSEQ, -EINVAL };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        refusal = all[i];
        run_with_log(keep_one_name_that_is_refused);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_names_are_bounded_for_each_address),
        cmocka_unit_test(an_address_that_has_most_gives_a_name_first),
        cmocka_unit_test(names_of_few_addresses_push_nobody_else_s_out),
        cmocka_unit_test(name_that_was_spoken_under_is_kept_over_a_restart),
        cmocka_unit_test(name_of_who_does_not_come_back_is_free_at_once),
        cmocka_unit_test(name_is_kept_for_a_day_in_all),
        cmocka_unit_test(message_is_stored_at_once_though_names_are_not),
        cmocka_unit_test(name_that_is_refused_does_not_hold_up_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
