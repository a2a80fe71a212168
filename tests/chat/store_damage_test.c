/* SPDX-License-Identifier: MIT */
/* Goal: what is damaged in the file of a store takes no more with it than it must, and is named;
 * what the disk has refused can be stored again.
 * Method: files are spoilt by hand. */
#ifdef CHAT_HAS_SQLITE
#    include "store/sqlite_call.h"
#    include "stores/file.h"

#    include <fcntl.h>

/* A page has these numbers, and says what has befallen what lacks; so does the store. */
static void assert_page_with_fault(store *s, uint64_t before, size_t limit, bool has_more,
                                   int fault, size_t n, const uint64_t *numbers) {
    char where[STORE_DAMAGE_BYTES];
    store_found *found = page(s, "tea", 0, before, limit);
    assert_int_equal(found->n, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(found->messages[i].number, numbers[i]);
    assert_int_equal(found->has_more, has_more);
    assert_int_equal(found->fault, fault);
    store_damage(s, where, sizeof where);
    if (fault == -EILSEQ) assert_non_null(strstr(where, "chat.db: "));
    free(found);
}

static void assert_damage(store *s, const char *told) {
    char where[STORE_DAMAGE_BYTES];
    store_damage(s, where, sizeof where);
    if (strcmp(where, told) != 0) fail_msg("\"%s\" was expected, not \"%s\"", told, where);
}

static void messages_that_the_chat_has_not_written_so_are_left_out(void **state) {
    (void)state;
    static const char *const ways[] = {
        "UPDATE message SET sender = hex(zeroblob(40)) WHERE number = 3",
        "UPDATE message SET sender = 'ann' || char(27) WHERE number = 3",
        "UPDATE message SET text = CAST(x'61ff62' AS TEXT) WHERE number = 3",
        "UPDATE message SET text = 'a' || char(27) || '[2J' WHERE number = 3",
        "UPDATE message SET ref = CAST(x'ff' AS TEXT) WHERE number = 3",
    };
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        store *s = open_file();
        for (uint64_t n = 1; n <= 5; n++) assert_int_equal(append(s, "tea", n, "x"), 0);
        store_free(s);
        sql("chat.db", ways[i]);
        s = open_file();
        assert_page_with_fault(s, STORE_BEFORE_ANY, 1, true, 0, 1, (uint64_t[]){ 5 });
        assert_damage(s, "");
        // What is left out does not count: so the page is full, and tells that there is more.
        assert_page_with_fault(s, 5, 2, true, -EILSEQ, 2, (uint64_t[]){ 2, 4 });
        assert_page_with_fault(s, 4, 9, false, -EILSEQ, 2, (uint64_t[]){ 1, 2 });
        assert_damage(s, "chat.db: message 3 of #tea is not what was written");
        assert_page_with_fault(s, 3, 9, false, 0, 2, (uint64_t[]){ 1, 2 });
        store_free(s);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
}

static void rooms_without_a_name_are_refused(void **state) {
    (void)state;
    store_room *rooms;
    size_t n;
    store *s = open_file();
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    store_free(s);
    sql("chat.db", "UPDATE message SET room = 'a name of more than 64 bytes, which no person of "
                   "this chat can have'");
    s = open_file();
    assert_int_equal(store_rooms(s, &rooms, &n), -EILSEQ);
    assert_null(rooms);
    assert_int_equal(n, 0);
    store_free(s);
    edo_trail_clear();
}

#    define PAGE_BYTES 4096

/* Where the page of the file begins in which that text stands. */
static off_t page_with(const char *text) {
    static char bytes[1 << 20];
    int fd = open(path_of("chat.db"), O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    assert_true(n > 0 && (size_t)n < sizeof bytes);
    const char *at = memmem(bytes, (size_t)n, text, strlen(text));
    assert_non_null(at);
    assert_int_equal(close(fd), 0);
    return (at - bytes) / PAGE_BYTES * PAGE_BYTES;
}

/* Overwrites that page, and returns its number. */
static unsigned spoil_page_with(const char *text) {
    char bytes[PAGE_BYTES];
    off_t begin = page_with(text);
    memset(bytes, 'x', sizeof bytes);
    int fd = open(path_of("chat.db"), O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, PAGE_BYTES, begin), PAGE_BYTES);
    assert_int_equal(close(fd), 0);
    return (unsigned)(begin / PAGE_BYTES) + 1;
}

/* What a disk does that fails: SQLite reads by pread_of_test(). */
static struct {
    off_t from, to;    /* reads of the file that begin there fail */
    int err;           /* with that; 0: they do not */
    bool takes_memory; /* and from then on SQLite has no memory */
} disk;

static ssize_t pread_of_test(int fd, void *out, size_t n, off64_t at) {
    if (disk.err == 0 || at < disk.from || at >= disk.to) return pread64(fd, out, n, at);
    if (disk.takes_memory) (void)sqlite3_hard_heap_limit64(1);
    errno = disk.err;
    return -1;
}

static int break_disk(void **state) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr to = (sqlite3_syscall_ptr)pread_of_test;
    memset(&disk, 0, sizeof disk);
    if (vfs->xSetSystemCall(vfs, "pread64", to) != SQLITE_OK &&
        vfs->xSetSystemCall(vfs, "pread", to) != SQLITE_OK)
        return -1;
    return make_folder(state);
}

static int mend_disk(void **state) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    (void)vfs->xSetSystemCall(vfs, NULL, NULL);
    return remove_folder(state);
}

/* Messages of which three stand in a page. */
static void make_long_messages(uint64_t n) {
    char text[1200];
    store *s = open_file();
    for (uint64_t i = 1; i <= n; i++) {
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        text[snprintf(text, sizeof text, "message %" PRIu64 ".", i)] = ' ';
        assert_int_equal(append(s, "tea", i, text), 0);
    }
    store_free(s); // all is in the file then
}

static void a_damaged_page_takes_its_messages_and_what_is_older_can_be_read(void **state) {
    (void)state;
    uint64_t expected[30];
    make_long_messages(30);
    unsigned spoilt = spoil_page_with("message 15.");
    store *s = open_file();
    store_found *found = page(s, "tea", 0, STORE_BEFORE_ANY, 100);
    assert_true(found->fault == -EILSEQ && !found->has_more);
    assert_true(found->n >= 25 && found->n < 30);
    bool has_15 = false;
    for (size_t i = 0; i < found->n; i++) {
        expected[i] = found->messages[i].number;
        has_15 |= expected[i] == 15;
        assert_true(i == 0 || expected[i] > expected[i - 1]);
    }
    assert_true(!has_15 && expected[0] == 1 && expected[found->n - 1] == 30);
    // Page by page it is as much, and comes to an end.
    uint64_t before = STORE_BEFORE_ANY;
    size_t left = found->n;
    for (bool has_more = true; has_more;) {
        store_found *part = page(s, "tea", 0, before, 4);
        assert_true(part->n > 0 && part->n <= left);
        left -= part->n;
        for (size_t i = 0; i < part->n; i++)
            assert_int_equal(part->messages[i].number, expected[left + i]);
        before = part->messages[0].number;
        has_more = part->has_more;
        free(part);
    }
    assert_int_equal(left, 0);
    char told[STORE_DAMAGE_BYTES];
    (void)snprintf(told, sizeof told, "chat.db: page %u, from byte %u on", spoilt,
                   4096 * (spoilt - 1));
    assert_damage(s, "chat.db: some of it is not what was written");
    assert_int_equal(store_check(s), -EILSEQ); // readers do not wait for the search
    assert_damage(s, told);
    free(found);
    store_free(s);
    edo_trail_clear();
}

/* The disk fails to read a page, or all of the file but its head, and works again. */
static void a_disk_that_fails_to_read_damages_nothing(void **state) {
    (void)state;
    make_long_messages(30);
    off_t begin = page_with("message 15."), end = bytes_of_file();
    const struct {
        off_t from, to;
        int err;
        size_t least_n;
    } rows[] = { { begin, begin + PAGE_BYTES, EIO, 25 },
                 { begin, begin + PAGE_BYTES, ESTALE, 25 },
                 { PAGE_BYTES, end, EIO, 0 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        store *s = open_file();
        disk.from = rows[i].from;
        disk.to = rows[i].to;
        disk.err = rows[i].err;
        store_found *found = page(s, "tea", 0, STORE_BEFORE_ANY, 100);
        assert_int_equal(found->fault, -EIO);
        assert_true(found->n >= rows[i].least_n && found->n < 30 && !found->has_more);
        free(found);
        assert_int_equal(store_check(s), -EIO);
        assert_int_equal(store_check(s), -EIO); // as long as it is not known to be well again
        assert_damage(s, "");
        disk.err = 0;
        found = page(s, "tea", 0, STORE_BEFORE_ANY, 100);
        assert_true(found->fault == 0 && found->n == 30);
        free(found);
        WAIT_FOR(store_check(s) == 0);
        assert_damage(s, "");
        store_free(s);
    }
    edo_trail_clear();
}

static void damage_that_is_met_without_memory_is_met_again(void **state) {
    (void)state;
    store_found *found;
    make_long_messages(30);
    store *s = open_file();
    disk.from = page_with("message 15.");
    disk.to = disk.from + PAGE_BYTES;
    disk.err = EIO;
    for (int i = 0; i < 2; i++) { // with a statement to be made, and without
        disk.takes_memory = true;
        int err = store_page(s, &(name){ "tea" }, 0, STORE_BEFORE_ANY, 100, &found);
        (void)sqlite3_hard_heap_limit64(0);
        assert_int_equal(err, -ENOMEM);
        disk.takes_memory = false;
        free(page(s, "tea", 0, STORE_BEFORE_ANY, 100));
    }
    disk.err = 0;
    found = page(s, "tea", 0, STORE_BEFORE_ANY, 100);
    assert_true(found->fault == 0 && found->n == 30);
    free(found);
    store_free(s);
    edo_trail_clear();
}

/* The place is told also if it is asked for before it is known. */
static void a_guess_gives_way_to_the_place_of_a_damage(void **state) {
    (void)state;
    damage d = DAMAGE_INIT;
    char text[STORE_DAMAGE_BYTES];
    assert_false(damage_text(&d, text, sizeof text));
    damage_guess(&d, "a/chat.db", "something");
    assert_true(damage_text(&d, text, sizeof text) && !damage_has_place(&d));
    assert_string_equal(text, "chat.db: something");
    damage_note(&d, "a/chat.db", "page %d", 3);
    damage_note(&d, "a/chat.db", "page %d", 4);
    damage_guess(&d, "a/chat.db", "something");
    assert_true(damage_text(&d, text, sizeof text) && damage_has_place(&d));
    assert_string_equal(text, "chat.db: page 3");
}

static void a_sync_does_not_wait_for_a_look(void **state) {
    (void)state;
    store *s = open_file();
    edo_mutex *look = &((sqlite_store *)s)->look;
    assert_int_equal(append(s, "tea", 1, "x"), 0);
    assert_int_equal(edo_mutex_try_lock(look), 0);
    assert_int_equal(store_sync(s), 0);
    edo_mutex_unlock(look);
    store_free(s);
}

static void what_is_damaged_everywhere_is_an_empty_page_without_more(void **state) {
    (void)state;
    make_long_messages(9);
    store *s = open_file();
    int fd = open(path_of("chat.db"), O_RDWR);
    struct stat is;
    assert_true(fd >= 0 && fstat(fd, &is) == 0);
    for (off_t at = 4096; at < is.st_size; at++) assert_int_equal(pwrite(fd, "x", 1, at), 1);
    assert_int_equal(close(fd), 0);
    assert_page_with_fault(s, STORE_BEFORE_ANY, 5, false, -EILSEQ, 0, NULL);
    assert_int_equal(store_check(s), -EILSEQ);
    assert_int_equal(append(s, "tea", 10, "y"), -EILSEQ);
    char text[512];
    edo_trail_print_text(text, sizeof text, -EILSEQ, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "the file is damaged (chat.db: page "));
    store_free(s);
    edo_trail_clear();
}

static void a_look_tells_what_is_damaged(void **state) {
    (void)state;
    make_long_messages(30);
    unsigned spoilt = spoil_page_with("message 15.");
    char told[STORE_DAMAGE_BYTES];
    (void)snprintf(told, sizeof told, "chat.db: page %u, from byte %u on", spoilt,
                   4096 * (spoilt - 1));
    store *s = open_file();
    assert_damage(s, "");
    assert_int_equal(store_check(s), -EILSEQ);
    assert_damage(s, told);
    store_free(s);
    s = open_file();
    off_t size = bytes_of_file();
    assert_int_equal(truncate(path_of("chat.db"), size - 4096), 0);
    assert_int_equal(store_check(s), -EILSEQ);
    (void)snprintf(told, sizeof told, "chat.db: it ends at byte %jd, of %jd",
                   (intmax_t)(size - 4096), (intmax_t)size);
    assert_damage(s, told);
    store_free(s);
    edo_trail_clear();
}

/* As when bits of a disk turn over. */
static void
damage_that_a_reader_meets_is_searched_for_in_a_file_that_nobody_has_written(void **state) {
    (void)state;
    struct stat is;
    char told[STORE_DAMAGE_BYTES];
    make_long_messages(30);
    store *s = open_file();
    assert_int_equal(store_check(s), 0);
    assert_int_equal(stat(path_of("chat.db"), &is), 0);
    unsigned spoilt = spoil_page_with("message 15.");
    const struct timespec times[2] = { is.st_atim, is.st_mtim };
    assert_int_equal(utimensat(AT_FDCWD, path_of("chat.db"), times, 0), 0);
    assert_int_equal(store_check(s), 0); // it costs too much to look again and again
    free(page(s, "tea", 0, STORE_BEFORE_ANY, 100));
    assert_int_equal(store_check(s), -EILSEQ);
    (void)snprintf(told, sizeof told, "chat.db: page %u, from byte %u on", spoilt,
                   PAGE_BYTES * (spoilt - 1));
    assert_damage(s, told);
    store_free(s);
    edo_trail_clear();
}

static void the_page_in_a_report_of_sqlite_is_found(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t page;
    } rows[] = {
        { "*** in database main ***\nPage 7: btreeInitPage() returns error code 11", 7 },
        { "*** in database main ***\nOn tree page 7 cell 3: Rowid 5 out of order", 7 },
        { "*** in database main ***\nTree 2 page 70 cell 3: Extends off end of page", 70 },
        { "row 5 missing from index message_ref", 0 },
        { "a message of age x", 0 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(damage_page_in(rows[i].name), rows[i].page);
}

/* What the disk has refused is read back as something else. */
static void what_the_disk_has_refused_can_be_appended_again(void **state) {
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    store *s = open_file();
    for (uint64_t i = 1; i <= 3; i++) assert_int_equal(append(s, "tea", i, text), 0);
    assert_int_equal(store_sync(s), 0);
    struct stat is;
    int log = open(path_of("chat.db-wal"), O_RDWR);
    assert_true(log >= 0 && fstat(log, &is) == 0);
    off_t synced = is.st_size;
    for (uint64_t i = 4; i <= 6; i++) assert_int_equal(append(s, "tea", i, text), 0);
    assert_int_equal(fstat(log, &is), 0);
    assert_int_equal(ftruncate(log, synced), 0);
    assert_int_equal(ftruncate(log, is.st_size), 0); // zeros
    assert_int_equal(close(log), 0);
    ((sqlite_store *)s)->is_refused = true; // as a sync that has failed leaves it
    assert_int_equal(store_sync(s), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 3, (uint64_t[]){ 1, 2, 3 });
    for (uint64_t i = 4; i <= 6; i++) assert_int_equal(append(s, "tea", i, text), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 6, (uint64_t[]){ 1, 2, 3, 4, 5, 6 });
    assert_int_equal(store_check(s), 0);
    assert_damage(s, "");
    // A file that was deleted is not made again: what is stored ends with the program.
    ((sqlite_store *)s)->is_refused = true;
    char away[sizeof folder + 8];
    (void)snprintf(away, sizeof away, "%s/other", folder);
    assert_int_equal(rename(path_of("chat.db"), away), 0);
    assert_int_equal(store_sync(s), -ESTALE);
    assert_int_not_equal(access(path_of("chat.db"), F_OK), 0);
    assert_int_equal(rename(away, path_of("chat.db")), 0);
    assert_int_equal(store_sync(s), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 6, (uint64_t[]){ 1, 2, 3, 4, 5, 6 });
    store_free(s);
    edo_trail_clear();
}

static void assert_texts(const char *room, size_t at_least, size_t at_most) {
    store *s = open_file();
    store_found *found = page(s, room, 0, STORE_BEFORE_ANY, 100);
    if (found->n < at_least || found->n > at_most || found->fault != 0)
        fail_msg("%zu of %s, fault %d", found->n, room, found->fault);
    free(found);
    store_free(s);
}

/* By whom it is found out. */
static int look_by_append(store *s) {
    assert_int_equal(append(s, "later", 1, "x"), 0);
    return store_check(s);
}

static int look_by_name(store *s) {
    const store_name ann = { .name = { "ann" }, .until_ms = 9 };
    assert_int_equal(store_keep(s, &ann, 1), 0);
    return store_check(s);
}

static void a_log_that_was_cut_off_is_told_and_what_comes_later_is_whole(void **state) {
    (void)state;
    static int (*const looks[])(store * s) = { look_by_append, look_by_name, store_check,
                                               store_sync };
    for (size_t i = 0; i < 2 * EDO_COUNT(looks); i++) {
        struct stat is;
        store *s = open_file();
        for (uint64_t n = 1; n <= 40; n++) assert_int_equal(append(s, "tea", n, "x"), 0);
        assert_int_equal(store_sync(s), 0);
        assert_int_equal(store_check(s), 0);
        assert_int_equal(stat(path_of("chat.db-wal"), &is), 0);
        off_t left = i % 2 == 0 ? 0 : is.st_size / 2;
        assert_int_equal(truncate(path_of("chat.db-wal"), left), 0);
        assert_int_equal(looks[i / 2](s), -ENODATA);
        // So what the disk may lack is stored again; and it is known from then on.
        assert_int_equal(store_sync(s), looks[i / 2] == store_sync ? 0 : -ENODATA);
        assert_int_equal(store_sync(s), 0);
        assert_int_equal(store_check(s), -ENODATA);
        assert_int_equal(append(s, "later", 2, "y"), 0);
        store_free(s);
        size_t later_n = looks[i / 2] == look_by_append ? 2 : 1;
        assert_texts("later", later_n, later_n);
        assert_texts("tea", 0, left > 0 ? 39 : 0);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
    edo_trail_clear();
}

static bool is_cut_at_commit;

static int cut_at_commit(void *arg) {
    (void)arg;
    if (is_cut_at_commit) CHECK_EQ(truncate(path_of("chat.db-wal"), 0), 0);
    is_cut_at_commit = false;
    return 0;
}

/* For each connection that is opened. */
static int heed_commits(sqlite3 *db, char **why, const struct sqlite3_api_routines *api) {
    (void)why, (void)api;
    (void)sqlite3_commit_hook(db, cut_at_commit, NULL);
    return SQLITE_OK;
}

static void a_log_that_is_cut_off_between_the_look_and_the_commit_is_told(void **state) {
    (void)state;
    static int (*const looks[])(store * s) = { look_by_append, look_by_name };
    void (*hook)(void) = (void (*)(void))heed_commits;
    assert_int_equal(sqlite3_auto_extension(hook), SQLITE_OK);
    for (size_t i = 0; i < EDO_COUNT(looks); i++) {
        store *s = open_file();
        for (uint64_t n = 1; n <= 40; n++) assert_int_equal(append(s, "tea", n, "x"), 0);
        assert_int_equal(store_sync(s), 0);
        is_cut_at_commit = true;
        assert_int_equal(looks[i](s), -ENODATA);
        assert_false(is_cut_at_commit);
        assert_int_equal(store_sync(s), -ENODATA);
        assert_int_equal(store_sync(s), 0);
        assert_int_equal(append(s, "later", 2, "y"), 0);
        store_free(s);
        size_t later_n = looks[i] == look_by_append ? 2 : 1;
        assert_texts("later", later_n, later_n);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
    assert_int_equal(sqlite3_cancel_auto_extension(hook), 1);
    edo_trail_clear();
}

static void a_log_that_is_emptied_into_the_file_lacks_nothing(void **state) {
    (void)state;
    store *s = open_file();
    for (uint64_t n = 1; n <= 4; n++) {
        assert_int_equal(append(s, "tea", n, "x"), 0);
        sql("chat.db", "PRAGMA wal_checkpoint(TRUNCATE)");
        if (n == 2) assert_int_equal(store_check(s), 0);
        if (n == 3) assert_int_equal(store_sync(s), 0);
    }
    assert_int_equal(store_check(s), 0);
    store_free(s);
    assert_texts("tea", 4, 4);
}

/* An operator works on the file while the chat runs: what is then in the log is its alone, and the
 * log is shorter than the chat had left it. */
static void a_log_that_was_emptied_and_written_by_others_lacks_nothing(void **state) {
    (void)state;
    static int (*const looks[])(store * s) = { look_by_append, look_by_name, store_check,
                                               store_sync };
    for (size_t i = 0; i < EDO_COUNT(looks); i++) {
        struct stat is;
        store *s = open_file();
        for (uint64_t n = 1; n <= 40; n++) assert_int_equal(append(s, "tea", n, "x"), 0);
        sql("chat.db", "PRAGMA wal_checkpoint(TRUNCATE)");
        sql("chat.db", "UPDATE message SET text = 'y' WHERE number = 1");
        assert_int_equal(stat(path_of("chat.db-wal"), &is), 0);
        assert_true(is.st_size > 0 && is.st_size < ((sqlite_store *)s)->log_bytes);
        assert_int_equal(looks[i](s), 0);
        assert_int_equal(append(s, "later", 2, "x"), 0);
        assert_int_equal(store_sync(s), 0);
        assert_int_equal(store_check(s), 0);
        // One that is cut off after that is told as ever.
        assert_int_equal(truncate(path_of("chat.db-wal"), is.st_size), 0);
        assert_int_equal(store_check(s), -ENODATA);
        store_free(s);
        assert_texts("tea", 40, 40);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
    edo_trail_clear();
}

static void shell(const char *command) {
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe): its own
}

/* What is in the file alone, as a new start would find it after a kill. */
static void a_log_that_was_deleted_lacks_nothing_after_a_look(void **state) {
    (void)state;
    char command[300];
    store *s = open_file();
    for (uint64_t n = 1; n <= 4; n++) assert_int_equal(append(s, "tea", n, "x"), 0);
    assert_int_equal(unlink(path_of("chat.db-wal")), 0);
    assert_int_equal(store_check(s), 0);
    assert_int_equal(append(s, "tea", 5, "x"), 0);
    assert_int_equal(access(path_of("chat.db-wal"), F_OK), 0);
    (void)snprintf(command, sizeof command, "cp %s/chat.db %s/other", folder, folder);
    shell(command);
    sql("other", "CREATE TEMP TABLE it (n CHECK (n = 4)); "
                 "INSERT INTO it SELECT count(*) FROM message");
    (void)unlink(path_of("other-wal"));
    (void)unlink(path_of("other-shm"));
    store_free(s);
    assert_texts("tea", 5, 5);
}

/* Else the health, which is JSON, could not tell it. */
static void name_of_the_file_is_told_as_text(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        { "/x/chat.db", "chat.db: page 7" },
        { "k\xc3\xb6ln.db", "k\xc3\xb6ln.db: page 7" },
        { "/x/\xff\xc3\xb6.db", "???.db: page 7" },
        { "/x/123456789-123456789-123456789-123456789-",
          "123456789-123456789-123456789-123456789-: page 7" },
        { "/x/123456789-123456789-123456789-123456\xc3\xb6-chat.db",
          "123456789-123456789-123456789-123456\u2026: page 7" },
        { "/x/\xff 123456789-123456789-123456789-1234567.db",
          "? 123456789-123456789-123456789-12345\u2026: page 7" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        damage d = DAMAGE_INIT;
        char told[STORE_DAMAGE_BYTES];
        damage_note(&d, rows[i][0], "page %d", 7);
        assert_true(damage_text(&d, told, sizeof told));
        assert_string_equal(told, rows[i][1]);
    }
}

static void damage_that_takes_long_to_tell_is_cut_behind_a_character(void **state) {
    (void)state;
    char report[] = "123456789-123456789-123456789-123456789-123456789-123456789-123456789-"
                    "123456789-123456789-123456789-123456789-\u00f6\u00f6\u00f6\u00f6\u00f6";
    for (int begin = 0; begin < 2; begin++) {
        damage d = DAMAGE_INIT;
        char told[STORE_DAMAGE_BYTES];
        damage_note(&d, "chat.db", "%s", report + begin);
        assert_true(damage_text(&d, told, sizeof told));
        assert_true(edo_str_is_utf8(edo_str_of(told)));
        assert_string_equal(told + strlen(told) - 5, "\u00f6\u2026");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_of_the_file_is_told_as_text),
        cmocka_unit_test(damage_that_takes_long_to_tell_is_cut_behind_a_character),
        TEST(messages_that_the_chat_has_not_written_so_are_left_out),
        TEST(rooms_without_a_name_are_refused),
        TEST(a_damaged_page_takes_its_messages_and_what_is_older_can_be_read),
        cmocka_unit_test_setup_teardown(a_disk_that_fails_to_read_damages_nothing, break_disk,
                                        mend_disk),
        cmocka_unit_test_setup_teardown(damage_that_is_met_without_memory_is_met_again, break_disk,
                                        mend_disk),
        TEST(a_guess_gives_way_to_the_place_of_a_damage),
        TEST(a_sync_does_not_wait_for_a_look),
        TEST(what_is_damaged_everywhere_is_an_empty_page_without_more),
        TEST(a_look_tells_what_is_damaged),
        TEST(damage_that_a_reader_meets_is_searched_for_in_a_file_that_nobody_has_written),
        TEST(the_page_in_a_report_of_sqlite_is_found),
        TEST(what_the_disk_has_refused_can_be_appended_again),
        TEST(a_log_that_was_cut_off_is_told_and_what_comes_later_is_whole),
        TEST(a_log_that_is_cut_off_between_the_look_and_the_commit_is_told),
        TEST(a_log_that_was_emptied_and_written_by_others_lacks_nothing),
        TEST(a_log_that_is_emptied_into_the_file_lacks_nothing),
        TEST(a_log_that_was_deleted_lacks_nothing_after_a_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
    return 77;
}
#endif
