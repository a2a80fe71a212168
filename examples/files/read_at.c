/* SPDX-License-Identifier: MIT */
/* read_at.c: reads the beginning of a file, and prints it.
 *
 *     read_at FILE
 *
 * The offset is named by the call: the stream's own place stays, and several tasks may read at
 * once. The buffer is this function's; the call returns only when nobody writes to it any more,
 * also when it is cancelled. */
#include <edo/edo.h>
#include <edo/file.h>

#include <stdio.h>

static int print_beginning(edo_stream *file) {
    char bytes[1024];
    int n = edo_file_read_at(file, bytes, sizeof bytes, 0);
    if (n < 0) return n;
    printf("%d bytes: %.*s\n", n, n, bytes);
    return 0;
}

static int root(void *arg) {
    const char *path = arg;
    edo_stream *file;
    int err = edo_fs_open(&file, path, NULL);
    if (err < 0) return edo_fail(err, "opening %s", path);
    err = print_beginning(file);
    edo_close(file);
    return err < 0 ? edo_fail(err, "reading %s", path) : 0;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(root, argv[1]) : 2;
}
