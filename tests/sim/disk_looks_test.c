/* SPDX-License-Identifier: MIT */
/* Goal: numbers and times of files on a disk are the world's: equal in two runs of a seed, whatever
 * the machine has, and over a crash.
 * Method: a host makes files, changes them and looks at them in each way; two worlds have two
 * folders. A server of files tells its clients what it sees of them. */
#include "disk_bed.h"
#include "inside.h"

#include <edo/fs.h>
#include <edo/http_client.h>
#include <edo/web.h>
#include <edo/web_static.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#define BEGIN_S 1893456000 /* of a world: 2030-01-01 */

/* What a host has seen of a file, by each call. */
typedef struct sight {
    struct stat by_path, by_link, by_fd, by_place;
    uint64_t statx_number, statx_size;
    int64_t statx_s, statx_ns; /* of the last write */
} sight;

static void see(sight *s, const char *path) {
    struct statx is;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(stat(path, &s->by_path), 0);
    CHECK_EQ(lstat(path, &s->by_link), 0);
    CHECK_EQ(fstat(fd, &s->by_fd), 0);
    CHECK_EQ(fstatat(AT_FDCWD, path, &s->by_place, 0), 0);
    CHECK_EQ(statx(fd, "", AT_EMPTY_PATH, STATX_MTIME, &is), 0);
    CHECK_EQ(close(fd), 0);
    s->statx_number = is.stx_ino;
    s->statx_size = is.stx_size;
    s->statx_s = is.stx_mtime.tv_sec;
    s->statx_ns = is.stx_mtime.tv_nsec;
}

static void write_bytes(const char *path, int flags) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, "bytes", 5), 5);
    CHECK_EQ(fsync(fd), 0);
    CHECK_EQ(close(fd), 0);
}

/* ---- In each way ----------------------------------------------------------------------------- */

typedef struct sights {
    char first[96], second[96];
    sight of_first, of_second, later;
} sights;

static int look_at_two(void *arg) {
    sights *s = arg;
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    write_bytes(s->first, 0);
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    write_bytes(s->second, 0);
    see(&s->of_first, s->first);
    see(&s->of_second, s->second);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    write_bytes(s->first, O_APPEND);
    see(&s->later, s->first);
    return 0;
}

/* In a world whose folder no other has. */
static void run_sights(sights *s) {
    char folder[64];
    memset(s, 0, sizeof *s);
    files_make(folder);
    (void)snprintf(s->first, sizeof s->first, "%s/first", folder);
    (void)snprintf(s->second, sizeof s->second, "%s/second", folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 5 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "keeper", look_at_two, s), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", folder), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
    edo_sim_free(sim);
    files_free(folder);
    memset(s->first, 0, sizeof s->first);
    memset(s->second, 0, sizeof s->second);
}

static void each_call_sees_the_same(const sight *s) {
    assert_memory_equal(&s->by_link, &s->by_path, sizeof s->by_path);
    assert_memory_equal(&s->by_fd, &s->by_path, sizeof s->by_path);
    assert_memory_equal(&s->by_place, &s->by_path, sizeof s->by_path);
    assert_int_equal(s->statx_number, s->by_path.st_ino);
    assert_int_equal(s->statx_s, s->by_path.st_mtim.tv_sec);
    assert_int_equal(s->statx_ns, s->by_path.st_mtim.tv_nsec);
    assert_int_equal(s->statx_size, s->by_path.st_size);
}

static void numbers_and_times_are_those_of_the_world(void **state) {
    sights s, again;
    (void)state;
    run_sights(&s);
    run_sights(&again);
    assert_memory_equal(&s, &again, sizeof s);
    each_call_sees_the_same(&s.of_first);
    each_call_sees_the_same(&s.of_second);
    each_call_sees_the_same(&s.later);
    assert_true(s.of_first.by_path.st_ino < s.of_second.by_path.st_ino);
    assert_int_equal(s.of_first.by_path.st_mtim.tv_sec, BEGIN_S + 3);
    assert_int_equal(s.of_second.by_path.st_ctim.tv_sec, BEGIN_S + 7);
    assert_int_equal(s.later.by_path.st_ino, s.of_first.by_path.st_ino);
    assert_int_equal(s.later.by_path.st_mtim.tv_sec, BEGIN_S + 12);
    assert_int_equal(s.later.by_path.st_atim.tv_sec, BEGIN_S + 3);
}

/* ---- Over a crash ---------------------------------------------------------------------------- */

typedef struct lives {
    char folder[64], file[96], inner[96], link[96], late[96];
    int n;
    struct stat seen[2][4], of_late;
} lives;

static void look_at_life(lives *l) {
    struct stat *seen = l->seen[l->n++];
    CHECK_EQ(stat(l->file, &seen[0]), 0);
    CHECK_EQ(stat(l->inner, &seen[1]), 0);
    CHECK_EQ(lstat(l->link, &seen[2]), 0);
    CHECK_EQ(stat(l->folder, &seen[3]), 0);
}

static int live(void *arg) {
    lives *l = arg;
    if (l->n == 0) {
        write_bytes(l->file, 0);
        CHECK_EQ(mkdir(l->inner, 0755), 0);
        CHECK_EQ(symlink("file", l->link), 0);
        CHECK_EQ(sync_folder(l->folder), 0);
    }
    look_at_life(l);
    if (l->n == 2) {
        write_bytes(l->late, 0);
        CHECK_EQ(stat(l->late, &l->of_late), 0);
    }
    return edo_sleep(edo_hours(1));
}

static void crash_keeps_numbers_and_times(void **state) {
    lives l = { .n = 0 };
    (void)state;
    files_make(l.folder);
    (void)snprintf(l.file, sizeof l.file, "%s/file", l.folder);
    (void)snprintf(l.inner, sizeof l.inner, "%s/inner", l.folder);
    (void)snprintf(l.link, sizeof l.link, "%s/link", l.folder);
    (void)snprintf(l.late, sizeof l.late, "%s/late", l.folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 5 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "keeper", live, &l), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", l.folder), 0);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_restart(sim, "keeper", edo_s(20)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(30)), 0);
    edo_sim_free(sim);
    assert_int_equal(l.n, 2);
    assert_memory_equal(l.seen[1], l.seen[0], sizeof l.seen[0]);
    for (int i = 0; i < 4; i++) assert_true(l.of_late.st_ino > l.seen[0][i].st_ino);
    assert_int_equal(l.of_late.st_mtim.tv_sec, BEGIN_S + 20);
    files_free(l.folder);
}

/* ---- What was there before, and what a program says ------------------------------------------ */

static int look_at_what_was_there(bed *b) {
    static const struct timespec at[2] = { { .tv_nsec = UTIME_OMIT }, { 1000, 7 } };
    static const struct timeval later[2] = { { 2000, 1 }, { 3000, 2 } };
    struct stat is;
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_mtim.tv_sec, BEGIN_S);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(utimensat(AT_FDCWD, b->file, at, 0), 0);
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK_EQ(is.st_atim.tv_sec, BEGIN_S);
    CHECK(is.st_mtim.tv_sec == 1000 && is.st_mtim.tv_nsec == 7);
    CHECK_EQ(is.st_ctim.tv_sec, BEGIN_S + 2);
    CHECK_EQ(utimes(b->file, later), 0);
    CHECK_EQ(stat(b->file, &is), 0);
    CHECK(is.st_atim.tv_sec == 2000 && is.st_atim.tv_nsec == 1000);
    CHECK(is.st_mtim.tv_sec == 3000 && is.st_mtim.tv_nsec == 2000);
    CHECK_EQ(stat("/", &is), 0);
    CHECK(is.st_ino != 1 || is.st_mtim.tv_sec != BEGIN_S);
    return 0;
}

static int look_at_what_was_there_task(void *arg) {
    return look_at_what_was_there(arg);
}

static void files_of_before_are_as_old_as_the_world(void **state) {
    bed b;
    (void)state;
    bed_open(&b, look_at_what_was_there_task);
    assert_int_equal(edo_fs_write_all(b.file, "old", 3), 0);
    crash_with(&b, 9);
    bed_close(&b);
}

/* ---- A server of files ----------------------------------------------------------------------- */

typedef struct site {
    char folder[64], page[96];
    char tags[2][64], dates[2][64]; /* before and after the crash */
} site;

static int make_page(void *arg) {
    const site *s = arg;
    return access(s->page, F_OK) == 0 ? 0 : edo_fs_replace(s->page, "<p>Hello", 8);
}

static int serve(void *arg) {
    site *s = arg;
    int err = make_page(s);
    edo_router *r = edo_router_new();
    edo_serve_dir(r, "/", s->folder, NULL);
    return err == 0 ? edo_web_serve(r, &(edo_web_opts){ .listen = "0.0.0.0:80" }) : err;
}

static void keep_text(char to[64], edo_str text) {
    (void)snprintf(to, 64, "%.*s", (int)text.len, text.ptr);
}

static int visit(void *arg) {
    site *s = arg;
    int err = 0;
    for (int i = 0; i < 2 && err == 0; i++) {
        edo_http_response *res = NULL;
        err = edo_sleep(edo_s(i == 0 ? 5 : 25));
        if (err == 0) err = edo_fetch(&res, EDO_STR("http://server/page.html"), NULL);
        if (err < 0) return err;
        keep_text(s->tags[i], edo_headers_get(&res->headers, EDO_HEADER_ETAG));
        keep_text(s->dates[i], edo_headers_get(&res->headers, EDO_HEADER_LAST_MODIFIED));
        edo_http_response_free(res);
    }
    return err;
}

static uint64_t run_site(site *s) {
    memset(s, 0, sizeof *s);
    files_make(s->folder);
    (void)snprintf(s->page, sizeof s->page, "%s/page.html", s->folder);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 3 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "server", serve, s), 0);
    assert_int_equal(edo_sim_disk(sim, "server", s->folder), 0);
    assert_int_equal(edo_sim_client(sim, "visitor", visit, s), 0);
    assert_int_equal(edo_sim_crash(sim, "server", edo_s(10)), 0);
    assert_int_equal(edo_sim_restart(sim, "server", edo_s(20)), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    uint64_t digest = edo_sim_digest(sim);
    edo_sim_free(sim);
    files_free(s->folder);
    return digest;
}

static void server_of_files_runs_by_the_seed(void **state) {
    site s, again;
    (void)state;
    uint64_t digest = run_site(&s);
    assert_int_equal(run_site(&again), digest);
    assert_true(s.tags[0][0] == '"');
    assert_string_equal(s.tags[1], s.tags[0]);
    assert_string_equal(again.tags[0], s.tags[0]);
    assert_string_equal(s.dates[0], "Tue, 01 Jan 2030 00:00:00 GMT");
    assert_string_equal(s.dates[1], s.dates[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_times_are_those_of_the_world),
        cmocka_unit_test(crash_keeps_numbers_and_times),
        cmocka_unit_test(files_of_before_are_as_old_as_the_world),
        cmocka_unit_test(server_of_files_runs_by_the_seed),
    };
    return cmocka_run_group_tests_name("sim_disk_looks", tests, NULL, NULL);
}
