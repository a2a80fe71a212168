/* SPDX-License-Identifier: MIT */
/* edo/fs.h: files by their names: whole files, directories, links.
 *
 *     edo_bytes text;
 *     int err = edo_fs_read_all(&text, "conf.json");
 *     if (err == 0) err = edo_fs_replace("conf.json", text.str.ptr, text.str.len);
 *
 * A file system has no calls that say "not yet", so each function here is one job: an operation of
 * an io_uring, where the kernel has one for it, lets the process use it, and other jobs are under
 * way with which it goes; else a job of the runtime's blocking pool. The thread of the caller runs
 * other tasks meanwhile. Outside any runtime, and inside a job of the pool, it runs on the calling
 * thread. A state machine awaits a job of its own that makes the calls (edo_blocking_init()).
 * EDO_FILES=threads leaves io_uring alone. This holds for all functions:
 *
 * - What an argument points to is borrowed until the return. The call returns only after the job
 *   has ended, also if the task is cancelled, so arguments may lie on the caller's stack.
 *
 * - A cancelled task whose job has not begun gets -ECANCELED, and nothing was done. A short job
 *   that has begun goes to its end, and its result is returned. One that works in steps
 *   (edo_fs_read_all(), edo_fs_write_all(), edo_fs_replace(), edo_fs_copy(),
 *   edo_fs_remove_dir_all()) stops after a step with -ECANCELED.
 *
 * - -EINTR of a call that changes a name, or creates a file that must be new: it was ended in the
 *   file system of a network, or of a process (FUSE), by the task's cancellation or with the thread
 *   that asked for it, and may have been done.
 *
 * - Beside the errors that are listed, all codes of the system call are returned, and those of
 *   edo_blocking().
 *
 * What is on the disk: a write that has returned is in the kernel's cache. It survives the end of
 * the process, not that of the machine. Only edo_fs_replace() waits for the disk.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: for the file system.   Since: 0.1 */
#ifndef EDO_FS_H
#define EDO_FS_H

#include <edo/bytes.h>

#include <sys/stat.h>

EDO_BEGIN_DECLS

struct statx; /* of <sys/stat.h>, which shows it after _GNU_SOURCE */

/* ---- Whole files ----------------------------------------------------------------------------- */

/** Reads a file up to its end into `*out`, whatever size the file says it has; also a file that
 * grows or shrinks meanwhile.
 * Owns:    borrows `path`; returns new in `*out`, on success: edo_bytes_unref().
 * Errors: -ENOENT, -EACCES, -EISDIR; -ENOMEM   Cancel: safe: the file is as it was.
 * Waits:   for the file; for a FIFO without a bound, as edo_fs_open(). */
EDO_MUST_USE EDO_API int edo_fs_read_all(edo_bytes *out, const char *path);

/** As edo_fs_read_all(), for a file that must be UTF-8. No byte is added after it.
 * Owns:    borrows `path`; returns new in `*out`, on success: edo_bytes_unref().
 * Errors:  -EILSEQ  not UTF-8: an overlong form, a surrogate, a character that is cut;  else as
 *          edo_fs_read_all()
 * Cancel: safe: the file is as it was.   Waits: as edo_fs_read_all(). */
EDO_MUST_USE EDO_API int edo_fs_read_to_string(edo_bytes *out, const char *path);

/** Writes a file that consists of these bytes. A file of that name keeps its mode and loses what it
 * held; a new one is made with the mode 0666, less the umask.
 *
 * After a failure the file holds a part of the bytes; edo_fs_replace() has no such moment.
 * Errors:  -ENOSPC, -EDQUOT  no room;  -EFBIG  too large for this process (unless SIGXFSZ is
 *          ignored, that signal comes);  -EIO; -ENOENT, -EACCES, -EISDIR
 * Cancel: not safe: a part may have been written.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_fs_write_all(const char *path, const void *ptr, size_t n);

/** As edo_fs_write_all(), but at once and for good: a program that opens the name finds all of
 * the old bytes or all of the new ones, also after the machine has stopped; and on success the new
 * ones.
 *
 * It writes a new file of another name beside the old one, syncs it, renames it, and syncs the
 * directory. The new file has the permission bits (0777) of the old one from the start, but belongs
 * to the user of the process; a symbolic link of that name is replaced itself. A process that is
 * killed meanwhile leaves the new file: its name is a dot and 16 hexadecimal digits, and it may be
 * removed when no process replaces a file there.
 * Errors:  as edo_fs_write_all(). The old file is as it was, and no other file is left, unless
 *          syncing the directory failed: then the new file is there, but may be gone after the
 *          machine has stopped.
 * Cancel:  safe: before the rename the old file stays, after it the call succeeds.
 * Waits:   for the disk. */
EDO_MUST_USE EDO_API int edo_fs_replace(const char *path, const void *ptr, size_t n);

/** Copies the contents and the permission bits (0777) of the regular file `from` to `to`, which is
 * made or overwritten. Before the first byte is there `to` allows nothing that `from` does not.
 * The number of bytes goes to `*bytes`, also after a failure, unless that is NULL. Inside one file
 * system the kernel may share the blocks.
 * Errors:  -EINVAL  `from` is not a regular file, or both names lead to one file;  else as
 *          edo_fs_write_all()
 * Cancel: not safe: a part may have been written.   Waits: for the files. */
EDO_MUST_USE EDO_API int edo_fs_copy(const char *to, const char *from, uint64_t *bytes);

/* ---- Names ----------------------------------------------------------------------------------- */

/** Renames `from` to `to`, which it replaces at once if it is there.
 * Errors:  -ENOENT; -EXDEV  another file system;  -ENOTEMPTY, -EEXIST  `to` is a directory that is
 *          not empty;  -EISDIR, -ENOTDIR  one is a directory, one is not
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_fs_rename(const char *from, const char *to);

/** Gives the file `from` one more name, `to`.
 * Errors:  -EEXIST; -EXDEV  another file system;  -EPERM  `from` is a directory;  -EMLINK; -ENOENT
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_fs_hard_link(const char *from, const char *to);

/** Makes the symbolic link `path`, which says `target`.
 * Errors: -EEXIST; -ENOENT   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_symlink(const char *target, const char *path);

/** Writes what the symbolic link `path` says to `*out`.
 * Owns:    borrows `path`; returns new in `*out`, on success: edo_bytes_unref().
 * Errors: -EINVAL  not a symbolic link;  -ENOENT; -ENOMEM   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_read_link(edo_bytes *out, const char *path);

/** Writes the absolute name of the existing file `path` to `*out`: without symbolic links, "." and
 * "..".
 * Owns:    borrows `path`; returns new in `*out`, on success: edo_bytes_unref().
 * Errors: -ENOENT; -ELOOP; -ENOTDIR; -ENAMETOOLONG; -ENOMEM   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_canonicalize(edo_bytes *out, const char *path);

/** Removes the name of a file that is not a directory. The file ends with its last name, and its
 * last open descriptor. A symbolic link is removed itself.
 * Errors: -ENOENT; -EISDIR; -EACCES, -EPERM   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_remove_file(const char *path);

/* ---- Directories ----------------------------------------------------------------------------- */

/** Make a directory with the mode 0777, less the umask; edo_fs_create_dir_all() also makes those
 * above it, and succeeds if all are there.
 * Errors:  -EEXIST  edo_fs_create_dir(): there is such a name; edo_fs_create_dir_all(): it is not a
 *          directory;  -ENOTDIR; -ENOENT; -EACCES; -ENOMEM  edo_fs_create_dir_all() only
 * Cancel:  safe. */
EDO_MUST_USE EDO_API int edo_fs_create_dir(const char *path);
EDO_MUST_USE EDO_API int edo_fs_create_dir_all(const char *path);

/** Removes an empty directory.
 * Errors: -ENOTEMPTY, -EEXIST; -ENOTDIR; -ENOENT; -EBUSY   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_remove_dir(const char *path);

/** Removes a directory with all that is in it. It follows no symbolic link, whatever others change
 * meanwhile.
 * Errors:  -ENOTDIR  not a directory, also for a symbolic link to one, with a '/' after it or
 *          without;  -EINVAL  the name ends in "." or "..";  -ENOENT; -ENOMEM
 *          -ENAMETOOLONG  more than 1,000 levels;  -EMFILE  it needs a descriptor for each level
 *          After a failure what was not yet removed is there.
 * Cancel:  not safe: a part may have been removed. */
EDO_MUST_USE EDO_API int edo_fs_remove_dir_all(const char *path);

/* ---- What a file is -------------------------------------------------------------------------- */

/** Write size, times, mode and so on of a file to `*out`: edo_fs_stat() follows symbolic links,
 * edo_fs_lstat() tells about the link itself.
 * Errors: -ENOENT; -EACCES; -ENOTDIR; -ELOOP   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_stat(struct stat *out, const char *path);
EDO_MUST_USE EDO_API int edo_fs_lstat(struct stat *out, const char *path);

/** Writes what `mask` asks for to `*out`, as statx(2): also what a struct stat has no place for,
 * such as the time of birth (STATX_BTIME). On a network file system a short mask, or the flag
 * AT_STATX_DONT_SYNC, spares questions to the server. AT_SYMLINK_NOFOLLOW tells about a link
 * itself. `stx_mask` of the result says which members are true.
 * Errors: -ENOENT; -EACCES; -ENOTDIR; -ELOOP; -EINVAL  flags or mask   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_statx(struct statx *out, const char *path, int flags,
                                      unsigned mask);

/** Returns 1 if there is a file of this name, and 0 if there is not; a symbolic link counts as what
 * it leads to.
 * Errors: -EACCES, -ENOTDIR, -ELOOP  it cannot be told   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_exists(const char *path);

/** Sets the mode bits (such as 0644) of a file; it follows symbolic links.
 * Errors: -ENOENT; -EPERM  not the owner;  -EROFS   Cancel: safe. */
EDO_MUST_USE EDO_API int edo_fs_set_permissions(const char *path, mode_t mode);

EDO_END_DECLS

#endif
