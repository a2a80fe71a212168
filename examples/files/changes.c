/* SPDX-License-Identifier: MIT */
/* changes.c DIR: prints what happens to the entries of DIR, until Ctrl-C. */
#include <edo/edo.h>
#include <edo/fs_watch.h>

#include <limits.h>
#include <stdio.h>

typedef struct half { // of a rename
    uint32_t cookie;  // 0: none
    char name[NAME_MAX + 1];
} half;

static void print(const edo_fs_event *e, half *old) {
    bool is_pair = e->what == EDO_FS_MOVED_TO && old->cookie == e->cookie;
    if (is_pair) printf("%s is now %s\n", old->name, e->name);
    if (!is_pair && old->cookie != 0) printf("%s has left\n", old->name);
    if (!is_pair && e->what == EDO_FS_MOVED_TO) printf("%s has come\n", e->name);
    old->cookie = 0;
    if (e->what == EDO_FS_MOVED_FROM) { // the other half comes next, if it comes
        old->cookie = e->cookie;
        (void)snprintf(old->name, sizeof old->name, "%s", e->name);
    }
    if (e->what == EDO_FS_CREATED) printf("%s is new\n", e->name);
    if (e->what == EDO_FS_REMOVED) printf("%s is gone\n", e->name);
    if (e->what == EDO_FS_CLOSED_WRITE) printf("%s was written\n", e->name);
    if (e->what == EDO_FS_OVERFLOW) printf("more than I could read\n"); // look at all anew
    (void)fflush(stdout);
}

static int root(void *arg) {
    edo_fs_watch *w;
    edo_fs_event e = { 0 };
    half old = { 0 };
    int rc = edo_fs_watch_open(&w);
    if (rc < 0) return rc;
    rc = edo_fs_watch_add(w, arg, 0);
    if (rc < 0) rc = edo_fail(rc, "watching %s", (const char *)arg);
    if (rc > 0) printf("watching %s\n", (const char *)arg);
    (void)fflush(stdout);
    while (rc > 0 && e.what != EDO_FS_ENDED) // the directory was removed
        if ((rc = edo_fs_watch_next(w, &e)) == 1) print(&e, &old);
    edo_fs_watch_close(w);
    return rc < 0 ? rc : 0;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(root, argv[1]) : 2;
}
