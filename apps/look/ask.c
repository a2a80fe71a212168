/* SPDX-License-Identifier: MIT */
/* apps/look/ask.c: see ask.h. How it is asked and answers: runtime/control/ask.h. A signal that the
 * process does not handle would end it, so first it is looked whether it does. */
#include "ask.h"

#include "plain.h"
#include "runtime/control/ask.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_BYTES 320u
#define ANSWER_MAX     (8 << 20) /* bytes */
#define PAUSE_NS       50000000
#define PATIENCE_S     30  /* beyond the time that was asked for */
#define AGAIN_S        5   /* until an ask that was not taken is made again */
#define OTHERS_S       600 /* beyond that, once it was taken: the process looks for others first */
#define TRACED_N       20  /* looks in a row that find it stopped by a tracer: a second */

static int ask_failed(pid_t pid, const char *why) {
    (void)fprintf(stderr, "edo look: %ld: %s\n", (long)pid, why);
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

/* The letter of proc(5); 0: there is no such process. */
static char process_state(pid_t pid) {
    char path[PATH_MAX_BYTES], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file) (void)!fgets(line, sizeof line, file);
    if (file) (void)fclose(file);
    const char *name_end = strrchr(line, ')'); // of the program, before the state
    return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

/* Has it ended, though its parent may not have asked how? */
static bool has_ended(pid_t pid) {
    const char state = process_state(pid);
    return state == 0 || state == 'Z' || state == 'X';
}

/* By a signal. */
static bool is_stopped(pid_t pid) {
    return process_state(pid) == 'T';
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

/* The answer, once it is whole. -EAGAIN: it is not; -ENOENT: it is not there. */
static int ask_answer_open(pid_t pid, const char *fd_name, const char *name) {
    char path[PATH_MAX_BYTES], target[PATH_MAX_BYTES], wanted[PATH_MAX_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)pid, fd_name);
    (void)snprintf(wanted, sizeof wanted, "/memfd:%s", name);
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0) return -ENOENT;
    target[n] = '\0';
    if (strncmp(target, wanted, strlen(wanted)) != 0) return -ENOENT;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE) return fd;
    if (fd < 0) return -ENOENT;
    (void)close(fd);
    return -EAGAIN;
}

/* Likewise. -EACCES: we may not look. */
static int answer_find(pid_t pid, const char *name) {
    char path[PATH_MAX_BYTES];
    int fd = -ENOENT;
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *dir = opendir(path);
    if (!dir) return -errno;
    for (struct dirent *e; fd < 0 && (e = readdir(dir));) {
        int found = e->d_name[0] == '.' ? -ENOENT : ask_answer_open(pid, e->d_name, name);
        if (found != -ENOENT) fd = found;
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

/* Nothing is believed of what the process has written. */
static int answer_print(int fd) {
    char *line = NULL;
    size_t bytes = 0, all_n = 0;
    int status = 2;
    struct stat about;
    FILE *in = fstat(fd, &about) == 0 && about.st_size <= ANSWER_MAX ? fdopen(fd, "r") : NULL;
    if (!in) {
        (void)close(fd);
        (void)fprintf(stderr, "edo look: the answer is too long\n");
        return 2;
    }
    for (ssize_t n; all_n < ANSWER_MAX && (n = getline(&line, &bytes, in)) > 0;) {
        look_print_plainly(line, (size_t)n - (line[n - 1] == '\n'));
        (void)putchar('\n');
        status = status_of_line(line);
        all_n += (size_t)n;
    }
    free(line);
    (void)fclose(in);
    return status;
}

/* Of an answer that is waited for. */
typedef struct answer_wish {
    pid_t pid;
    int signo;
    uint64_t value;
    bool is_taken; /* the process looks, or will: the answer is there, and is not whole */
    int traced_n;  /* the looks in a row, up to now, that found a tracer's stop */
    char name[EDOI_ASK_NAME_MAX];
} answer_wish;

/* Does it stand? Under strace or perf a process stops for a moment at each call: only a stop that
 * lasts is a debugger's. */
static bool process_stands(answer_wish *w) {
    const char state = process_state(w->pid);
    w->traced_n = state == 't' ? w->traced_n + 1 : 0;
    return state == 'T' || w->traced_n >= TRACED_N;
}

/* One look for it, as answer_find(). -ECANCELED: the process does not look any more; -EINTR: it is
 * stopped. */
static int answer_look(answer_wish *w) {
    int fd = answer_find(w->pid, w->name);
    if (fd >= 0) return fd;
    if (has_ended(w->pid)) return -ESRCH;
    if (fd == -ENOENT && w->is_taken) return -ECANCELED;
    if (fd == -EAGAIN) w->is_taken = true;
    return !w->is_taken && process_stands(w) ? -EINTR : fd;
}

/* -ETIMEDOUT: the process has not taken the ask; -EBUSY: it still looks for others. */
static int answer_wait(answer_wish *w, int64_t wait_ms) {
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    time_t until = now.tv_sec + (time_t)(wait_ms / 1000) + PATIENCE_S;
    time_t again = now.tv_sec;
    for (bool was_taken = false; now.tv_sec < until; was_taken = w->is_taken) {
        if (!w->is_taken && now.tv_sec >= again) {
            if (ask_send(w->pid, w->signo, w->value) < 0) return -errno;
            again = now.tv_sec + AGAIN_S;
        }
        int fd = answer_look(w);
        if (fd != -ENOENT && fd != -EAGAIN) return fd;
        if (w->is_taken && !was_taken) until += OTHERS_S;
        (void)nanosleep(&pause, NULL);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return w->is_taken ? -EBUSY : -ETIMEDOUT;
}

static const char *wait_fault(int err) {
    switch (err) {
    case -ETIMEDOUT:
        return "does not answer: it is of an older edo, is frozen, or its thread for dumps waits";
    case -EINTR: return "is stopped, by a signal or a debugger: it answers once it goes on";
    case -EBUSY: return "still looks for others who have asked: ask later";
    case -ECANCELED: return "does not look any more";
    default: return strerror(-err);
    }
}

int open_ask(pid_t pid, int signo, edo_duration wait) {
    struct timespec now;
    const int64_t ms = wait.ns / 1000000;
    if (kill(pid, 0) < 0) return ask_failed(pid, strerror(errno));
    if (has_ended(pid)) return ask_failed(pid, strerror(ESRCH));
    if (ms < 100 || ms > 600000) return ask_failed(pid, "looks for 100 ms to ten minutes");
    if (is_stopped(pid)) return ask_failed(pid, wait_fault(-EINTR));
    if (status_has(pid, "SigIgn:", signo))
        return ask_failed(pid, "ignores this signal, as what a script has started with & does: "
                               "the program has to dump on another one (--signal)");
    if (!status_has(pid, "SigCgt:", signo) || !has_dumper(pid))
        return ask_failed(pid, "no program of edo that dumps on this signal, so it is not sent");
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    const uint32_t number = (uint32_t)getpid() << 16 ^ (uint32_t)now.tv_nsec;
    answer_wish wish = { .pid = pid, .signo = signo };
    wish.value = edoi_ask_make((uint64_t)ms, number);
    edoi_ask_name(wish.name, wish.value);
    int fd = answer_wait(&wish, ms);
    if (fd < 0) return ask_failed(pid, wait_fault(fd));
    int status = answer_print(fd);
    (void)ask_send(pid, signo, edoi_ask_make(0, number));
    return status;
}
