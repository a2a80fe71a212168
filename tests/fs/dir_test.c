/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/dir.h about one directory.
 * Method: a directory of its own, on every kind of runtime and outside any. After each test as many
 * descriptors are open as before. */
#include "fs_support.h"

#include <edo/dir.h>

#include <sys/socket.h>
#include <sys/un.h>

static int kinds_of_entries(void *arg) {
    static const struct {
        const char *name;
        edo_entry_type type;
    } made[] = {
        { "file", EDO_ENTRY_FILE }, { "dir", EDO_ENTRY_DIR },       { "link", EDO_ENTRY_LINK },
        { "fifo", EDO_ENTRY_FIFO }, { "socket", EDO_ENTRY_SOCKET },
    };
    (void)arg;
    make_file("file");
    CHECK_EQ(mkdir("dir", 0777) + symlink("dir", "link") + mkfifo("fifo", 0666), 0);
    struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "socket" };
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(s, (const void *)&at, sizeof at) + close(s), 0);
    edo_dir *d;
    edo_dir_entry e;
    uint32_t seen = 0;
    CHECK_EQ(edo_dir_open(&d, "."), 0);
    while (edo_dir_next(d, &e) == 1) {
        size_t i = 0;
        while (i < EDO_COUNT(made) && strcmp(made[i].name, e.name) != 0) i++;
        CHECK(i < EDO_COUNT(made) && !(seen & 1u << i));
        seen |= 1u << i;
        struct stat found;
        CHECK_EQ(lstat(e.name, &found), 0);
        CHECK_EQ(e.type, made[i].type);
        CHECK_EQ(e.ino, found.st_ino);
    }
    CHECK_EQ(seen, (1u << EDO_COUNT(made)) - 1);
    CHECK_EQ(edo_dir_next(d, &e), 0); // and stays at the end
    edo_dir_close(d);
    return 0;
}

static void entries_have_names_numbers_and_types(void **state) {
    (void)state;
    run_each(kinds_of_entries);
}

static int refused(void *arg) {
    edo_dir *d;
    edo_dir_entry e;
    (void)arg;
    CHECK_EQ(edo_dir_open(&d, "none"), -ENOENT);
    make_file("file");
    CHECK_EQ(edo_dir_open(&d, "file"), -ENOTDIR);
    CHECK_EQ(mkdir("empty", 0777), 0);
    CHECK_EQ(edo_dir_open(&d, "empty"), 0);
    CHECK_EQ(edo_dir_next(d, &e), 0);
    edo_dir_close(d);
    CHECK_EQ(edo_dir_open(&d, "empty"), 0);
    CHECK_EQ(rmdir("empty"), 0); // before the first read
    CHECK_EQ(edo_dir_next(d, &e), 0);
    edo_dir_close(d);
    edo_dir_close(NULL);
    CHECK(!edo_seq_from_dir(NULL));
    return 0;
}

static void what_is_no_directory_is_refused(void **state) {
    (void)state;
    run_each(refused);
}

/* ---- Many entries ---------------------------------------------------------------------------- */

#define MANY 10000

static uint8_t seen[MANY];

static void make_many(void) {
    for (int i = 0; i < MANY; i++) make_numbered(i);
    memset(seen, 0, sizeof seen);
}

static void note(const edo_dir_entry *e) {
    long i = strtol(e->name, NULL, 10);
    CHECK(i >= 0 && i < MANY);
    seen[i]++;
}

static int all_of_many(void *arg) {
    edo_dir *d;
    edo_dir_entry e;
    int rc, n = 0;
    (void)arg;
    make_many();
    CHECK_EQ(edo_dir_open(&d, "."), 0);
    while (n < 100 && (rc = edo_dir_next(d, &e)) == 1) note(&e), n++;
    edo_seq *rest = edo_seq_from_dir(d);
    while ((rc = edo_seq_next(rest, &e)) == 1) note(&e), n++;
    CHECK_EQ(rc, 0);
    edo_seq_free(rest);
    CHECK_EQ(n, MANY);
    for (int i = 0; i < MANY; i++) CHECK_EQ(seen[i], 1);
    return 0;
}

static void ten_thousand_entries_come_once_each(void **state) {
    (void)state;
    run_each(all_of_many);
}

/* Every third entry is removed, some before they were read; new ones are made. */
static int changes(void *arg) {
    edo_dir *d;
    edo_dir_entry e;
    int n = 0;
    (void)arg;
    make_many();
    CHECK_EQ(edo_dir_open(&d, "."), 0);
    while (edo_dir_next(d, &e) == 1) {
        if (e.name[0] == 'x') continue; // a new one
        note(&e);
        if (++n != 1000) continue;
        for (int i = 0; i < MANY; i += 3) CHECK_EQ(unlink_numbered(i), 0);
        for (int i = 0; i < 100; i++) {
            char name[32];
            (void)snprintf(name, sizeof name, "x%d", i);
            make_file(name);
        }
    }
    edo_dir_close(d);
    for (int i = 0; i < MANY; i++) CHECK(i % 3 == 0 ? seen[i] <= 1 : seen[i] == 1);
    return 0;
}

static void entries_that_stay_come_once_though_others_change(void **state) {
    (void)state;
    run_each(changes);
}

/* ---- Cancellation ---------------------------------------------------------------------------- */

typedef struct reader {
    edo_dir *d;
    bool is_over;
} reader;

static int read_on(void *arg) {
    reader *r = arg;
    edo_dir_entry e;
    int rc;
    while ((rc = edo_dir_next(r->d, &e)) == 1) note(&e);
    r->is_over = rc == 0;
    return rc;
}

/* The readers of one directory are cancelled one after the other, each a bit later. */
static int cancelled(void *arg) {
    reader r = { 0 };
    int readers = 0;
    (void)arg;
    make_many();
    CHECK_EQ(edo_dir_open(&r.d, "."), 0);
    for (; !r.is_over; readers++) {
        edo_task *t = edo_spawn(read_on, &r);
        CHECK(t != NULL);
        for (int i = 0; i < readers % 5 && edo_yield() == 0;) i++;
        edo_task_cancel(t);
        int rc = edo_task_join(t);
        CHECK(rc == 0 || rc == -ECANCELED);
    }
    edo_dir_close(r.d);
    for (int i = 0; i < MANY; i++) CHECK_EQ(seen[i], 1);
    return 0;
}

static void cancelled_readers_lose_no_entry(void **state) {
    (void)state;
    run_inside(cancelled);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_names_numbers_and_types),
        cmocka_unit_test(what_is_no_directory_is_refused),
        cmocka_unit_test(ten_thousand_entries_come_once_each),
        cmocka_unit_test(entries_that_stay_come_once_though_others_change),
        cmocka_unit_test(cancelled_readers_lose_no_entry),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
