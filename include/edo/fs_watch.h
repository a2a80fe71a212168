/* SPDX-License-Identifier: MIT */
/* edo/fs_watch.h: changes of files and directories, as the kernel reports them.
 *
 *     edo_fs_watch *w;
 *     int err = edo_fs_watch_open(&w);
 *     if (err == 0) err = edo_fs_watch_add(w, "/etc/app", 0);
 *     edo_fs_event e;
 *     while (err >= 0 && (err = edo_fs_watch_next(w, &e)) == 1)
 *         if (e.what & EDO_FS_CLOSED_WRITE) printf("%s was written\n", e.name);
 *
 * A watch has any number of places. A place is a file, or a directory with the entries in it, but
 * not what is below its subdirectories: those are places of their own. It belongs to the file, not
 * to the name: when the file is renamed its events go on, and a new file of that name has none. A
 * program that replaces a file by a rename makes a new file, so to follow a name watch its
 * directory. An event says that something happened, and the file may have changed since: act on
 * what is there. Changes by other machines on a network file system are not seen, nor are those
 * of mapped memory, nor of /proc and /sys.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Waits: never.   Since: 0.1 */
#ifndef EDO_FS_WATCH_H
#define EDO_FS_WATCH_H

#include <edo/seq.h>

EDO_BEGIN_DECLS

/* What has happened. The first nine can be chosen; the others are always reported. */
typedef enum edo_fs_change {
    EDO_FS_CREATED = 1,       /* an entry was made: file, directory, link */
    EDO_FS_REMOVED = 2,       /* an entry was removed */
    EDO_FS_MOVED_FROM = 4,    /* an entry has left by a rename: its old name, and a `cookie` */
    EDO_FS_MOVED_TO = 8,      /* an entry has come by a rename: its new name. The same `cookie`,
                                  unless the old directory is not a place */
    EDO_FS_MODIFIED = 16,     /* contents: written or cut */
    EDO_FS_CLOSED_WRITE = 32, /* a descriptor that may write was closed */
    EDO_FS_ATTRIBUTES = 64,   /* mode, owner, times, number of names: an open file that lost its
                                  name too */
    EDO_FS_OPENED = 128,
    EDO_FS_READ = 256,
    EDO_FS_SELF_REMOVED = 512, /* the place: its last name and last descriptor are gone */
    EDO_FS_SELF_MOVED = 1024,  /* the place was renamed; whereto is not told */
    EDO_FS_UNMOUNTED = 2048,   /* the file system of the place */
    EDO_FS_ENDED = 4096,       /* the last event of a place: removed, unmounted, or by
                                  edo_fs_watch_remove() */
    EDO_FS_OVERFLOW = 8192,    /* events were lost, of any place: look at everything anew */
} edo_fs_change;

/* Those of the first seven: what a program that mirrors files wants. */
#define EDO_FS_CHANGES 127u

/* One event. An event has one kind. */
typedef struct edo_fs_event {
    uint32_t what;    /* an edo_fs_change */
    uint32_t cookie;  /* joins the two halves of a rename, otherwise 0 */
    int place;        /* as edo_fs_watch_add() returned it; 0: none, EDO_FS_OVERFLOW */
    bool is_dir;      /* it happened to a directory */
    const char *name; /* of the entry; "" : it happened to the place itself. Lies in the watch until
                         the next event is read */
} edo_fs_event;

typedef struct edo_fs_watch edo_fs_watch;

/** Makes a watch without places.
 * Owns:    returns new in `*out`: edo_fs_watch_close() or edo_seq_from_fs_watch().
 * Errors:  -EMFILE  the user has fs.inotify.max_user_instances watches, or the process all its
 *          descriptors;  -ENFILE; -ENOMEM; -ENOSPC
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_fs_watch_open(edo_fs_watch **out);

/** Adds a place, and returns its number, which is positive. `what`: any of the first nine of
 * edo_fs_change; 0: EDO_FS_CHANGES. Symbolic links are followed. A file that is a place already
 * keeps its number, and `what` is added to what was chosen before.
 *
 * Events that happened before the return are not all reported: so add the place first, then look.
 * Errors:  -ENOSPC  the user has fs.inotify.max_user_watches places;  -EINVAL  `what`
 *          -ENOENT; -EACCES  it may not be read;  -ENOTDIR; -ELOOP; -ENOMEM
 *          those of edo_blocking()
 * Cancel:  safe, but a place may have been added.
 * Threads: any, at once; also while the
 *          sequence of `w` is read.
 * Waits:   for the file system. */
EDO_MUST_USE EDO_API int edo_fs_watch_add(edo_fs_watch *w, const char *path, uint32_t what);

/** Takes a place out. Events that have happened stay in the queue, and the last one of the place is
 * EDO_FS_ENDED.
 * Errors: -EINVAL  there is no such place, or it has ended   Threads: any, at once. */
EDO_API int edo_fs_watch_remove(edo_fs_watch *w, int place);

/** Waits for the next event, returns 1 and writes it to `*event`.
 * Owns:    borrows both; the name lies in `w` until the next call.
 * Errors: -ECANCELED; -EDO_ENORUNTIME; -ENOMEM; -ENOSPC   Cancel: safe: no event is lost.
 * Threads: any, one at a time.   Waits: for an event. */
EDO_MUST_USE EDO_API int edo_fs_watch_next(edo_fs_watch *w, edo_fs_event *event);

/** Ends a watch with its places. NULL is allowed. The kernel takes some 20 ms for that, in a job of
 * the pool, and counts the watch among the user's until then.
 * Owns: takes `w`. No edo_fs_watch_next() may be waiting.   Threads: any.
 * Waits:   for the kernel, if 32 others are just being ended, or no thread of the pool is free; else
 *          never. */
EDO_API void edo_fs_watch_close(edo_fs_watch *w);

/** The events, without end; the item is an edo_fs_event, whose name lies in the watch until the
 * next one is read. Places may be added and removed until the sequence is freed.
 * Owns:    takes `w`; returns it as a sequence: edo_seq_free(). NULL is allowed, and returns NULL.
 * Threads: any. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_fs_watch(edo_fs_watch *w);

EDO_END_DECLS

#endif
