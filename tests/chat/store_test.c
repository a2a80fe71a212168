/* SPDX-License-Identifier: MIT */
/* Goal: every form of the store keeps the same promises, and the one in a file keeps them over the
 * end of the program, however it comes.
 * Method: one suite over all forms, with a naive reference for pages; the sources that allocate are
 * included. For the file: a child that is killed while it stores, and files of all kinds. */
#include <edo/bytes.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The store's own allocations fail when `fail_own_in` has counted them down; 0: none does. */
static long fail_own_in;

static int fails(void) {
    return fail_own_in > 0 && --fail_own_in == 0;
}

static void *own_malloc(size_t bytes) {
    return fails() ? NULL : malloc(bytes);
}

static void *own_calloc(size_t n, size_t bytes) {
    return fails() ? NULL : calloc(n, bytes);
}

static int own_append(edo_buf *to, const void *bytes, size_t n) {
    return fails() ? -ENOMEM : edo_buf_append(to, bytes, n);
}

#define malloc         own_malloc
#define calloc         own_calloc
#define edo_buf_append own_append
#include "../../apps/chat/store/store.c"
#include "stores/memory.h"
#ifdef CHAT_HAS_SQLITE
#    include "../../apps/chat/store/sqlite.c"
#endif
#undef malloc
#undef calloc
#undef edo_buf_append

#include "stores/moves_suite.h"
#include "stores/suite.h"

#include <edo/error.h>
#include <edo/task.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The forms ------------------------------------------------------------------------------- */

static store *make_memory(void) {
    store *s = NULL;
    assert_int_equal(memory_new(&s, &memory_ops, 0), 0);
    return s;
}

static store *make_memory_that_orders(void) {
    store *s = NULL;
    assert_int_equal(memory_new(&s, &memory_ops_that_number, 0), 0);
    return s;
}

static const struct form {
    const char *name;
    store *(*make)(void);
} * form; /* the one under test */

static const struct form forms[] = {
    { "memory", make_memory },
    { "memory that gives the numbers", make_memory_that_orders },
#ifdef CHAT_HAS_SQLITE
    { "SQLite", open_file },
#endif
};

/* Runs a part of the suite with each form. */
static void each(void (*part)(store *s)) {
    for (form = forms; form < forms + EDO_COUNT(forms); form++) {
        print_message("  %s\n", form->name);
        store *s = form->make();
        part(s);
        store_free(s);
    }
}

#define PART(part)                                                                                 \
    static void store_##part(void **state) {                                                       \
        (void)state;                                                                               \
        each(part);                                                                                \
    }
PART(a_page_has_the_newest_of_its_range_in_order)
PART(a_message_comes_back_as_it_was)
PART(a_batch_is_kept_whole_or_not_at_all)
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

/* As each(), with the forms that several programs use. */
static void each_that_shares(void (*part)(store *s)) {
    store *s = NULL;
    assert_int_equal(memory_new(&s, &memory_ops_that_share, 0), 0);
    assert_true(store_shares_people(s));
    part(s);
    store_free(s);
}

#define SHARED_PART(part)                                                                          \
    static void store_##part(void **state) {                                                       \
        (void)state;                                                                               \
        each_that_shares(part);                                                                    \
    }
SHARED_PART(a_name_is_one_persons_over_programs)
SHARED_PART(a_person_is_at_the_program_to_which_it_came_last)
SHARED_PART(a_name_that_was_spoken_under_is_kept_for_its_person)
SHARED_PART(names_that_are_kept_of_an_address_are_bounded)
SHARED_PART(people_of_a_program_that_is_gone_are_gone)
SHARED_PART(others_than_those_who_are_there_have_departed)
SHARED_PART(names_that_many_want_are_given_once)

static void store_of_one_program_shares_nobody(void **state) {
    store *s = make_memory();
    uint64_t program = 0;
    store_move m = move_of(STORE_ARRIVES, "a1", "ann");
    (void)state;
    assert_false(store_shares_people(s));
    assert_int_equal(store_renew(s, &people_terms, &program), -ENOTSUP);
    assert_int_equal(store_move_people(s, &people_terms, 1, &m, 1), -ENOTSUP);
    assert_int_equal(store_where(s, 1, &m, 1), -ENOTSUP);
    store_free(s);
}

static void memory_forgets_the_oldest_of_all_rooms(void **state) {
    (void)state;
    store *s;
    store_room *rooms;
    size_t n;
    assert_int_equal(memory_new(&s, &memory_ops, 3), 0);
    assert_int_equal(append(s, "old", 1, "x"), 0);
    for (uint64_t i = 1; i <= 5; i++) assert_int_equal(append(s, "new", i, "x"), 0);
    assert_page(s, "new", 0, STORE_BEFORE_ANY, 10, false, 3, (uint64_t[]){ 3, 4, 5 });
    assert_int_equal(store_rooms(s, &rooms, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(rooms[0].name.text, "new");
    free(rooms);
    store_free(s);
    store_free(NULL);
}

/* Makes a store, and uses all of it. The allocation that `*countdown` counts down to fails; 0 is
 * left there if it was reached. Returns the first failure. */
static int use_all(int (*make)(store **out), long *countdown) {
    store *s = NULL;
    store_found *found = NULL;
    store_room *rooms = NULL;
    size_t n;
    int err = make(&s);
    if (err < 0) return err;
    assert_non_null(s);
    long left = 0;
    saying batch[] = { message_of("tea", 1, "a"), message_of("coffee", 1, "b") };
    err = put(s, batch, 2);
    if (err == 0) err = append(s, "tea", 2, "c");
    if (err == 0) err = store_page(s, &(name){ "tea" }, 0, STORE_BEFORE_ANY, 9, &found);
    if (err == 0) free(found);
    if (err == 0) err = store_find(s, EDO_STR("x"), &found);
    if (err == 0) free(found);
    if (err == 0) err = store_rooms(s, &rooms, &n);
    if (err == 0) free(rooms);
    store_name *names = NULL, eve = name_of("eve", "e1", 1);
    if (err == 0) err = store_keep(s, &eve, 1);
    if (err == 0) err = store_names(s, &names, &n);
    if (err == 0) free(names);
    left = *countdown;
    *countdown = 0;
    uint64_t last; // it goes on, with a whole batch or none of it
    assert_int_equal(store_last(s, &(name){ "coffee" }, &last), 0);
    uint64_t has_batch = last;
    assert_int_equal(store_last(s, &(name){ "tea" }, &last), 0);
    assert_true(last == 2 || last == has_batch);
    store_free(s);
    *countdown = left;
    return err;
}

static int make_bounded(store **out) {
    return memory_new(out, &memory_ops, 100);
}

static int make_bounded_that_orders(store **out) {
    return memory_new(out, &memory_ops_that_number, 100);
}

#ifdef CHAT_HAS_SQLITE
static int make_file(store **out) {
    (void)unlink(path_of("chat.db"));
    (void)unlink(path_of("chat.db-wal"));
    (void)unlink(path_of("chat.db-journal"));
    return store_sqlite_open(out, path_of("chat.db"));
}
#endif

/* Lets the k-th allocation fail, for each k that there is. Returns how often the store failed. */
static int fail_in_turn(int (*make)(store **out), long *countdown) {
    int failed_n = 0;
    bool is_over = false; // it needed fewer than k
    for (long k = 1; !is_over; k += k < 100 ? 1 : 41) {
        *countdown = k;
        int err = use_all(make, countdown);
        is_over = *countdown > 0;
        *countdown = 0;
        failed_n += err < 0;
        // SQLite calls a file that it could not open for lack of memory one that it cannot open.
        assert_true(err == 0 || err == -ENOMEM || err == -EIO || err == -ENOENT);
        assert_true(err == 0 || !is_over);
        edo_trail_clear();
    }
    return failed_n;
}

static void memory_that_is_lacking_is_an_error_and_does_no_harm(void **state) {
    (void)state;
    assert_true(fail_in_turn(make_bounded, &fail_own_in) > 5);
    assert_true(fail_in_turn(make_bounded_that_orders, &fail_own_in) > 5);
#ifdef CHAT_HAS_SQLITE
    assert_true(fail_in_turn(make_file, &fail_own_in) > 5);
#endif
}

/* ---- The file -------------------------------------------------------------------------------- */

#ifdef CHAT_HAS_SQLITE
/* Stores batch after batch, and writes the number of each that is stored, until it is killed. */
static void store_until_killed(int to) {
    store *s = open_file();
    for (uint64_t i = 1;; i += 3) {
        saying batch[3];
        for (uint64_t k = 0; k < 3; k++) batch[k] = message_of("tea", i + k, "x");
        uint64_t last = i + 2;
        if (store_append(s, batch, 3) != 0 || write(to, &last, sizeof last) < 0) _exit(1);
    }
}

static void what_was_stored_survives_kill_9(void **state) {
    (void)state;
    for (int kill_at = 1; kill_at < 200; kill_at += 66) {
        int ends[2];
        uint64_t told = 0, last;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) store_until_killed(ends[1]);
        assert_true(child > 0);
        (void)close(ends[1]);
        for (int i = 0; i < kill_at; i++) assert_true(read(ends[0], &told, sizeof told) > 0);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &last, sizeof last) == sizeof last) told = last;
        (void)close(ends[0]);
        store *s = open_file();
        assert_int_equal(store_last(s, &(name){ "tea" }, &last), 0);
        assert_true(last == told || last == told + 3); // a batch whose number it could not write
        store_found *found = page(s, "tea", 0, STORE_BEFORE_ANY, SIZE_MAX);
        assert_int_equal(found->n, last);
        free(found);
        store_free(s);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
}

static void what_was_stored_is_there_when_the_file_is_opened_again(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 3; i++) {
        store *s = open_file();
        assert_int_equal(append(s, "tea", i, "x"), 0);
        assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, i, (uint64_t[]){ 1, 2, 3 });
        store_free(s);
    }
}

/* Opening that fails so, and says this with the name of the file. */
static void assert_refused(const char *file, int code, const char *words) {
    char text[512];
    store *s = NULL;
    assert_int_equal(store_sqlite_open(&s, path_of(file)), code);
    assert_null(s);
    edo_trail_print_text(text, sizeof text, code, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, path_of(file)));
    if (!strstr(text, words)) fail_msg("%s: %s", words, text);
    edo_trail_clear();
}

static void write_file(const char *file, const char *text) {
    FILE *f = fopen(path_of(file), "w");
    assert_non_null(f);
    for (int i = 0; i < 100; i++) assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void a_file_that_is_no_chat_s_is_refused_untouched(void **state) {
    (void)state;
    assert_refused("", -EISDIR, "Is a directory");
    assert_refused("nowhere/chat.db", -ENOENT, "No such file");
    write_file("other", "a file that is no database at all\n");
    assert_refused("other", -EILSEQ, "not a database");
    struct stat is;
    assert_int_equal(stat(path_of("other"), &is), 0);
    assert_int_equal(is.st_size, 3400);
    assert_int_equal(unlink(path_of("other")), 0);
    sql("other", "CREATE TABLE theirs (x)");
    assert_refused("other", -EILSEQ, "not a chat's");
    sql("other", "PRAGMA application_id = -5"); // a number, and no error
    assert_refused("other", -EILSEQ, "not a chat's");
    sql("other", "PRAGMA application_id = 1701080931; PRAGMA user_version = 5");
    assert_refused("other", -EILSEQ, "newer");
    sql("other", "INSERT INTO theirs VALUES (1)"); // it is not in the mode of a log
    assert_int_not_equal(access(path_of("other-wal"), F_OK), 0);
}

static void a_new_file_is_its_owner_s_alone_and_tokens_of_an_old_one_are_gone(void **state) {
    (void)state;
    static const char secret[] = "a-token-that-nobody-may-read";
    struct stat is;
    mode_t usual = umask(0);
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    static const char *const files[] = { "chat.db", "chat.db-wal" };
    for (size_t i = 0; i < EDO_COUNT(files); i++) {
        assert_int_equal(stat(path_of(files[i]), &is), 0);
        assert_int_equal(is.st_mode & 0777, 0600);
    }
    store_free(s);
    (void)umask(usual);
    sql("chat.db", "UPDATE message SET ref = 'a-token-that-nobody-may-read r1'; "
                   "DROP TABLE kept_name; PRAGMA user_version = 1");
    s = open_file();
    for (size_t i = 0; i < EDO_COUNT(files); i++) { // while it is open, since it may be killed
        static char bytes[100000];
        FILE *f = fopen(path_of(files[i]), "r");
        assert_non_null(f);
        size_t n = fread(bytes, 1, sizeof bytes, f);
        assert_int_equal(fclose(f), 0);
        assert_true(n < sizeof bytes);
        assert_null(memmem(bytes, n, secret, sizeof secret - 1));
    }
    store_free(s);
    assert_int_not_equal(access(path_of("chat.db-wal"), F_OK), 0);
}

static void a_file_of_an_older_program_keeps_names_and_what_it_has(void **state) {
    (void)state;
    const store_name ann = name_of("ann", "a1", 500);
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    store_free(s);
    sql("chat.db", "DROP TABLE kept_name; PRAGMA user_version = 2");
    s = open_file();
    assert_int_equal(store_keep(s, &ann, 1), 0);
    store_free(s);
    s = open_file();
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 1, (uint64_t[]){ 1 });
    assert_names(s, 1, &ann);
    store_free(s);
    // A name that the chat cannot have written takes no other with it.
    sql("chat.db", "INSERT INTO kept_name (name, person, address, until_ms) "
                   "VALUES ('a,b', 'b1              ', x'00', 900)");
    s = open_file();
    assert_names(s, 1, &ann);
    store_free(s);
    // Names of ASCII alone were their own keys.
    sql("chat.db", "ALTER TABLE kept_name DROP COLUMN shown; UPDATE kept_name SET name = 'Ann' "
                   "WHERE name = 'ann';"
                   "PRAGMA user_version = 3");
    s = open_file();
    const store_name as_it_was = name_of("Ann", "a1", 500);
    assert_names(s, 1, &as_it_was);
    assert_int_equal(store_keep(s, &ann, 1), 0); // in the place of that one
    assert_names(s, 1, &ann);
    store_free(s);
}

static void a_file_that_is_in_use_is_refused(void **state) {
    (void)state;
    store *s = open_file();
    assert_refused("chat.db", -EBUSY, "another program");
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    store_free(s);
    store_free(open_file());
}

static int64_t messages_n(edo_sqlite *db) {
    newest n = { .number = 0 };
    CHECK_EQ(edo_sqlite_query_one(db, &n, &newest_desc, "SELECT count(*) AS number FROM message",
                                  EDO_SQL_NONE),
             0);
    return n.number;
}

static int read_for_long(edo_sqlite *tx, void *arg) {
    store_found *found;
    CHECK_EQ(messages_n(tx), 1);
    CHECK_EQ(append(arg, "tea", 2, "y"), 0);
    CHECK_EQ(store_find(arg, EDO_STR("none"), &found), 0);
    free(found);
    CHECK_EQ(messages_n(tx), 1);
    return 0;
}

static void those_who_read_hold_nobody_up_who_speaks(void **state) {
    (void)state;
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    assert_int_equal(edo_sqlite_call(((sqlite_store *)s)->db, false, read_for_long, s), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 2, (uint64_t[]){ 1, 2 });
    sql("chat.db", "SELECT count(*) FROM message"); // another program
    store_free(s);
}

enum { MANY = 5000 }; // takes long enough to be cut short, if it could be

static int append_many(void *arg) {
    saying *batch = calloc(MANY, sizeof *batch);
    CHECK(batch != NULL);
    for (uint64_t i = 0; i < MANY; i++) batch[i] = message_of("tea", i + 1, "x");
    int err = store_append(arg, batch, MANY);
    free(batch);
    return err;
}

static uint64_t jobs_n(void) {
    edo_blocking_stats is;
    edo_blocking_get_stats(edo_runtime_current(), &is);
    return is.started;
}

static int append_and_cancel(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(0));
    CHECK_EQ(edo_deadline_end(&d, append(arg, "tea", 1, "x")), -ETIMEDOUT);
    CHECK_EQ(jobs_n(), 0);
    edo_task *task = edo_spawn(append_many, arg);
    CHECK(task != NULL);
    WAIT_FOR(jobs_n() > 0);
    edo_task_cancel(task);
    return edo_task_join(task);
}

static void a_call_that_has_begun_is_awaited_and_one_that_has_not_does_nothing(void **state) {
    (void)state;
    store *s = open_file();
    assert_int_equal(inside_real(append_and_cancel, s), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 1, true, 1, (uint64_t[]){ MANY });
    store_free(s);
}

static void a_file_that_another_program_makes_smaller_is_whole(void **state) {
    (void)state;
    static const char to_file[] = "PRAGMA wal_checkpoint(TRUNCATE)";
    char text[40000] = { 0 };
    memset(text, 'x', sizeof text - 1);
    store *s = open_file();
    for (uint64_t i = 1; i <= 3; i++) assert_int_equal(append(s, "tea", i, text), 0);
    sql("chat.db", to_file);
    off_t before = bytes_of_file();
    assert_int_equal(store_check(s), 0);
    sql("chat.db", "DELETE FROM message WHERE number > 1; VACUUM");
    sql("chat.db", to_file);
    assert_true(bytes_of_file() < before);
    assert_int_equal(store_check(s), 0);
    assert_int_equal(append(s, "tea", 4, "y"), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 2, (uint64_t[]){ 1, 4 });
    // It counts what is left: without the last byte it is damaged.
    assert_int_equal(truncate(path_of("chat.db"), bytes_of_file() - 1), 0);
    assert_int_equal(store_check(s), -EILSEQ);
    store_free(s);
}

static void a_file_that_is_cut_off_is_damaged_at_the_first_look(void **state) {
    (void)state;
    static const off_t ends[] = { 0, 10, 1000, 4095 };
    for (size_t i = 0; i < EDO_COUNT(ends); i++) {
        store *s = open_file();
        assert_true(bytes_of_file() > ends[i]);
        assert_int_equal(truncate(path_of("chat.db"), ends[i]), 0);
        assert_int_equal(store_check(s), -EILSEQ);
        store_free(s);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
}

static void an_empty_file_becomes_a_database(void **state) {
    (void)state;
    FILE *f = fopen(path_of("chat.db"), "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    store_free(s);
}

/* A disk that is full: the file may not grow. */
static void a_batch_for_which_the_disk_has_no_room_is_refused_and_the_store_goes_on(void **state) {
    (void)state;
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    edo_sqlite *db = ((sqlite_store *)s)->db;
    assert_int_equal(edo_sqlite_exec(db, "PRAGMA max_page_count = 5", EDO_SQL_NONE), 0);
    char text[40000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(append(s, "tea", 2, text), -ENOSPC);
    assert_int_equal(append(s, "tea", 2, "y"), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 2, (uint64_t[]){ 1, 2 });
    store_free(s);
    edo_trail_clear();
}

/* SQLite's memory fails at the k-th allocation. */
static sqlite3_mem_methods real;
static long fail_in;

static void *perhaps_malloc(int bytes) {
    return fail_in > 0 && --fail_in == 0 ? NULL : real.xMalloc(bytes);
}

static void *perhaps_realloc(void *p, int bytes) {
    return fail_in > 0 && --fail_in == 0 ? NULL : real.xRealloc(p, bytes);
}

static void memory_that_sqlite_lacks_is_an_error_and_does_no_harm(void **state) {
    (void)state;
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    sqlite3_mem_methods failing = real;
    failing.xMalloc = perhaps_malloc;
    failing.xRealloc = perhaps_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    assert_true(fail_in_turn(make_file, &fail_in) > 50);
    assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &real), SQLITE_OK);
}
#else
static void a_build_without_sqlite_says_so(void **state) {
    (void)state;
    store *s;
    char text[512];
    assert_int_equal(store_sqlite_open(&s, path_of("chat.db")), -ENOTSUP);
    edo_trail_print_text(text, sizeof text, -ENOTSUP, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "without SQLite"));
    edo_trail_clear();
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(store_a_page_has_the_newest_of_its_range_in_order),
        TEST(store_a_message_comes_back_as_it_was),
        TEST(store_a_batch_is_kept_whole_or_not_at_all),
        TEST(store_rooms_are_sorted_and_are_one_in_any_case),
        TEST(store_a_message_is_found_by_its_reference),
        TEST(store_names_are_kept_until_they_are_free),
        TEST(store_pages_are_those_of_a_naive_reference),
        TEST(store_fibers_may_use_it_at_once),
        TEST(store_numbers_have_no_gap_and_times_do_not_go_back),
        TEST(store_what_is_new_is_found_room_by_room),
        TEST(store_rooms_that_find_no_room_in_an_answer_are_told),
        TEST(store_rooms_that_were_made_lately_are_found),
        TEST(store_what_is_given_again_is_said_once),
        TEST(store_batches_that_cross_have_one_order),
        cmocka_unit_test(store_a_name_is_one_persons_over_programs),
        cmocka_unit_test(store_a_person_is_at_the_program_to_which_it_came_last),
        cmocka_unit_test(store_a_name_that_was_spoken_under_is_kept_for_its_person),
        cmocka_unit_test(store_names_that_are_kept_of_an_address_are_bounded),
        cmocka_unit_test(store_people_of_a_program_that_is_gone_are_gone),
        cmocka_unit_test(store_others_than_those_who_are_there_have_departed),
        cmocka_unit_test(store_names_that_many_want_are_given_once),
        cmocka_unit_test(store_of_one_program_shares_nobody),
        cmocka_unit_test(memory_forgets_the_oldest_of_all_rooms),
        TEST(memory_that_is_lacking_is_an_error_and_does_no_harm),
#ifdef CHAT_HAS_SQLITE
        TEST(what_was_stored_survives_kill_9),
        TEST(what_was_stored_is_there_when_the_file_is_opened_again),
        TEST(a_file_that_is_no_chat_s_is_refused_untouched),
        TEST(a_new_file_is_its_owner_s_alone_and_tokens_of_an_old_one_are_gone),
        TEST(a_file_of_an_older_program_keeps_names_and_what_it_has),
        TEST(a_file_that_is_in_use_is_refused),
        TEST(those_who_read_hold_nobody_up_who_speaks),
        TEST(a_call_that_has_begun_is_awaited_and_one_that_has_not_does_nothing),
        TEST(a_file_that_another_program_makes_smaller_is_whole),
        TEST(a_file_that_is_cut_off_is_damaged_at_the_first_look),
        TEST(an_empty_file_becomes_a_database),
        TEST(a_batch_for_which_the_disk_has_no_room_is_refused_and_the_store_goes_on),
        TEST(memory_that_sqlite_lacks_is_an_error_and_does_no_harm),
#else
        TEST(a_build_without_sqlite_says_so),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
