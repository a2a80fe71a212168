/* SPDX-License-Identifier: MIT */
/* Goal: a directory that was closed and is opened anew goes on where its reader was, whichever of
 * its entries were removed meanwhile: what was not returned comes once, or -ESTALE is told.
 * Method: every place of the reader with every set of removed entries, in a directory that is a
 * list of letters. The files under test are included. */
#include "fs/tree/resume.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N 11

static char names[N + 1] = "abcdefghijk"; // entries, in their order; '-': removed
static bool counts;                       // a place is a count of entries
static size_t batch;                      // entries of one fetch
static size_t next_i;                     // index of the next entry

/* The place in front of the entry `i`. */
static int64_t place_of(size_t i) {
    int64_t n = 0;
    for (size_t k = 0; k < i; k++) n += names[k] != '-';
    return counts ? n : (int64_t)i * 1000;
}

static off_t try_lseek(int fd, off_t place, int whence) {
    (void)fd, (void)whence;
    next_i = 0;
    while (next_i < N && place_of(next_i) < place) next_i++;
    return place;
}

static ssize_t try_getdents64(int fd, void *to, size_t room) {
    size_t bytes = 0;
    (void)fd;
    errno = EINVAL; // the next record does not fit
    if (room < EDOI_ENTRIES_BYTES && next_i < N) return -1;
    for (size_t n = 0; next_i < N && n < batch; next_i++) {
        struct dirent64 *r = (void *)((char *)to + bytes);
        if (names[next_i] == '-') continue;
        *r = (struct dirent64){ .d_ino = 7, .d_off = place_of(next_i + 1), .d_type = DT_REG };
        r->d_name[0] = names[next_i];
        r->d_reclen = 24;
        bytes += r->d_reclen;
        n++;
    }
    return (ssize_t)bytes;
}

#define lseek      try_lseek
#define getdents64 try_getdents64
#define close(fd)  ((void)(fd), 0)
#include "fs/tree/entries.c"
#include "fs/tree/resume.c"

static char next_of(edoi_entries *entries) {
    edo_dir_entry e;
    while (!edoi_entries_peek(entries, &e)) {
        if (entries->is_complete) return '\0';
        edoi_entries_fetch(entries);
    }
    edoi_entries_pass(entries);
    return e.name[0];
}

/* Reads up to the letter, and notes it. */
static edoi_resume read_to(char letter) {
    static edoi_entries entries;
    edoi_resume resume;
    next_i = 0;
    edoi_entries_init(&entries, 3);
    while (next_of(&entries) != letter) continue;
    edoi_resume_note(&resume, &entries);
    return resume;
}

/* What comes behind the letter, in `rest`; returns 0 or the failure. */
static int read_rest(const edoi_resume *resume, char letter, char *rest) {
    static edoi_entries entries;
    next_i = 0;
    edoi_entries_init(&entries, 3);
    edoi_resume_go_on(resume, &entries, &letter, 1);
    while ((*rest = next_of(&entries)) != '\0') rest++;
    return edoi_entries_take_failure(&entries);
}

static void remove_set(uint32_t set) {
    for (uint32_t i = 0; i < N; i++) names[i] = set & 1u << i ? '-' : (char)('a' + i);
}

/* Is one of the entries left beside `own` by which the reader's place is known? */
static bool is_known(uint32_t own, uint32_t removed, bool is_whole) {
    uint32_t first = is_whole ? 0 : own - own % (uint32_t)batch;
    uint32_t end = is_whole ? N : first + (uint32_t)batch;
    if (first == 0 && own <= EDOI_RESUME_BESIDE) return true;
    for (uint32_t i = first; i < end && i < N; i++) {
        bool is_beside = i + EDOI_RESUME_BESIDE >= own && i <= own + EDOI_RESUME_BESIDE;
        if (is_beside && !(removed & 1u << i)) return true;
    }
    return false;
}

static void expect_rest(uint32_t own, uint32_t removed) {
    char rest[2 * N + 1], want[N + 1], letter = (char)('a' + own);
    size_t n = 0, left_n = 0;
    remove_set(0);
    edoi_resume resume = read_to(letter);
    remove_set(removed);
    for (size_t i = own + 1; i < N; i++)
        if (names[i] != '-') want[n++] = names[i];
    for (size_t i = 0; i < N; i++) left_n += names[i] != '-';
    want[n] = '\0';
    int err = read_rest(&resume, letter, rest);
    bool is_known_now = left_n == 0 || is_known(own, removed, batch >= N);
    assert_int_equal(err, is_known_now ? 0 : -ESTALE);
    assert_string_equal(rest, is_known_now ? want : "");
}

static void what_was_not_returned_comes_once_whatever_was_removed(void **state) {
    static const size_t batches[] = { 3, N };
    (void)state;
    for (uint32_t way = 0; way < 4; way++) {
        counts = way % 2;
        batch = batches[way / 2];
        for (uint32_t own = 0; own < N; own++)
            for (uint32_t removed = 0; removed < 1u << N; removed++) expect_rest(own, removed);
    }
}

/* It is found at the end then, behind what was not returned. */
static void entry_that_was_moved_away_and_back_hides_nothing(void **state) {
    char rest[2 * N + 1];
    (void)state;
    batch = N;
    for (int way = 0; way < 2; way++) {
        counts = way;
        remove_set(0);
        edoi_resume resume = read_to('e');
        memcpy(names, "abcdfghijke", N);
        assert_int_equal(read_rest(&resume, 'e', rest), 0);
        assert_string_equal(rest, "fghijke");
    }
}

static void the_last_entry_is_known_to_be_the_last(void **state) {
    (void)state;
    batch = N;
    remove_set(0);
    assert_true(read_to('k').is_over);
    assert_false(read_to('j').is_over);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_returned_comes_once_whatever_was_removed),
        cmocka_unit_test(entry_that_was_moved_away_and_back_hides_nothing),
        cmocka_unit_test(the_last_entry_is_known_to_be_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
