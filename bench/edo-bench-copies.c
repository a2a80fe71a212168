/* SPDX-License-Identifier: MIT */
/* edo-bench-copies [-n FILES] [-k AT_ONCE] FOLDER: copies of many files of 4 KiB, whose pages are
 * in the kernel's cache, within a new folder of FOLDER, which is removed again. EDO_FILES says how
 * files are read and written. Defaults: 1,000 files, 64 at once, on one thread.
 *
 * One line of JSON: CPU time of the process, its threads in the kernel included, and wall time,
 * each for a file.
 *
 * Question: what does a program pay that opens, reads, writes and closes many small files?
 * Guards: the calls of files go by one submission of a turn, where there is a ring. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/fs.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2, FILE_BYTES = 4096, PATH_BYTES = 300 };

typedef struct copies {
    unsigned files_n, at_once, begun;
    const char *folder;
} copies;

static int64_t clock_ns(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(int err) {
    if (err >= 0) return;
    fprintf(stderr, "edo-bench-copies: %s\n", edo_strerror(err));
    exit(1);
}

static void name_file(char *path, const copies *of, const char *kind, unsigned n) {
    (void)snprintf(path, PATH_BYTES, "%s/%s-%u", of->folder, kind, n);
}

/* ---- A copy ---------------------------------------------------------------------------------- */

static void copy_file(const copies *of, unsigned n) {
    static const edo_fs_open_opts new_file = { .write = true, .create = true, .truncate = true };
    char from_path[PATH_BYTES], to_path[PATH_BYTES], bytes[FILE_BYTES];
    edo_stream *from, *to;
    name_file(from_path, of, "from", n);
    name_file(to_path, of, "to", n);
    must(edo_fs_open(&from, from_path, NULL));
    must(edo_fs_open(&to, to_path, &new_file));
    int got = edo_file_read_at(from, bytes, sizeof bytes, 0);
    must(got);
    must(edo_file_write_at(to, bytes, (size_t)got, 0));
    edo_close(from);
    edo_close(to);
}

static int copy_some(void *arg) {
    copies *of = arg; // all are on one thread
    while (of->begun < of->files_n) copy_file(of, of->begun++);
    return 0;
}

static int copy_all(copies *of) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (unsigned i = 0; i < of->at_once; i++) must(edo_scope_spawn(&s, copy_some, of));
    return edo_scope_end(&s, 0);
}

/* ---- The files ------------------------------------------------------------------------------- */

static void make_files(const copies *of) {
    char path[PATH_BYTES], bytes[FILE_BYTES];
    memset(bytes, 'x', sizeof bytes);
    for (unsigned i = 0; i < of->files_n; i++) {
        name_file(path, of, "from", i);
        must(edo_fs_write_all(path, bytes, sizeof bytes));
    }
}

/* A copy that is not there, or not whole, ends the program. */
static void check_files(const copies *of) {
    char path[PATH_BYTES];
    struct stat is;
    for (unsigned i = 0; i < of->files_n; i++) {
        name_file(path, of, "to", i);
        must(edo_fs_stat(&is, path));
        if (is.st_size != FILE_BYTES) must(-EDO_EEOF);
    }
}

static int measure(void *arg) {
    copies *of = arg;
    make_files(of);
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall_ns = clock_ns(CLOCK_MONOTONIC);
    must(copy_all(of));
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_ns;
    check_files(of);
    printf("{\"cpu_us\":%.3f,\"wall_us\":%.3f}\n", (double)cpu_ns / 1e3 / of->files_n,
           (double)wall_ns / 1e3 / of->files_n);
    return 0;
}

static int run_in_folder(void *arg) {
    copies *of = arg;
    char folder[PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s/copies-XXXXXX", of->folder);
    if (!mkdtemp(folder)) must(-errno);
    of->folder = folder;
    int err = measure(of);
    must(edo_fs_remove_dir_all(folder));
    return err;
}

static bool parse(copies *of, int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned *number = strcmp(argv[i], "-n") == 0   ? &of->files_n
                           : strcmp(argv[i], "-k") == 0 ? &of->at_once
                                                        : NULL;
        if (!number || (*number = (unsigned)strtoul(argv[i + 1], NULL, 10)) == 0) return false;
    }
    of->folder = argc % 2 == 0 ? argv[argc - 1] : NULL;
    return of->folder != NULL;
}

int main(int argc, char **argv) {
    static const edo_runtime_opts one = { .workers = 1 };
    copies of = { .files_n = 1000, .at_once = 64 };
    edo_runtime *rt;
    if (!parse(&of, argc, argv)) {
        fprintf(stderr, "usage: edo-bench-copies [-n FILES] [-k AT_ONCE] FOLDER\n");
        return EXIT_USAGE;
    }
    must(edo_runtime_new(&rt, &one));
    must(edo_run(rt, run_in_folder, &of));
    must(edo_runtime_shutdown(rt, edo_s(10)));
    edo_runtime_free(rt);
    return 0;
}
