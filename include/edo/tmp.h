/* SPDX-License-Identifier: MIT */
/* edo/tmp.h: temporary files.
 *
 *     edo_tmp *tmp;
 *     int err = edo_tmp_open(&tmp, &(edo_tmp_opts){ .dir = "/srv/photos", .suffix = ".jpg" });
 *     if (err == 0) err = edo_copy(edo_tmp_stream(tmp), upload, NULL);
 *     if (err == 0) err = edo_tmp_keep(tmp, "/srv/photos/cat.jpg");
 *     edo_tmp_close(tmp);                                // removed, unless it was kept
 *
 * A temporary file is a stream to read and write (edo/file.h) that only its owner may open (mode
 * 0600). A process that is killed leaves its named ones behind, so prefer edo_fs_tmp() where no
 * other program needs the name.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: for the file system.   Since: 0.1 */
#ifndef EDO_TMP_H
#define EDO_TMP_H

#include <edo/io.h>

EDO_BEGIN_DECLS

/** Makes a file without a name in the directory `dir`; NULL: that of the environment variable
 * TMPDIR, or /tmp. It ends with its last descriptor, however the process ends. Where the file
 * system has no files without a name, one is made with a name, which is removed at once.
 * Owns:    borrows `dir`; returns new in `*out`: edo_close().
 * Errors:  -ENOENT, -ENOTDIR, -EACCES; -ENOSPC, -EDQUOT; -EROFS; -EMFILE, -ENFILE; -ENOMEM
 *          those of edo_blocking()
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_fs_tmp(edo_stream **out, const char *dir);

/* Options of edo_tmp_open(); all zero is the default. */
typedef struct edo_tmp_opts {
    const char *dir;      /* NULL: as edo_fs_tmp() */
    const char *prefix;   /* of the name, before 16 random digits; NULL: none */
    const char *suffix;   /* of the name, behind them; NULL: none */
    uint64_t reserved[4]; /* must be 0 */
} edo_tmp_opts;

/* A file with a name, for some time. */
typedef struct edo_tmp edo_tmp;

/** Makes a file with a new name. `opts` may be NULL.
 * Owns:    borrows `opts`; returns new in `*out`: edo_tmp_close().
 * Errors:  as edo_fs_tmp(); -EINVAL  a '/' in `prefix` or `suffix`, `reserved` not 0
 *          -ENAMETOOLONG
 * Cancel:  safe: no file is left. */
EDO_MUST_USE EDO_API int edo_tmp_open(edo_tmp **out, const edo_tmp_opts *opts);

/** Return the file as a stream, and the path under which it was made: `dir`, '/' and the name.
 * edo_tmp_keep() does not change what edo_tmp_path() returns.
 * Owns: `tmp` keeps both; edo_stream_ref() for a stream that lives longer.   Waits: never. */
EDO_API edo_stream *edo_tmp_stream(edo_tmp *tmp);
EDO_API const char *edo_tmp_path(const edo_tmp *tmp);

/** Renames the file to `to`, which it replaces at once if it is there, and keeps it; NULL: keeps it
 * under its name. It still has the mode 0600. For a file that survives a power cut call
 * edo_file_sync() before.
 * Errors:  as edo_fs_rename(); the file is temporary still.   -EDO_EMISUSE  it was kept already
 * Cancel: safe.   Threads: any, one at a time. */
EDO_MUST_USE EDO_API int edo_tmp_keep(edo_tmp *tmp, const char *to);

/** Gives the stream back, and removes the file unless it was kept; also if the task was cancelled.
 * The directory may have been renamed meanwhile. Returns 0, or why it could not be removed. NULL is
 * allowed.
 * Owns:    takes `tmp`.
 * Errors:  -ENOENT  it was removed or renamed by another program;  -EACCES, -EROFS, -EIO
 * Cancel: not at all: it goes to its end.   Threads: any. */
EDO_API int edo_tmp_close(edo_tmp *tmp);

EDO_END_DECLS

#endif
