/* SPDX-License-Identifier: MIT */
/* edo-bench-files BENCH [-n FILES] [-k AT_ONCE] FOLDER: what is done with many files of 4 KiB,
 * whose pages are in the kernel's cache, within a new folder of FOLDER, which is removed again.
 * EDO_FILES says how. Defaults: 1,000 files, 64 at once, on one thread.
 *
 *     copies  a file is opened, its copy made, read, written, both closed
 *     stats   edo_fs_stat()
 *     writes  4 KiB are written over others, of a file that is open
 *
 * One line of JSON: CPU time of the process, its threads in the kernel included, and wall time,
 * each for a file.
 *
 * Question: what does a program pay that uses many small files?
 * Guards: the calls of a turn go to the kernel in one submission, where there is a ring. */
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

typedef struct files files;

/* The bench; `check` looks at a file afterwards, NULL: there is nothing to be seen. */
typedef struct kind {
    const char *name;
    void (*use)(const files *of, unsigned n);
    void (*check)(const files *of, unsigned n);
} kind;

struct files {
    const kind *kind;
    unsigned files_n, at_once, begun;
    const char *folder;
    edo_stream *open; /* of `writes` */
};

static int64_t clock_ns(clockid_t clock) {
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void must(int err) {
    if (err >= 0) return;
    fprintf(stderr, "edo-bench-files: %s\n", edo_strerror(err));
    exit(1);
}

static void name_file(char *path, const files *of, const char *of_what, unsigned n) {
    (void)snprintf(path, PATH_BYTES, "%s/%s-%u", of->folder, of_what, n);
}

/* ---- What is done with a file ---------------------------------------------------------------- */

static void copy_file(const files *of, unsigned n) {
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

/* A file that is not there, or not whole, ends the program. */
static void look_at_file(const files *of, const char *of_what, unsigned n) {
    char path[PATH_BYTES];
    struct stat is;
    name_file(path, of, of_what, n);
    must(edo_fs_stat(&is, path));
    if (is.st_size != FILE_BYTES) must(-EDO_EEOF);
}

static void check_copy(const files *of, unsigned n) {
    look_at_file(of, "to", n);
}

static void stat_file(const files *of, unsigned n) {
    look_at_file(of, "from", n);
}

static void write_part(const files *of, unsigned n) {
    char bytes[FILE_BYTES];
    memset(bytes, 'y', sizeof bytes);
    int done = edo_file_write_at(of->open, bytes, sizeof bytes, (uint64_t)n * FILE_BYTES);
    must(done == FILE_BYTES ? 0 : -EDO_EEOF);
}

static const kind kinds[] = { { "copies", copy_file, check_copy },
                              { "stats", stat_file, NULL },
                              { "writes", write_part, NULL } };

static int use_some(void *arg) {
    files *of = arg; // all are on one thread
    while (of->begun < of->files_n) of->kind->use(of, of->begun++);
    return 0;
}

static int use_all(files *of) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (unsigned i = 0; i < of->at_once; i++) must(edo_scope_spawn(&s, use_some, of));
    return edo_scope_end(&s, 0);
}

/* ---- The files ------------------------------------------------------------------------------- */

static void make_files(const files *of) {
    char path[PATH_BYTES], bytes[FILE_BYTES];
    memset(bytes, 'x', sizeof bytes);
    for (unsigned i = 0; i < of->files_n; i++) {
        name_file(path, of, "from", i);
        must(edo_fs_write_all(path, bytes, sizeof bytes));
    }
}

/* As long as all files are. */
static void open_long(files *of) {
    static const edo_fs_open_opts new_file = { .write = true, .create = true };
    char path[PATH_BYTES];
    name_file(path, of, "long", 0);
    must(edo_fs_open(&of->open, path, &new_file));
    for (unsigned i = 0; i < of->files_n; i++) write_part(of, i);
}

static int measure(void *arg) {
    files *of = arg;
    make_files(of);
    open_long(of);
    int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall_ns = clock_ns(CLOCK_MONOTONIC);
    must(use_all(of));
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_ns;
    for (unsigned i = 0; of->kind->check && i < of->files_n; i++) of->kind->check(of, i);
    edo_close(of->open);
    printf("{\"cpu_us\":%.3f,\"wall_us\":%.3f}\n", (double)cpu_ns / 1e3 / of->files_n,
           (double)wall_ns / 1e3 / of->files_n);
    return 0;
}

static int run_in_folder(void *arg) {
    files *of = arg;
    char folder[PATH_BYTES];
    (void)snprintf(folder, sizeof folder, "%s/copies-XXXXXX", of->folder);
    if (!mkdtemp(folder)) must(-errno);
    of->folder = folder;
    int err = measure(of);
    must(edo_fs_remove_dir_all(folder));
    return err;
}

static bool parse(files *of, int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < EDO_COUNT(kinds); i++)
        if (strcmp(argv[1], kinds[i].name) == 0) of->kind = &kinds[i];
    for (int i = 2; i + 1 < argc; i += 2) {
        unsigned *number = strcmp(argv[i], "-n") == 0   ? &of->files_n
                           : strcmp(argv[i], "-k") == 0 ? &of->at_once
                                                        : NULL;
        if (!number || (*number = (unsigned)strtoul(argv[i + 1], NULL, 10)) == 0) return false;
    }
    of->folder = argc % 2 == 1 ? argv[argc - 1] : NULL;
    return of->kind && argc > 2 && of->folder;
}

int main(int argc, char **argv) {
    static const edo_runtime_opts one = { .workers = 1 };
    files of = { .files_n = 1000, .at_once = 64 };
    edo_runtime *rt;
    if (!parse(&of, argc, argv)) {
        fprintf(stderr,
                "usage: edo-bench-files copies|stats|writes [-n FILES] [-k AT_ONCE] FOLDER\n");
        return EXIT_USAGE;
    }
    must(edo_runtime_new(&rt, &one));
    must(edo_run(rt, run_in_folder, &of));
    must(edo_runtime_shutdown(rt, edo_s(10)));
    edo_runtime_free(rt);
    return 0;
}
