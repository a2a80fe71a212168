/* SPDX-License-Identifier: MIT */
/* disk_use.c [DIR]: how many files and directories are below DIR, how many bytes they hold, and
 * what could not be read. Directories named .git are left out. */
#include <edo/dir.h>
#include <edo/edo.h>
#include <edo/fs.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct sum {
    uint64_t files, dirs, bytes;
} sum;

static int add(sum *all, const edo_walk_entry *e) {
    struct stat found;
    if (e->type == EDO_ENTRY_DIR) all->dirs++;
    if (e->type != EDO_ENTRY_FILE) return 0;
    int err = edo_fs_lstat(&found, e->path);
    if (err == -ENOENT) return 0; // removed meanwhile
    if (err < 0) return edo_fail(err, "looking at %s", e->path);
    all->files++;
    all->bytes += (uint64_t)found.st_size;
    return 0;
}

static int root(void *arg) {
    edo_seq *walk = edo_fs_walk(arg, NULL);
    edo_walk_entry e;
    sum all = { 0 };
    int rc;
    while ((rc = edo_seq_next(walk, &e)) == 1) {
        if (e.err < 0)
            fprintf(stderr, "%s: %s\n", e.path, edo_strerror(e.err)); // and the walk goes on
        else if (e.type == EDO_ENTRY_DIR && strcmp(e.name, ".git") == 0)
            rc = edo_fs_walk_skip(walk);
        else
            rc = add(&all, &e);
        if (rc < 0) break;
    }
    edo_seq_free(walk);
    if (rc == 0)
        printf("%" PRIu64 " files, %" PRIu64 " directories, %" PRIu64 " bytes\n", all.files,
               all.dirs, all.bytes);
    return rc;
}

int main(int argc, char **argv) {
    char here[] = ".";
    return edo_main(root, argc > 1 ? argv[1] : here);
}
