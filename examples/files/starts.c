/* SPDX-License-Identifier: MIT */
/* starts.c: counts its own starts in a file, which is never seen half written. */
#include <edo/edo.h>
#include <edo/fs.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int count_start(const char *path) {
    char text[32];
    uint64_t starts = 0;
    edo_bytes old = { 0 };
    int err = edo_fs_read_all(&old, path);
    if (err == 0) err = edo_str_uint(&starts, old.str);
    edo_bytes_unref(&old);
    if (err < 0 && err != -ENOENT) return edo_fail(err, "reading %s", path);
    int n = snprintf(text, sizeof text, "%" PRIu64, ++starts);
    err = edo_fs_replace(path, text, (size_t)n); // on the disk when it returns
    if (err < 0) return edo_fail(err, "writing %s", path);
    printf("start %" PRIu64 "\n", starts);
    return 0;
}

static int root(void *arg) {
    const char *dir = arg;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/state/of/this", dir);
    int err = edo_fs_create_dir_all(path);
    (void)snprintf(path, sizeof path, "%s/state/of/this/starts", dir);
    for (int i = 0; i < 3 && err == 0; i++) err = count_start(path);
    int removed = edo_fs_remove_dir_all(dir);
    return err < 0 ? err : removed;
}

int main(void) {
    static char dir[] = "/tmp/edo-starts-XXXXXX";
    return mkdtemp(dir) ? edo_main(root, dir) : 1;
}
