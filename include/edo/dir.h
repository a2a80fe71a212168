/* SPDX-License-Identifier: MIT */
/* edo/dir.h: what is in a directory, and in all below it.
 *
 *     edo_seq *walk = edo_fs_walk("/etc", NULL);
 *     edo_walk_entry e;
 *     int rc;
 *     while ((rc = edo_seq_next(walk, &e)) == 1) {
 *         if (e.err < 0) printf("%s: %s\n", e.path, edo_strerror(e.err));
 *         else if (e.type == EDO_ENTRY_DIR && strcmp(e.name, ".git") == 0) edo_fs_walk_skip(walk);
 *         else printf("%s\n", e.path);
 *     }
 *     edo_seq_free(walk);
 *
 * Entries are fetched by jobs of the blocking pool, as many at a time as fit into 8 KiB: some 200
 * names. Outside any runtime the calling thread fetches them. "." and ".." are left out. Names are
 * bytes without '/' and need not be UTF-8; their order is that of the file system.
 *
 * A directory may change while it is read. An entry that is there from the begin to the end is
 * reported once; one that is made, removed or renamed meanwhile is reported once or not at all (a
 * rename: under either name, or both).
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_DIR_H
#define EDO_DIR_H

#include <edo/seq.h>

EDO_BEGIN_DECLS

/* ---- One directory --------------------------------------------------------------------------- */

/* What an entry is. A symbolic link is a link, whatever it leads to. */
typedef enum edo_entry_type {
    EDO_ENTRY_UNKNOWN, /* the file system did not say, and a further question failed */
    EDO_ENTRY_FILE,
    EDO_ENTRY_DIR,
    EDO_ENTRY_LINK,
    EDO_ENTRY_FIFO,
    EDO_ENTRY_SOCKET,
    EDO_ENTRY_CHAR_DEVICE,
    EDO_ENTRY_BLOCK_DEVICE,
} edo_entry_type;

/* An entry of a directory. The type costs no further system call where the file system records it
 * in the directory. */
typedef struct edo_dir_entry {
    const char *name; /* lies in the directory until the next one is read */
    uint64_t ino;     /* its number; of a mount point: that of the directory beneath */
    edo_entry_type type;
} edo_dir_entry;

typedef struct edo_dir edo_dir;

/** Opens a directory for reading.
 * Owns:    borrows `path`; returns new in `*out`: edo_dir_close() or edo_seq_from_dir().
 * Errors:  -ENOENT; -ENOTDIR; -EACCES; -EMFILE; -ENFILE; -ENOMEM; those of edo_blocking()
 * Cancel: safe.   Threads: any, at once.   Waits: for the file system. */
EDO_MUST_USE EDO_API int edo_dir_open(edo_dir **out, const char *path);

/** Reads the next entry: returns 1 and writes it to `*entry`, or 0 at the end, or a negative code.
 * Owns:    borrows both; the name lies in `dir` until the next call.
 * Errors:  -EIO and others of the file system: the directory ends there; the next call returns 0
 *          -ECANCELED, -EAGAIN, -ENOMEM, -EDO_ECLOSED, -EDO_EFORKED  no entries were fetched; a
 *          further call tries again
 * Cancel: safe: no entry is lost.   Threads: any, one at a time.   Waits: for the file system. */
EDO_MUST_USE EDO_API int edo_dir_next(edo_dir *dir, edo_dir_entry *entry);

/** Closes a directory. NULL is allowed.
 * Owns:    takes `dir`. No edo_dir_next() may be waiting. */
EDO_API void edo_dir_close(edo_dir *dir);

/** The entries that are left; the item is an edo_dir_entry, whose name lies in the directory until
 * the next one is read: so copy what is kept, and buffer none. See edo_dir_next().
 * Owns:    takes `dir`; returns it as a sequence: edo_seq_free(). NULL is allowed, and returns NULL.
 */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_dir(edo_dir *dir);

/* ---- A tree ---------------------------------------------------------------------------------- */

/* Options of edo_fs_walk(); all zero is the default. */
typedef struct edo_fs_walk_opts {
    uint32_t depth_max;   /* directories of this depth are not entered; 0: no bound */
    bool follow_links;    /* symbolic links to directories are entered */
    uint64_t reserved[4]; /* must be 0 */
} edo_fs_walk_opts;

/* One thing that a walk has found, or failed to read. */
typedef struct edo_walk_entry {
    const char *path; /* begins with the root as given; lies in the walk until the next one is
                         read, as does `name` */
    const char *name; /* the last part of `path`; of the root: all of it */
    uint64_t ino;
    edo_entry_type type;
    uint32_t depth; /* of the root: 0 */
    int err;        /* 0; or negative: the directory `path`, or what was left of it, could not be
                       read */
} edo_walk_entry;

/** Walks over all below `root`, and `root` itself; the item is an edo_walk_entry.
 *
 * Order: a directory comes before what is in it, and all that is in it before its next sibling.
 * Siblings come in the order of the file system.
 *
 * A symbolic link is reported and not entered, unless `follow_links`; `root` itself may be a link.
 * With `follow_links` a link to a directory that the walk is in is reported a second time with
 * -ELOOP.
 *
 * A directory that cannot be read was reported already; it comes a second time with `err`, and the
 * walk goes on behind it. Directories that vanish before they are entered are taken for empty. The
 * walk opens each directory from the one above, so that no symbolic link that takes its place is
 * followed, and a path longer than PATH_MAX is no obstacle.
 *
 * However deep the tree: the walk holds at most 34 descriptors, 280 KiB, and in addition some
 * 200 bytes for each level, and the path. To come back to a level more than 32 above, it opens the
 * directory anew, by ".." or from the root, and continues behind the subdirectory that it comes
 * from. If that subdirectory was removed or renamed meanwhile, it continues by the entries beside
 * it, of which the walk knows four on each side. The rest of the level is left out, with -ESTALE,
 * if those are gone, too, or if the directory itself was replaced or is no longer found.
 * Owns:    copies all arguments; `opts` may be NULL. Returns new: edo_seq_free().
 * Errors:  NULL without memory. In items: -EACCES, -ELOOP, -ESTALE, -EIO, -EMFILE, -ENOMEM; of the
 *          root -ENOENT too. Reading: -EINVAL `reserved` not 0; -ECANCELED, -EAGAIN, -ENOMEM,
 *          -EDO_ECLOSED, -EDO_EFORKED: nothing is lost, and a further read tries again
 * Waits:   never; a read waits for the file system. */
EDO_MUST_USE EDO_API edo_seq *edo_fs_walk(const char *root, const edo_fs_walk_opts *opts);

/** The directory that the walk has reported last is not entered. Without effect after another
 * entry. A function of edo_seq_filter() over the walk may call it.
 * Errors: -EINVAL  `walk` is not of edo_fs_walk()   Threads: any, one at a time. */
EDO_API int edo_fs_walk_skip(edo_seq *walk);

EDO_END_DECLS

#endif
