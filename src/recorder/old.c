/* SPDX-License-Identifier: MIT */
/* recorder/old.c: see old.h. */
#include "recorder/old.h"

#include "recorder/region.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_BYTES 1536u
#define HALF         ".new-" /* and 12 digits of write.c; the last 8 are the process number */
#define HALF_DIGITS  12u

/* A search. */
typedef struct old_search {
    int folder;
    const char *before, *behind;
    const char *program;
    uint32_t n;
    struct old_file {
        char name[256];
        struct timespec at;
    } kept[EDOI_RECORDER_OLD_KEPT]; /* the latest so far */
} old_search;

static bool process_is_there(pid_t pid) {
    return kill(pid, 0) == 0 || errno == EPERM;
}

/* BEFORE<digits>BEHIND. */
static bool name_is_one(const old_search *s, const char *name, size_t n) {
    const size_t before_n = strlen(s->before), behind_n = strlen(s->behind);
    if (n <= before_n + behind_n || memcmp(name, s->before, before_n) != 0) return false;
    if (memcmp(name + n - behind_n, s->behind, behind_n) != 0) return false;
    const size_t digits_n = n - before_n - behind_n;
    return strspn(name + before_n, "0123456789") >= digits_n;
}

/* Of one, or of BEFORE without its last character, the dot: the file of the first process. */
static bool name_is_half(const old_search *s, const char *name) {
    const char *at = strstr(name, HALF);
    if (!at || strspn(at + strlen(HALF), "0123456789abcdef") != HALF_DIGITS) return false;
    if (at[strlen(HALF) + HALF_DIGITS] != '\0') return false;
    const size_t n = (size_t)(at - name), first_n = strlen(s->before) - 1;
    const bool has_first = s->before[first_n] == '.';
    return name_is_one(s, name, n) ||
           (has_first && n == first_n && memcmp(name, s->before, n) == 0);
}

static bool is_ours(const struct stat *about) {
    return S_ISREG(about->st_mode) && about->st_uid == geteuid();
}

/* Is it a file of this program's recorder, of the process in its name, which has ended? */
static bool file_is_old(const old_search *s, const char *name, struct timespec *at) {
    edoi_recorder_head h;
    struct stat about = { .st_mode = 0 };
    int fd = openat(s->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return false;
    bool is = fstat(fd, &about) == 0 && is_ours(&about) && read(fd, &h, sizeof h) == sizeof h &&
              memcmp(h.magic, EDOI_RECORDER_MAGIC, sizeof h.magic) == 0 &&
              strncmp(h.program, s->program, sizeof h.program) == 0 &&
              strtoul(name + strlen(s->before), NULL, 10) == h.pid &&
              !process_is_there((pid_t)h.pid) && flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)close(fd);
    *at = about.st_mtim;
    return is;
}

static bool is_later(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* Keeps it in place of the oldest one that is kept, which goes; or removes it, if that is later. */
static void old_found(old_search *s, const char *name, const struct timespec *at) {
    struct old_file *to = &s->kept[0];
    for (uint32_t i = 1; i < s->n; i++)
        if (is_later(&to->at, &s->kept[i].at)) to = &s->kept[i];
    if (s->n < EDOI_RECORDER_OLD_KEPT) {
        to = &s->kept[s->n++];
    } else if (is_later(at, &to->at)) {
        (void)unlinkat(s->folder, to->name, 0);
    } else {
        (void)unlinkat(s->folder, name, 0);
        return;
    }
    (void)snprintf(to->name, sizeof to->name, "%s", name);
    to->at = *at;
}

static void half_found(const old_search *s, const char *name) {
    struct stat about;
    const char *digits = name + strlen(name) - 8;
    if (process_is_there((pid_t)strtoul(digits, NULL, 16))) return;
    if (fstatat(s->folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && is_ours(&about))
        (void)unlinkat(s->folder, name, 0);
}

static void name_look(old_search *s, const char *name) {
    struct timespec at;
    if (name_is_half(s, name)) half_found(s, name);
    if (name_is_one(s, name, strlen(name)) && file_is_old(s, name, &at)) old_found(s, name, &at);
}

static EDOI_NOINLINE DIR *open_folder(const char *path, const char *slash) {
    char folder[FOLDER_BYTES];
    int n = snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
                     slash ? path : ".");
    return n > 0 && (size_t)n < sizeof folder ? opendir(folder) : NULL;
}

void edoi_recorder_old_remove(const char *path, const char *behind) {
    edoi_recorder_head own;
    const char *slash = strrchr(path, '/');
    DIR *dir = open_folder(path, slash);
    if (!dir) return;
    edoi_recorder_head_fill(&own);
    old_search s = { .folder = dirfd(dir), .before = slash ? slash + 1 : path, .behind = behind };
    s.program = own.program;
    for (struct dirent *e; (e = readdir(dir));) name_look(&s, e->d_name);
    (void)closedir(dir);
}
