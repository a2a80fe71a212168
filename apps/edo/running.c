/* SPDX-License-Identifier: MIT */
/* apps/edo/running.c: see running.h. A program that can be asked has a thread for dumps, whose name
 * is edo-dump. */
#include "running.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES    300
#define COMMAND_BYTES 200

/* Reads the beginning of a file below /proc; returns the bytes, 0 without any. */
static size_t read_proc(const char *path, char *out, size_t max) {
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(out, 1, max, file) : 0;
    if (file) (void)fclose(file);
    return n;
}

static bool running_is_number(const char *name) {
    return *name && strspn(name, "0123456789") == strlen(name);
}

static bool running_is_own(const char *pid) {
    char path[PATH_BYTES];
    struct stat of;
    (void)snprintf(path, sizeof path, "/proc/%s", pid);
    return stat(path, &of) == 0 && of.st_uid == geteuid();
}

static bool has_dump_thread(const char *pid) {
    static const char wanted[] = "edo-dump\n";
    char path[PATH_BYTES], name[32];
    bool has = false;
    (void)snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *threads = opendir(path);
    for (struct dirent *e; !has && threads && (e = readdir(threads));) {
        if (!running_is_number(e->d_name)) continue;
        (void)snprintf(path, sizeof path, "/proc/%s/task/%.20s/comm", pid, e->d_name);
        size_t n = read_proc(path, name, sizeof name);
        has = n == sizeof wanted - 1 && memcmp(name, wanted, n) == 0;
    }
    if (threads) (void)closedir(threads);
    return has;
}

/* The command in one line; control characters are '?', so that nothing moves the cursor. */
static void print_program(const char *pid) {
    char path[PATH_BYTES], command[COMMAND_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    size_t n = read_proc(path, command, sizeof command);
    while (n > 0 && command[n - 1] == '\0') n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)command[i];
        bool is_control = c < 0x20 || c == 0x7f ||
                          (c >= 0x80 && c < 0xa0 && i > 0 && (unsigned char)command[i - 1] == 0xc2);
        if (is_control) command[i] = c ? '?' : ' ';
    }
    printf("%8s  %.*s\n", pid, (int)n, command);
}

int running_print(void) {
    size_t n = 0;
    DIR *all = opendir("/proc");
    if (!all) return fprintf(stderr, "edo: /proc: %s\n", strerror(errno)), -ENOENT;
    for (struct dirent *e; (e = readdir(all));) {
        if (!running_is_number(e->d_name) || !running_is_own(e->d_name) ||
            !has_dump_thread(e->d_name))
            continue;
        if (n++ == 0) printf("%8s  %s\n", "PID", "PROGRAM");
        print_program(e->d_name);
    }
    (void)closedir(all);
    if (n == 0) puts("none of your programs runs that edo look can ask; see edo --help");
    return fflush(stdout) == 0 ? 0 : -errno;
}
