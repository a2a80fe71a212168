/* SPDX-License-Identifier: MIT */
/* Goal: what a host writes by stdio on its disk is lost as other writes are, and stdio does there
 * what it does elsewhere.
 * Method: one program with streams of libc's and with those of a disk, whose words are equal; and
 * crashes before and after a sync. */
#include "disk_bed.h"
#include "inside.h"

#include <edo/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEDS_MAX 64

/* ---- Crashes --------------------------------------------------------------------------------- */

/* A line that is synced, and one that is not. */
static int two_lines_job(void *arg) {
    const bed *b = arg;
    FILE *to = fopen(b->file, "we");
    if (!to) return -errno;
    int fd = fileno(to);
    bool is_fine = fputs("synced\n", to) >= 0 && fflush(to) == 0 && fsync(fd) == 0 &&
                   sync_job((void *)(uintptr_t)b->folder) == 0 && fputs("and not\n", to) >= 0;
    return fclose(to) == 0 && is_fine ? 0 : -EIO;
}

static int two_lines(void *arg) {
    return edo_blocking(two_lines_job, arg);
}

static void line_that_was_not_synced_is_lost_or_kept(void **state) {
    bool was_lost = false, was_kept = false;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS_MAX && !(was_lost && was_kept); seed++) {
        char all[64] = "";
        bed b;
        bed_open(&b, two_lines);
        crash_with(&b, seed);
        assert_true(bytes_of(b.file, all, sizeof all) >= 7);
        assert_memory_equal(all, "synced\n", 7);
        was_lost |= strcmp(all, "synced\n") == 0;
        was_kept |= strcmp(all, "synced\nand not\n") == 0;
        bed_close(&b);
    }
    assert_true(was_lost && was_kept);
}

/* ---- As elsewhere ---------------------------------------------------------------------------- */

typedef struct words {
    char text[4096];
    size_t n;
} words;

static void stdio_say(words *w, const char *what, int64_t value) {
    size_t room = sizeof w->text - w->n;
    int n = snprintf(w->text + w->n, room, "%s %" PRId64 "\n", what, value);
    if (n > 0 && (size_t)n < room) w->n += (size_t)n;
}

/* What is in the file by the way of `mode`, and what comes of a letter more. */
static void say_mode(words *w, const char *path, const char *mode) {
    char all[64] = "";
    FILE *f = fopen(path, mode);
    stdio_say(w, mode, f ? 0 : errno);
    if (!f) return;
    int fd_flags = fcntl(fileno(f), F_GETFD);
    stdio_say(w, "at", ftell(f));
    stdio_say(w, "is closed by exec", fd_flags & FD_CLOEXEC);
    stdio_say(w, "letter", fgetc(f));
    stdio_say(w, "error", ferror(f) != 0);
    clearerr(f);
    stdio_say(w, "moved", fseek(f, 2, SEEK_SET));
    stdio_say(w, "put", fputc('z', f));
    stdio_say(w, "flushed", fflush(f));
    stdio_say(w, "at", ftell(f));
    rewind(f);
    stdio_say(w, "read", (int64_t)fread(all, 1, sizeof all, f));
    stdio_say(w, "end", feof(f) != 0);
    stdio_say(w, "third letter", all[2]);
    stdio_say(w, "closed", fclose(f));
}

static void say_descriptor(words *w, const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    FILE *f = fdopen(fd, "a");
    if (!f) {
        (void)close(fd);
        return;
    }
    stdio_say(w, "put", fprintf(f, "%s", "end"));
    stdio_say(w, "is the same", fileno(f) == fd);
    stdio_say(w, "closed", fclose(f));
    stdio_say(w, "descriptor is gone", fcntl(fd, F_GETFD) < 0);
}

static void say_lines(words *w, const char *path) {
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen64(path, "re");
    if (!f) return;
    stdio_say(w, "unbuffered", setvbuf(f, NULL, _IONBF, 0) == 0);
    stdio_say(w, "line", getline(&line, &room, f));
    stdio_say(w, "first letter", line ? line[0] : 0);
    free(line);
    stdio_say(w, "closed", fclose(f));
}

static void say_all(words *w, const char *path) {
    static const char *const modes[] = { "r",  "w",  "a",   "r+",  "w+", "a+", "wx",
                                         "re", "ab", "r+b", "w+e", "",   "q" };
    for (size_t i = 0; i < EDO_COUNT(modes); i++) say_mode(w, path, modes[i]);
    say_descriptor(w, path);
    say_lines(w, path);
}

typedef struct both {
    bed b;
    words here, there;
} both;

static int say_both_job(void *arg) {
    both *all = arg;
    char elsewhere[] = "/tmp/edo-sim-stdio-XXXXXX";
    int fd = mkstemp(elsewhere);
    if (fd < 0) return -errno;
    (void)close(fd);
    (void)unlink(elsewhere);
    say_all(&all->here, all->b.file);
    say_all(&all->there, elsewhere);
    (void)unlink(elsewhere);
    return 0;
}

static int say_both(void *arg) {
    return edo_blocking(say_both_job, arg);
}

static void streams_of_a_disk_do_what_those_of_libc_do(void **state) {
    both all;
    (void)state;
    memset(&all, 0, sizeof all);
    bed_open(&all.b, say_both);
    crash_with(&all.b, 1);
    assert_true(all.here.n > 1000);
    assert_string_equal(all.here.text, all.there.text);
    bed_close(&all.b);
}

/* ---- What a disk refuses --------------------------------------------------------------------- */

static int freopen_job(void *arg) {
    const bed *b = arg;
    FILE *f = fopen(b->file, "w");
    if (!f) return -errno;
    bool is_refused = !freopen(b->other, "w", f) && errno == ENOTSUP;
    return fclose(f) == 0 && is_refused ? 0 : -EPROTO;
}

static int freopen_it(void *arg) {
    return edo_blocking(freopen_job, arg);
}

static void stream_of_a_disk_is_opened_once(void **state) {
    bed b;
    (void)state;
    bed_open(&b, freopen_it);
    edo_sim *sim = bed_world(&b, 1);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), -ENOTSUP);
    edo_trail_clear();
    edo_sim_free(sim);
    assert_int_equal(b.result, 0);
    bed_close(&b);
}

/* ---- Disks that fail ------------------------------------------------------------------------- */

static int stream_job(void *arg) {
    FILE *f = arg;
    char one[8];
    bool is_read = fread(one, 1, 1, f) == 1, has_failed = ferror(f) != 0 && errno == EIO;
    clearerr(f);
    bool is_written = fseek(f, 0, SEEK_SET) == 0 && fputc('x', f) == 'x' && fflush(f) == 0;
    return !is_read && has_failed && !is_written && errno == EIO ? 0 : -EPROTO;
}

static int stream_while_it_fails(void *arg) {
    bed *b = arg;
    int err = edo_blocking(two_lines_job, b);
    FILE *f = err == 0 ? fopen(b->file, "r+e") : NULL;
    if (!f) return err < 0 ? err : -EPROTO;
    err = edo_sleep(edo_s(2));
    if (err == 0) err = edo_blocking(stream_job, f);
    (void)fclose(f);
    return err;
}

static void stream_fails_while_the_disk_does(void **state) {
    bed b;
    (void)state;
    bed_open(&b, stream_while_it_fails);
    edo_sim *sim = bed_world(&b, 1);
    assert_int_equal(edo_sim_disk_fail(sim, "keeper", edo_s(1), edo_s(5)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    edo_sim_free(sim);
    assert_int_equal(b.result, 0);
    bed_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_that_was_not_synced_is_lost_or_kept),
        cmocka_unit_test(streams_of_a_disk_do_what_those_of_libc_do),
        cmocka_unit_test(stream_of_a_disk_is_opened_once),
        cmocka_unit_test(stream_fails_while_the_disk_does),
    };
    return cmocka_run_group_tests_name("sim_disk_stdio", tests, NULL, NULL);
}
