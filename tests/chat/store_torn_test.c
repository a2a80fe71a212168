/* SPDX-License-Identifier: MIT */
/* Goal: a write-ahead log that is damaged when the store is opened takes no more with it than it
 * must, and is told and kept; a start that is killed meanwhile loses nothing.
 * Method: logs of a program that was killed are spoilt by hand; a process ends at each call that
 * changes a file, in turn. */
#ifdef CHAT_HAS_SQLITE
#    include "stores/file.h"

#    include <dlfcn.h>
#    include <fcntl.h>
#    include <signal.h>
#    include <sys/resource.h>
#    include <sys/syscall.h>
#    include <sys/wait.h>

#    define PAGE_BYTES 4096

static void shell(const char *command) {
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c,concurrency-mt-unsafe): its own
}

#    define LOG_HEAD  32
#    define LOG_FRAME 24

#    define SHORT 12

/* Leaves what a program leaves that is killed after 40 messages of `text_bytes`, each a
 * transaction of its own. */
static void leave_log(size_t text_bytes) {
    char command[400], text[2000];
    store *s = open_file();
    for (uint64_t n = 1; n <= 40; n++) {
        memset(text, 'x', text_bytes);
        text[text_bytes] = '\0';
        text[snprintf(text, sizeof text, "message %" PRIu64 ".", n)] = ' ';
        assert_int_equal(append(s, "tea", n, text), 0);
    }
    (void)snprintf(command, sizeof command, "cd %s && cp chat.db left && cp chat.db-wal left-wal",
                   folder);
    shell(command);
    store_free(s);
    (void)snprintf(command, sizeof command, "cd %s && mv left chat.db && mv left-wal chat.db-wal",
                   folder);
    shell(command);
}

static off_t bytes_of_log(void) {
    struct stat is;
    assert_int_equal(stat(path_of("chat.db-wal"), &is), 0);
    return is.st_size;
}

static void spoil_log(off_t at, size_t n, char with) {
    int fd = open(path_of("chat.db-wal"), O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n; i++) assert_int_equal(pwrite(fd, &with, 1, at + (off_t)i), 1);
    assert_int_equal(close(fd), 0);
}

static size_t messages_n(store *s) {
    store_found *found = page(s, "tea", 0, STORE_BEFORE_ANY, 100);
    size_t n = found->n;
    assert_int_equal(found->fault, 0);
    free(found);
    return n;
}

static void a_log_that_is_damaged_at_the_start_loses_no_more_than_it_must(void **state) {
    (void)state;
    leave_log(SHORT);
    off_t bytes = bytes_of_log(), frame = LOG_FRAME + PAGE_BYTES;
    off_t middle = LOG_HEAD + (bytes - LOG_HEAD) / frame / 2 * frame;
    const struct {
        const char *name;
        off_t at;
        size_t n;
        char with;
        size_t least, most;
    } rows[] = {
        // the page was written again with the next message
        { "a byte of a page", middle + LOG_FRAME + 100, 1, 'x', 40, 40 },
        { "the head of a frame", middle, LOG_FRAME, '\0', 40, 40 },
        { "a hole", middle, (size_t)(3 * frame), '\0', 40, 40 },
        // the first page is the one that has the tables
        { "the first frames", LOG_HEAD, (size_t)(2 * frame), '\0', 0, 40 },
        { "the head", 0, LOG_HEAD, '\0', 0, 0 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        struct stat is;
        if (i > 0) leave_log(SHORT);
        spoil_log(rows[i].at, rows[i].n, rows[i].with);
        store *s = open_file();
        size_t left = messages_n(s);
        if (left > rows[i].most || left < rows[i].least)
            fail_msg("%s: %zu messages are left", rows[i].name, left);
        assert_int_equal(stat(path_of("chat.db-wal.torn-1"), &is), 0);
        assert_int_equal(is.st_size, bytes);
        assert_int_equal(is.st_mode & 0777, 0600);
        assert_int_equal(unlink(path_of("chat.db-wal.torn-1")), 0);
        assert_int_equal(store_sync(s), -ENODATA); // once
        assert_int_equal(store_sync(s), 0);
        assert_int_equal(store_check(s), -ENODATA);
        assert_int_equal(append(s, "tea", 41, "x"), 0);
        store_free(s);
        s = open_file();
        assert_int_equal(messages_n(s), left + 1);
        assert_int_equal(store_check(s), 0);
        assert_int_equal(store_sync(s), 0);
        store_free(s);
        assert_int_not_equal(access(path_of("chat.db-wal.torn-1"), F_OK), 0);
        assert_int_equal(unlink(path_of("chat.db")), 0);
    }
    edo_trail_clear();
}

/* Long messages fill pages, which are not written again: without one of them its messages lack, of
 * which the index knows. */
static void a_log_without_a_page_that_nothing_has_anew_counts_up_to_there(void **state) {
    (void)state;
    leave_log(1200);
    // all frames with the last message of that page
    static char bytes[1 << 21];
    int fd = open(path_of("chat.db-wal"), O_RDWR);
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);
    assert_true(fd >= 0 && n > 0 && (size_t)n < sizeof bytes);
    for (char *at = bytes; (at = memmem(at, (size_t)(bytes + n - at), "message 20.", 11)); at++)
        assert_int_equal(pwrite(fd, "m", 1, at - bytes + 1), 1);
    assert_int_equal(close(fd), 0);
    store *s = open_file();
    size_t left = messages_n(s);
    if (left < 15 || left > 19) fail_msg("%zu messages are left", left);
    assert_int_equal(store_check(s), -ENODATA);
    assert_int_equal(access(path_of("chat.db-wal.torn-1"), F_OK), 0);
    store_free(s);
    edo_trail_clear();
}

/* The end was being written, so nobody was told that it is stored. */
static void an_end_of_the_log_that_is_torn_takes_one_message(void **state) {
    (void)state;
    leave_log(SHORT);
    off_t bytes = bytes_of_log();
    for (int i = 0; i < 3; i++) {
        if (i == 0) assert_int_equal(truncate(path_of("chat.db-wal"), bytes - 1), 0);
        if (i == 1) spoil_log(bytes - 1, 1, 'x');
        if (i == 2) spoil_log(bytes, 3000, '\0');
        store *s = open_file();
        assert_int_equal(messages_n(s), i == 2 ? 40 : 39);
        assert_int_equal(store_check(s), 0);
        assert_int_equal(store_sync(s), 0);
        store_free(s);
        assert_int_equal(unlink(path_of("chat.db")), 0);
        leave_log(SHORT);
    }
    assert_int_not_equal(access(path_of("chat.db-wal.torn-1"), F_OK), 0);
}

static void a_log_with_a_hole_of_which_there_can_be_no_copy_is_left_alone(void **state) {
    (void)state;
    store *s;
    char text[512];
    leave_log(SHORT);
    off_t bytes = bytes_of_log();
    spoil_log(bytes / 2, 1, '~');
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit few = { .rlim_cur = 4096, .rlim_max = before.rlim_max };
    struct sigaction old;
    assert_int_equal(sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, &old), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    int err = store_sqlite_open(&s, path_of("chat.db"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &old, NULL), 0);
    assert_int_equal(err, -EFBIG);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "chat.db: its log (-wal) is damaged at byte "));
    assert_non_null(strstr(text, "move it away"));
    assert_int_equal(bytes_of_log(), bytes);
    assert_int_not_equal(access(path_of("chat.db-wal.torn-1"), F_OK), 0);
    edo_trail_clear();
}

/* ---- Killed while it starts ------------------------------------------------------------------ */

#    define KILLED 9

#    define WRITES 16 /* one of 16 writes is a place where the process may end */

static int calls_left; /* of those below, up to the one that never returns; 0: all return */

static void count_call(void) {
    if (calls_left > 0 && --calls_left == 0) _exit(KILLED);
}

ssize_t write(int fd, const void *bytes, size_t n) {
    static unsigned writes_n;
    if (calls_left > 0 && writes_n++ % WRITES == 0) count_call();
    return syscall(SYS_write, fd, bytes, n);
}

int rename(const char *from, const char *to) {
    count_call();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to) {
    count_call();
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path) {
    count_call();
    return unlinkat(AT_FDCWD, path, 0);
}

/* What was written to the file may still be in its buffer. */
int fclose(FILE *file) {
    static int (*next)(FILE *);
    if (!next) {
        void *at = dlsym(RTLD_NEXT, "fclose");
        memcpy(&next, &at, sizeof next);
    }
    count_call();
    return next(file);
}

/* Opens the store in a process that ends at that call. Was it killed? */
static bool is_killed_at(int call) {
    int status;
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        store *s;
        calls_left = call;
        _exit(store_sqlite_open(&s, path_of("chat.db")) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED));
    return WEXITSTATUS(status) == KILLED;
}

static void a_start_with_a_damaged_log_that_is_killed_loses_nothing(void **state) {
    (void)state;
    const off_t frame = LOG_FRAME + PAGE_BYTES;
    char again[400];
    bool was_killed = true;
    int call = 0;
    leave_log(SHORT);
    spoil_log(LOG_HEAD + (bytes_of_log() - LOG_HEAD) / frame / 2 * frame + LOG_FRAME, 1, 'x');
    (void)snprintf(again, sizeof again, "cd %s && cp chat.db left && cp chat.db-wal left-wal",
                   folder);
    shell(again);
    (void)snprintf(again, sizeof again,
                   "cd %s && rm -f chat.db?* && cp left chat.db && cp left-wal chat.db-wal",
                   folder);
    while (was_killed) {
        shell(again);
        was_killed = is_killed_at(++call);
        store *s = open_file();
        size_t left = messages_n(s);
        if (left != 40) fail_msg("killed at call %d: %zu messages are left", call, left);
        store_free(s);
        assert_int_not_equal(access(path_of("chat.db.mend"), F_OK), 0);
        assert_int_not_equal(access(path_of("chat.db.mend-wal"), F_OK), 0);
    }
    assert_true(call > 10);
    (void)snprintf(again, sizeof again, "cd %s && rm -f left left-wal", folder);
    shell(again);
    edo_trail_clear();
}

static void a_log_beside_the_file_that_a_link_leads_to_is_looked_at(void **state) {
    (void)state;
    store *s;
    leave_log(SHORT);
    spoil_log(bytes_of_log() / 2, 1, '~');
    assert_int_equal(symlink("chat.db", path_of("other")), 0);
    assert_int_equal(store_sqlite_open(&s, path_of("other")), 0);
    assert_int_equal(messages_n(s), 40);
    assert_int_equal(store_sync(s), -ENODATA);
    assert_int_equal(access(path_of("chat.db-wal.torn-1"), F_OK), 0);
    store_free(s);
    edo_trail_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_log_that_is_damaged_at_the_start_loses_no_more_than_it_must),
        TEST(a_log_without_a_page_that_nothing_has_anew_counts_up_to_there),
        TEST(an_end_of_the_log_that_is_torn_takes_one_message),
        TEST(a_log_with_a_hole_of_which_there_can_be_no_copy_is_left_alone),
        TEST(a_start_with_a_damaged_log_that_is_killed_loses_nothing),
        TEST(a_log_beside_the_file_that_a_link_leads_to_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void) {
    return 77;
}
#endif
