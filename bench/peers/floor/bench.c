/* SPDX-License-Identifier: MIT */
/* peer-floor <bench> [-t threads] [-n N]: what plain C takes for the benches of the I/O table, as
 * CPU time of this process; one line of JSON, as edo-bench prints it.
 *
 * spawn_true: posix_spawn() and waitpid(). file_*: pread() of 4 KiB at random places of BENCH_FILE,
 * one after the other. */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_ABSENT = 3 };

extern char **environ;

static void must(bool good, const char *what) {
    if (good) return;
    perror(what);
    exit(1);
}

static int64_t cpu_ns(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Returns how many operations were made. */
static uint64_t spawn_true(uint64_t n) {
    char *argv[] = { "/bin/true", NULL };
    for (uint64_t i = 0; i < n; i++) {
        pid_t pid;
        int status;
        must(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0, "posix_spawn");
        must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
    }
    return n;
}

static uint64_t next_random(uint64_t *x) {
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static uint64_t read_blocks(uint64_t n) {
    static char block[4096];
    const char *path = getenv("BENCH_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    must(fd >= 0, "BENCH_FILE");
    off_t blocks = lseek(fd, 0, SEEK_END) / (off_t)sizeof block;
    uint64_t random = UINT64_C(0x9e3779b97f4a7c15);
    for (uint64_t i = 0; i < n; i++) {
        off_t place = (off_t)(next_random(&random) % (uint64_t)blocks) * (off_t)sizeof block;
        must(pread(fd, block, sizeof block, place) == (ssize_t)sizeof block, "pread");
    }
    close(fd);
    return n;
}

static const struct {
    const char *name;
    uint64_t n;
    bool warm;
    uint64_t (*run)(uint64_t n);
} benches[] = {
    { "spawn_true", 1000, true, spawn_true },        { "file_cached_1", 200000, true, read_blocks },
    { "file_cached_64", 200000, true, read_blocks }, { "file_device_1", 4000, false, read_blocks },
    { "file_device_64", 8000, false, read_blocks },
};

static int run(size_t which, uint64_t n) {
    if (n == 0) n = benches[which].n;
    if (benches[which].warm) (void)benches[which].run(n / 10 ? n / 10 : 1);
    int64_t begin = cpu_ns();
    uint64_t done = benches[which].run(n);
    printf("{\"peer\":\"floor\",\"bench\":\"%s\",\"threads\":1,\"n\":%llu,\"ns_per_op\":%.3f,"
           "\"rss_kb\":0}\n",
           benches[which].name, (unsigned long long)done,
           (double)(cpu_ns() - begin) / (double)done);
    return 0;
}

int main(int argc, char **argv) {
    uint64_t n = 0;
    const size_t count = sizeof benches / sizeof benches[0];
    if (argc < 2) {
        fprintf(stderr, "usage: peer-floor <bench> [-t threads] [-n N] | --list\n");
        return EXIT_USAGE;
    }
    for (int i = 2; i + 1 < argc; i += 2)
        if (!strcmp(argv[i], "-n")) n = strtoull(argv[i + 1], NULL, 10);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(argv[1], "--list")) puts(benches[i].name);
        if (!strcmp(argv[1], benches[i].name)) return run(i, n);
    }
    return strcmp(argv[1], "--list") ? EXIT_ABSENT : 0;
}
