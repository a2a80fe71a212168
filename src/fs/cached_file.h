/* SPDX-License-Identifier: MIT */
/* fs/cached_file.h: reads a regular file of limited size, unless it is the one that is known. On a
 * thread that may block. */
#ifndef EDOI_FS_CACHED_FILE_H
#define EDOI_FS_CACHED_FILE_H

#include <edo/bytes.h>

/* What tells a file from its next version. */
typedef struct edoi_file_version {
    uint64_t dev, ino;
    uint64_t size;
    int64_t modified_ns; /* since 1970 */
    bool is_unsure;      /* the file may change and keep all that: unlike any */
} edoi_file_version;

typedef struct edoi_file_reading {
    size_t bytes_max; /* given */
    edoi_file_version version;
    edo_bytes bytes;   /* new, on success */
    bool is_unchanged; /* it is the known one: nothing was read */
    bool is_too_large; /* nothing was read */
} edoi_file_reading;

/* Is it the same file, as it was? */
bool edoi_file_version_is_same(const edoi_file_version *a, const edoi_file_version *b);

/* Reads the file at `path`, which stays beneath the directory `beneath`, unless that is NULL;
 * `known` may be NULL. Returns 0 or a negative code. */
int edoi_file_read_if_changed(const char *beneath, const char *path, const edoi_file_version *known,
                              edoi_file_reading *out);

#endif
