/* SPDX-License-Identifier: MIT */
/* Goal: the store in PostgreSQL keeps the promises of all others, for several programs at once, and
 * over an end of the server: what is told as kept is there once, and nothing is said twice.
 * Method: a real server for all tests; the suite over a fresh database; one that is killed, or
 * stopped, while rooms talk. */
#include "pg_server.h"
#include "stores/memory.h"
#include "stores/moves_suite.h"
#include "stores/suite.h"

#include "room/directory.h"
#include "storage/storage.h"
#include "storage/writes.h"

#include <edo/broadcast.h>
#include <edo/error.h>
#include <edo/pg.h>
#include <edo/runtime.h>
#include <edo/task.h>

#include <unistd.h>

static edo_runtime *world; /* which the test's thread has entered */

/* As another program does, or an operator. */
static void execute(const char *sql) {
    edo_pg *db;
    assert_int_equal(edo_pg_connect(&db, pg_url(), NULL), 0);
    assert_true(edo_pg_exec(db, sql, EDO_SQL_NONE) >= 0);
    edo_pg_close(db);
}

static int begin_world(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    (void)state;
    assert_int_equal(edo_runtime_new(&world, &opts), 0);
    assert_int_equal(edo_runtime_enter(world), 0);
    execute("drop table if exists chat_migrations, chat_server, chat_room, chat_message, "
            "chat_name, chat_copy,"
            " chat_program, chat_person");
    return 0;
}

static int end_world(void **state) {
    (void)state;
    edo_runtime_leave(world);
    assert_int_equal(edo_runtime_shutdown(world, edo_s(5)), 0);
    edo_runtime_free(world);
    return 0;
}

static store *open_pg(void) {
    store *s = NULL;
    int err = store_pg_open(&s, the_server.url, NULL);
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LIST);
    assert_int_equal(err, 0);
    assert_true(store_gives_numbers(s));
    return s;
}

#define PART(part)                                                                                 \
    static void pg_##part(void **state) {                                                          \
        (void)state;                                                                               \
        store *s = open_pg();                                                                      \
        part(s);                                                                                   \
        store_free(s);                                                                             \
    }
PART(a_page_has_the_newest_of_its_range_in_order)
PART(a_message_comes_back_as_it_was)
PART(rooms_are_sorted_and_are_one_in_any_case)
PART(a_message_is_found_by_its_reference)
PART(names_are_kept_until_they_are_free)
PART(pages_are_those_of_a_naive_reference)
PART(fibers_may_use_it_at_once)
PART(numbers_have_no_gap_and_times_do_not_go_back)
PART(what_is_new_is_found_room_by_room)
PART(rooms_that_find_no_room_in_an_answer_are_told)
PART(rooms_that_were_made_lately_are_found)
PART(what_is_given_again_is_said_once)
PART(batches_that_cross_have_one_order)
PART(a_name_is_one_persons_over_programs)
PART(a_person_is_at_the_program_to_which_it_came_last)
PART(a_name_that_was_spoken_under_is_kept_for_its_person)
PART(names_that_are_kept_of_an_address_are_bounded)
PART(people_of_a_program_that_is_gone_are_gone)
PART(others_than_those_who_are_there_have_departed)
PART(names_that_many_want_are_given_once)

/* ---- Several programs ------------------------------------------------------------------------ */

static int open_one(void *arg) {
    return store_pg_open(arg, the_server.url, NULL);
}

static void programs_that_start_at_once_make_the_tables_once(void **state) {
    enum { PROGRAMS = 4 };
    store *all[PROGRAMS] = { NULL };
    edo_task *tasks[PROGRAMS];
    (void)state;
    for (int i = 0; i < PROGRAMS; i++) tasks[i] = edo_spawn(open_one, &all[i]);
    for (int i = 0; i < PROGRAMS; i++) assert_int_equal(edo_task_join(tasks[i]), 0);
    for (int i = 0; i < PROGRAMS; i++)
        assert_int_equal(append(all[i], "tea", 1 + (uint64_t)i, "x"), 0);
    for (int i = 0; i < PROGRAMS; i++) store_free(all[i]);
}

static void programs_that_say_in_the_same_rooms_have_one_order(void **state) {
    store *one = open_pg(), *other = open_pg();
    (void)state;
    assert_one_order(one, other);
    store_free(one);
    store_free(other);
}

static void programs_that_give_the_same_names_give_each_once(void **state) {
    store *one = open_pg(), *other = open_pg();
    (void)state;
    assert_names_are_given_once(one, other);
    store_free(one);
    store_free(other);
}

static store_move arrival(int64_t ms_ago) {
    store_move m = move_of(STORE_ARRIVES, "a1", "ann");
    m.at = edo_instant_add(edo_now(), edo_ms(-ms_ago));
    return m;
}

/* Each program tells what it could not while the database was away. */
static void a_person_is_where_it_came_last_whichever_program_tells_first(void **state) {
    (void)state;
    store *s = open_pg();
    uint64_t one = begin_program(s, &people_terms), other = begin_program(s, &people_terms);
    const struct {
        uint64_t at;
        int64_t ms_ago;
        store_standing is;
    } told[] = { { one, 5000, STORE_HAS_NAME },
                 { other, 10000, STORE_IS_ELSEWHERE },
                 { other, 4000, STORE_HAS_NAME },
                 { one, 100, STORE_HAS_NAME },
                 { other, 400, STORE_IS_ELSEWHERE } };
    for (size_t i = 0; i < EDO_COUNT(told); i++) {
        store_move m = arrival(told[i].ms_ago);
        assert_int_equal(store_move_people(s, &people_terms, told[i].at, &m, 1), 0);
        assert_int_equal(m.is, told[i].is);
        bool is_at_one = (told[i].at == one) == (told[i].is == STORE_HAS_NAME);
        assert_where(s, one, "a1", "ann", is_at_one ? STORE_HAS_NAME : STORE_IS_ELSEWHERE);
    }
    // the database before this one had a clock that was ahead
    execute("update chat_person set since_ms = since_ms + 3600000");
    assert_move(s, other, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    store_free(s);
}

/* As after a copy of a file, whose people are at no program. */
static void names_that_were_in_use_without_a_program_are_kept(void **state) {
    store *s = open_pg();
    const store_name ann = name_of("ann", "a1", STORE_NAME_IS_USED);
    (void)state;
    assert_int_equal(store_keep(s, &ann, 1), 0);
    uint64_t one = begin_program(s, &people_terms);
    assert_move(s, one, STORE_ARRIVES, "e1", "ann", STORE_NAME_TAKEN);
    assert_move(s, one, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_DEPARTS, "a1", "", STORE_HAS_NAME);
    assert_int_equal(store_keep(s, &ann, 1), 0);
    (void)begin_program(s, &no_terms);
    assert_move(s, one, STORE_ARRIVES, "e1", "ann", STORE_HAS_NAME); // for no time
    store_free(s);
}

/* What is there when a program is opened again; its serials begin anew, and are others. */
static void numbers_go_on_when_the_database_is_opened_again(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        store *s = open_pg();
        saying m = message_of("tea", 0, "x");
        place at;
        m.serial = 1;
        assert_int_equal(store_order(s, &m, 1, &at), 0);
        assert_place(&at, i, false);
        store_free(s);
    }
}

static void text_that_postgres_cannot_keep_is_refused_and_leaves_no_gap(void **state) {
    store *s = open_pg();
    saying batch[2] = { message_of("tea", 0, "x"), message_of("tea", 0, "x") };
    place at[2];
    (void)state;
    batch[1].text = (edo_str){ "a\0b", 3 };
    assert_int_equal(store_order(s, batch, 2, at), -EINVAL);
    batch[1].text = (edo_str){ "\xff", 1 };
    assert_int_equal(store_order(s, batch, 2, at), -EINVAL);
    assert_int_equal(append(s, "tea", 1, "y"), 0);
    store_free(s);
    edo_trail_clear();
}

/* A rule of an operator's: a text that is an SQLSTATE is refused with that. */
static void refuse_sqlstates(void) {
    execute("create or replace function refuse() returns trigger language plpgsql as $$ begin"
            " if new.text ~ '^[0-9A-Z]{5}$' then raise exception 'no' using errcode = new.text;"
            " end if; return new; end $$");
    execute("create trigger refuse before insert on chat_message"
            " for each row execute function refuse()");
}

/* Of the message is what no other try would change: else one such would hold up all behind it. */
static void what_is_of_the_message_itself_is_refused_and_the_rest_is_tried_again(void **state) {
    static const struct {
        const char *sqlstate;
        int code;
    } rows[] = {
        { "22001", -EINVAL }, { "22P05", -EINVAL }, { "23000", -EINVAL }, { "23502", -EINVAL },
        { "23503", -EINVAL }, { "23514", -EINVAL }, { "23P01", -EINVAL }, { "54000", -EIO },
        { "54001", -EIO },    { "23505", -EAGAIN }, { "40001", -EAGAIN }, { "40P01", -EAGAIN },
        { "53100", -ENOSPC }, { "53200", -EIO },    { "42501", -EIO },    { "25006", -EIO },
        { "55P03", -EIO },    { "XX000", -EIO },
    };
    store *s = open_pg();
    (void)state;
    refuse_sqlstates();
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = append(s, "tea", 0, rows[i].sqlstate);
        if (err != rows[i].code) print_error("%s: %d\n", rows[i].sqlstate, err);
        assert_int_equal(err, rows[i].code);
    }
    assert_int_equal(append(s, "tea", 1, "y"), 0); // they have left no gap
    store_free(s);
    edo_trail_clear();
}

/* As if others had committed one of the references at the same moment, `n` times: what a sequence
 * counts a transaction that fails does not take back. */
static void collide(const char *n) {
    char sql[400];
    execute("drop sequence if exists tries");
    execute("create sequence tries");
    (void)snprintf(sql, sizeof sql,
                   "create or replace function collide() returns trigger language plpgsql as $$"
                   " begin if new.ref is not null and nextval('tries') <= %s then"
                   " raise exception 'no' using errcode = '23505'; end if; return new; end $$",
                   n);
    execute(sql);
    execute("drop trigger if exists collide on chat_message");
    execute("create trigger collide before insert on chat_message"
            " for each row execute function collide()");
}

static void copy_tries_again_what_others_say_by_the_same_reference(void **state) {
    store *s = open_pg(), *from;
    store_copied done;
    store_found *found;
    (void)state;
    assert_int_equal(memory_new(&from, &memory_ops, 0), 0);
    saying batch[2] = { message_of("tea", 5, "x"), message_of("tea", 9, "y") };
    batch[0].ref = EDO_STR("key r");
    assert_int_equal(store_append(from, batch, 2), 0);
    collide("100");
    assert_int_equal(store_copy_to_pg(from, s, &done), -EAGAIN);
    assert_int_equal(done.messages_n, 0);
    edo_trail_clear();
    collide("2");
    assert_int_equal(store_copy_to_pg(from, s, &done), 0);
    assert_int_equal(done.messages_n, 2);
    assert_int_equal(store_find(s, EDO_STR("key r"), &found), 0);
    assert_int_equal(found->n, 1);
    assert_int_equal(found->messages[0].number, 1);
    free(found);
    store_free(from);
    store_free(s);
    edo_trail_clear();
}

/* What another program has written, and the chat would not show, is in the way of nothing. */
static void a_page_has_older_messages_in_the_place_of_those_that_cannot_be_shown(void **state) {
    store *s = open_pg();
    store_found *found;
    (void)state;
    for (uint64_t i = 1; i <= 8; i++) assert_int_equal(append(s, "tea", i, "x"), 0);
    execute("update chat_message set sender = 'no: name' where number between 3 and 6");
    assert_int_equal(store_page(s, &(name){ "tea" }, 0, STORE_BEFORE_ANY, 3, &found), 0);
    assert_int_equal(found->n, 3);
    assert_int_equal(found->messages[0].number, 2);
    assert_int_equal(found->messages[1].number, 7);
    assert_true(found->has_more);
    assert_int_equal(found->fault, -EILSEQ);
    free(found);
    assert_int_equal(store_page(s, &(name){ "tea" }, 0, 7, 3, &found), 0);
    assert_int_equal(found->n, 2);
    assert_false(found->has_more);
    free(found);
    store_free(s);
}

/* Who asks for what was made after the last one would not find the rest. */
static void rooms_that_were_made_at_one_time_are_told_together(void **state) {
    enum { ROOMS = STORE_MADE + 44 };
    store *s = open_pg();
    store_made *made;
    size_t n;
    (void)state;
    execute("insert into chat_room (room, name, made_ms) select 'r' || i, 'r' || i,"
            " (extract(epoch from now()) * 1000)::bigint"
            " from generate_series(1, 300) i");
    assert_int_equal(store_made_after(s, 0, &made, &n), 0);
    assert_int_equal(n, ROOMS);
    free(made);
    store_free(s);
}

static void a_database_that_cannot_be_reached_is_told_without_its_password(void **state) {
    char text[2048];
    store *s = NULL;
    (void)state;
    int err = store_pg_open(&s, "postgres://edo:s3cret@127.0.0.1:1/postgres", NULL);
    assert_true(err < 0);
    assert_null(s);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LIST);
    assert_non_null(strstr(text, "opening the database"));
    assert_null(strstr(text, "s3cret"));
    edo_trail_clear();
}

int main(void) {
#define PG_TEST(f) cmocka_unit_test_setup_teardown(f, begin_world, end_world)
    const struct CMUnitTest tests[] = {
        PG_TEST(pg_a_page_has_the_newest_of_its_range_in_order),
        PG_TEST(pg_a_message_comes_back_as_it_was),
        PG_TEST(pg_rooms_are_sorted_and_are_one_in_any_case),
        PG_TEST(pg_a_message_is_found_by_its_reference),
        PG_TEST(pg_names_are_kept_until_they_are_free),
        PG_TEST(pg_pages_are_those_of_a_naive_reference),
        PG_TEST(pg_fibers_may_use_it_at_once),
        PG_TEST(pg_numbers_have_no_gap_and_times_do_not_go_back),
        PG_TEST(pg_what_is_new_is_found_room_by_room),
        PG_TEST(pg_rooms_that_find_no_room_in_an_answer_are_told),
        PG_TEST(pg_rooms_that_were_made_lately_are_found),
        PG_TEST(pg_what_is_given_again_is_said_once),
        PG_TEST(pg_batches_that_cross_have_one_order),
        PG_TEST(pg_a_name_is_one_persons_over_programs),
        PG_TEST(pg_a_person_is_at_the_program_to_which_it_came_last),
        PG_TEST(pg_a_name_that_was_spoken_under_is_kept_for_its_person),
        PG_TEST(pg_names_that_are_kept_of_an_address_are_bounded),
        PG_TEST(pg_people_of_a_program_that_is_gone_are_gone),
        PG_TEST(pg_others_than_those_who_are_there_have_departed),
        PG_TEST(pg_names_that_many_want_are_given_once),
        PG_TEST(programs_that_give_the_same_names_give_each_once),
        PG_TEST(a_person_is_where_it_came_last_whichever_program_tells_first),
        PG_TEST(names_that_were_in_use_without_a_program_are_kept),
        PG_TEST(programs_that_start_at_once_make_the_tables_once),
        PG_TEST(programs_that_say_in_the_same_rooms_have_one_order),
        PG_TEST(numbers_go_on_when_the_database_is_opened_again),
        PG_TEST(text_that_postgres_cannot_keep_is_refused_and_leaves_no_gap),
        PG_TEST(what_is_of_the_message_itself_is_refused_and_the_rest_is_tried_again),
        PG_TEST(copy_tries_again_what_others_say_by_the_same_reference),
        PG_TEST(a_page_has_older_messages_in_the_place_of_those_that_cannot_be_shown),
        PG_TEST(rooms_that_were_made_at_one_time_are_told_together),
        PG_TEST(a_database_that_cannot_be_reached_is_told_without_its_password),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
