/* SPDX-License-Identifier: MIT */
/* edo/file_cache.h: small files in memory, looked after.
 *
 *     edo_file_cache *pages;
 *     if (edo_file_cache_new(&pages, NULL) < 0) …
 *     edo_cached_file page;
 *     int err = edo_file_cache_get(pages, "www/index.html", &page);
 *     if (err == 0) err = edo_write_all(s, page.bytes.str.ptr, page.bytes.str.len);
 *     edo_bytes_unref(&page.bytes);
 *     edo_file_cache_unref(pages);
 *
 * A file is read once and then served from memory, to all callers; those that ask while it is read
 * for the first time read it, too. When `check_after` has passed since its last check, the next
 * call has the file checked, by its size, its place on the file system and the time of its last
 * change, and read anew if one of them differs: once in that time, while the other callers get what
 * is there. With `check_each_time` each call has the file checked, for some 15 microseconds of a
 * blocking thread and of this one; tasks that ask for one path meanwhile share the next check. A
 * check for which memory, descriptors or threads are short leaves the file as it
 * is. The bytes that a caller got stay what they are.
 *
 * A file that is written in place may be read half written, as by any reader; it is then read anew
 * at the next check. A file that was changed less than two seconds before it was read counts
 * as changed at the next check, since file systems keep times only so exactly: it is read, and the
 * bytes that are there stay if they are the same. A file that says it
 * has no bytes, as those of /proc do, is empty here. Programs that publish
 * files should replace them (edo_fs_replace()).
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_FILE_CACHE_H
#define EDO_FILE_CACHE_H

#include <edo/bytes.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_file_cache edo_file_cache;

/* Options of edo_file_cache_new(); all zero is the default. */
typedef struct edo_file_cache_opts {
    size_t bytes_max;         /* of all files together; 0: 64 MiB */
    size_t file_bytes_max;    /* of one file, at most `bytes_max`; 0: 256 KiB */
    uint32_t files_max;       /* those used longest ago are forgotten; 0: 1,024, at most 2^20 */
    edo_duration check_after; /* 0: 1 s; EDO_FOREVER_NS: never */
    bool check_each_time;     /* each call has the file checked, `check_after` or not: what it gets
                                 was there after it was called */
    const char *beneath;      /* a directory, in which all paths begin and which none leaves, as
                                 edo_fs_open_opts.beneath says; copied; NULL: paths are free */
    uint64_t reserved[3];     /* must be 0 */
} edo_file_cache_opts;

/* What edo_file_cache_get() found. */
typedef struct edo_cached_file {
    edo_bytes bytes;     /* all of it; the caller's reference */
    int64_t modified_ns; /* when it was changed last, since 1970 */
    uint64_t ino, dev;   /* its number, and that of its file system */
} edo_cached_file;

/** Makes a cache. `opts` may be NULL.
 * Owns:    returns new in `*out`: edo_file_cache_unref(). Copies `opts`.
 * Errors:  -EINVAL  `files_max` or `file_bytes_max` is too large, a negative duration, `reserved`
 *                   is not 0
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_file_cache_new(edo_file_cache **out, const edo_file_cache_opts *opts);

/** Returns one more reference to the cache.
 * Owns:    shares `cache`. */
EDO_API edo_file_cache *edo_file_cache_ref(edo_file_cache *cache);

/** Gives a reference back; the last one frees the cache. Bytes that callers got stay. NULL is
 * allowed.
 * Owns:    takes the reference. */
EDO_API void edo_file_cache_unref(edo_file_cache *cache);

/** Returns the file `path`, a regular one, as it was at its last check, in `*out`. Paths that are
 * written differently are different files. A file that cannot be opened is not remembered.
 * Owns:    borrows `path`; returns new in `out->bytes`, on success: edo_bytes_unref().
 * Errors:  -EFBIG   the file has more than `file_bytes_max` bytes: it is to be opened instead. This
 *                   is remembered as a file is.
 *          -EISDIR; -EINVAL  it is a device, a FIFO or a socket;  -ENAMETOOLONG; -ENOMEM
 *          -EXDEV   the path leads out of `beneath`
 *          else as edo_fs_read_all()
 * Cancel:  safe.
 * Waits:   for the file, if it must be read or checked; with `check_each_time` also for a check
 *          of the same path that runs. */
EDO_MUST_USE EDO_API int edo_file_cache_get(edo_file_cache *cache, const char *path,
                                            edo_cached_file *out);

EDO_END_DECLS

#endif
