/* SPDX-License-Identifier: MIT */
/* stores/file.h: a folder with a store's file for each test. */
#ifndef CHAT_TESTS_FILE_H
#define CHAT_TESTS_FILE_H

#include "inside.h"
#include "store/store.h"

#ifdef CHAT_HAS_SQLITE
#    include <sqlite3.h>
#endif
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static char *path_of(const char *file) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static inline int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/edo-store-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    static const char *const files[] = { "chat.db", "chat.db-wal",        "chat.db-journal",
                                         "other",   "chat.db-wal.torn-1", "chat.db-wal.torn-2" };
    for (size_t i = 0; i < EDO_COUNT(files); i++) (void)unlink(path_of(files[i]));
    return rmdir(folder);
}

static saying message_of(const char *room, uint64_t number, const char *text) {
    saying m = { .number = number,
                 .nick = { "ann" },
                 .time_ms = (int64_t)(number % 1000),
                 .text = edo_str_of(text) };
    CHECK(name_parse(&m.room, edo_str_of(room)));
    return m;
}

/* Says it in the room; of a store that gives the numbers that is to be the next one. */
static int append(store *s, const char *room, uint64_t number, const char *text) {
    saying m = message_of(room, number, text);
    if (!store_gives_numbers(s)) return store_append(s, &m, 1);
    place at = { .number = 0 };
    int err = store_order(s, &m, 1, &at);
    if (err == 0) CHECK_EQ(at.number, number);
    return err;
}

static store_found *page(store *s, const char *room, uint64_t after, uint64_t before,
                         size_t limit) {
    store_found *found;
    name n;
    assert_true(name_parse(&n, edo_str_of(room)));
    assert_int_equal(store_page(s, &n, after, before, limit, &found), 0);
    return found;
}

/* The page holds these numbers, and `has_more` is so. */
static inline void assert_page(store *s, const char *room, uint64_t after, uint64_t before,
                               size_t limit, bool has_more, size_t n, const uint64_t *numbers) {
    store_found *found = page(s, room, after, before, limit);
    assert_int_equal(found->n, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(found->messages[i].number, numbers[i]);
    assert_int_equal(found->has_more, has_more);
    free(found);
}

#ifdef CHAT_HAS_SQLITE
static inline store *open_file(void) {
    store *s = NULL;
    assert_int_equal(store_sqlite_open(&s, path_of("chat.db")), 0);
    return s;
}

static inline void sql(const char *file, const char *text) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path_of(file), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline off_t bytes_of_file(void) {
    struct stat is;
    assert_int_equal(stat(path_of("chat.db"), &is), 0);
    return is.st_size;
}

#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

#endif
