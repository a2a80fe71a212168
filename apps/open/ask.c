/* SPDX-License-Identifier: MIT */
/* apps/open/ask.c: see ask.h. How it is asked and answers: runtime/control/ask.h. A signal that the
 * process does not handle would end it, so first it is looked whether it does. */
#include "ask.h"

#include "runtime/control/ask.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_BYTES 320u
#define PAUSE_NS       50000000
#define PATIENCE_S     30 /* beyond the time that was asked for */

static int ask_failed(pid_t pid, const char *why) {
    (void)fprintf(stderr, "edo-open: %ld: %s\n", (long)pid, why);
    return 2;
}

/* ---- May it be asked? ------------------------------------------------------------------------ */

/* Is a signal of the set in /proc/PID/status that begins with `field`? */
static bool status_has(pid_t pid, const char *field, int signo) {
    char path[PATH_MAX_BYTES], line[256];
    bool has = false;
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, field, strlen(field)) != 0) continue;
        has = strtoull(line + strlen(field), NULL, 16) >> (signo - 1) & 1;
    }
    if (file) (void)fclose(file);
    return has;
}

/* Has it ended, though its parent has not asked how? */
static bool has_ended(pid_t pid) {
    char path[PATH_MAX_BYTES], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file) (void)!fgets(line, sizeof line, file);
    if (file) (void)fclose(file);
    const char *state = strrchr(line, ')'); // behind the name of the program
    return !state || strncmp(state, ") Z", 3) == 0 || strncmp(state, ") X", 3) == 0;
}

static bool is_dumper(pid_t pid, const char *tid) {
    char path[PATH_MAX_BYTES], name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%s/comm", (long)pid, tid);
    FILE *file = fopen(path, "re");
    if (file) (void)!fgets(name, sizeof name, file);
    if (file) (void)fclose(file);
    return strcmp(name, "edo-dump\n") == 0;
}

/* Has it edo's thread for dumps? */
static bool has_dumper(pid_t pid) {
    char path[PATH_MAX_BYTES];
    bool has = false;
    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    for (struct dirent *e; !has && dir && (e = readdir(dir));) has = is_dumper(pid, e->d_name);
    if (dir) (void)closedir(dir);
    return has;
}

static int ask_send(pid_t pid, int signo, uint64_t value) {
    return sigqueue(pid, signo, (union sigval){ .sival_ptr = (void *)(uintptr_t)value });
}

/* ---- The answer ------------------------------------------------------------------------------ */

/* The answer, once it is whole; negative: it is not there yet, and errno says why. */
static int answer_open(pid_t pid, const char *fd_name, const char *name) {
    char path[PATH_MAX_BYTES], target[PATH_MAX_BYTES], wanted[PATH_MAX_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)pid, fd_name);
    (void)snprintf(wanted, sizeof wanted, "/memfd:%s", name);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) return -1;
    target[n] = '\0';
    if (strncmp(target, wanted, strlen(wanted)) != 0) return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE) return fd;
    if (fd >= 0) (void)close(fd);
    return -1;
}

/* Negative: it is not there yet; -EACCES: we may not look. */
static int answer_find(pid_t pid, const char *name) {
    char path[PATH_MAX_BYTES];
    int fd = -ENOENT;
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *dir = opendir(path);
    if (!dir) return -errno;
    for (struct dirent *e; fd < 0 && (e = readdir(dir));) {
        int found = e->d_name[0] == '.' ? -1 : answer_open(pid, e->d_name, name);
        if (found >= 0) fd = found;
    }
    (void)closedir(dir);
    return fd;
}

/* The exit status that the last line of an answer means: it begins with the number of faults. */
static int status_of_line(const char *line) {
    char *end;
    unsigned long n = strtoul(line, &end, 10);
    return strncmp(end, " fault", 6) != 0 ? 2 : n > 0;
}

static int answer_print(int fd) {
    char line[1024];
    int status = 2;
    FILE *in = fdopen(fd, "r");
    if (!in) return 2;
    while (fgets(line, sizeof line, in)) {
        (void)fputs(line, stdout);
        status = status_of_line(line);
    }
    (void)fclose(in);
    return status;
}

static int answer_wait(pid_t pid, uint64_t value, int64_t wait_ms) {
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    char name[EDOI_ASK_NAME_MAX];
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const time_t until = now.tv_sec + (time_t)(wait_ms / 1000) + PATIENCE_S;
    edoi_ask_name(name, value);
    while (now.tv_sec < until) {
        int fd = answer_find(pid, name);
        if (fd >= 0) return fd;
        if (has_ended(pid)) return -ESRCH;
        if (fd != -ENOENT) return fd;
        (void)nanosleep(&pause, NULL);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return -ETIMEDOUT;
}

int open_ask(pid_t pid, int signo, edo_duration wait) {
    struct timespec now;
    const int64_t ms = wait.ns / 1000000;
    if (kill(pid, 0) < 0) return ask_failed(pid, strerror(errno));
    if (has_ended(pid)) return ask_failed(pid, strerror(ESRCH));
    if (ms < 100 || ms > 600000) return ask_failed(pid, "looks for 100 ms to ten minutes");
    if (!status_has(pid, "SigCgt:", signo) || !has_dumper(pid))
        return ask_failed(pid, "no program of edo that dumps on this signal, so it is not sent");
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint32_t number = (uint32_t)getpid() << 16 ^ (uint32_t)now.tv_nsec;
    const uint64_t value = edoi_ask_make((uint64_t)ms, number);
    if (ask_send(pid, signo, value) < 0) return ask_failed(pid, strerror(errno));
    int fd = answer_wait(pid, value, ms);
    if (fd == -ETIMEDOUT)
        return ask_failed(pid, "does not answer: it is stopped, or of an older edo");
    if (fd < 0) return ask_failed(pid, strerror(-fd));
    int status = answer_print(fd);
    (void)ask_send(pid, signo, edoi_ask_make(0, number));
    return status;
}
