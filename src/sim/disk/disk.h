/* SPDX-License-Identifier: MIT */
/* sim/disk/disk.h: the disk of a host: a folder of the real machine, with a record of all changes
 * that were not synced yet.
 *
 * Files are real: reads, locks and maps go to the machine unchanged. Calls that change something go
 * through this module, which keeps for each change how to undo it and how to do it again:
 *
 *     disk.c     which paths and descriptors are its
 *     bytes.c    changes of bytes and lengths, as system calls
 *     names.c    opens and changes of names, as system calls
 *     maps.c     what was written by mappings
 *     records.c  which files have changes, or may have
 *     looks.c    numbers and times of files
 *     lists.c    lists of folders
 *     changes.c  what a file would have without some of them
 *     crash.c    the folder as it is after a crash
 *
 * A sync of a file makes its bytes and its length durable; a sync of any folder makes all earlier
 * changes of names durable, as a journal does. At a crash each unsynced change of bytes is kept
 * wholly, in some of its sectors, or not at all, independently of the others; of the unsynced
 * changes of names the first few are kept.
 *
 * The machine's inode numbers and times differ in each run, and after a crash: so a program sees
 * the disk's own. A number is given once, when the file is made or first seen, and times are by the
 * host's clock; both stay with the file over a crash.
 *
 * Memory is bounded, as a machine's is: the disk keeps EDOI_SIMDISK_NAMES changes of names. A file
 * with more than EDOI_SIMDISK_BYTES unsynced is synced by itself, all but its last change.
 *
 * The program of a crashed host keeps its open files, in a folder that has been moved away: nothing
 * that it does then reaches the disk.
 *
 * Threads: only the world's thread. All calls return >= 0 or a negative errno. */
#ifndef EDOI_SIM_DISK_DISK_H
#define EDOI_SIM_DISK_DISK_H

#include <edo/time.h>

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#define EDOI_SIMDISK_SECTOR 512u
#define EDOI_SIMDISK_NAMES  1024u
#define EDOI_SIMDISK_BYTES  1048576u

typedef struct edoi_simmap edoi_simmap;

/* A change of bytes, or of a length. */
typedef struct edoi_simchange {
    struct edoi_simchange *next, *prev;
    bool is_cut;    /* the length was set; else bytes were written */
    bool is_doomed; /* a sync of it has failed: it is lost at a crash, whatever is synced later */
    bool keeps_length; /* whatever it was before: of a mapping; what a failed sync has left */
    bool is_kept;      /* it was synced as it was written: O_DSYNC */
    uint64_t at, n, old_size;
    uint64_t old_n;        /* bytes of `old`: what was there, up to the end of the file */
    unsigned char *now;    /* `n` bytes; NULL: is_cut */
    unsigned char *old;    /* behind `now`; of a cut: from `at` on */
    unsigned char bytes[]; /* of both */
} edoi_simchange;

/* What stat(2) says of a file at its host. */
typedef struct edoi_simlook {
    uint64_t number;
    edo_wall read, written, changed; /* reads leave theirs as it is: noatime */
} edoi_simlook;

/* A file, a folder or a link that was changed, may be, or was looked at: until it has neither a
 * name nor a descriptor, when the machine may give its number to another one. */
typedef struct edoi_simfiled {
    struct edoi_simfiled *next, *next_nameless;
    dev_t dev; /* the machine's, as the next */
    ino_t ino;
    edoi_simlook look;
    uint64_t crashes_n; /* of the disk before it was there: it is of another folder if there were
                           more since */
    edoi_simchange *first, *last;
    uint64_t bytes_n;   /* of changes since all that was written was synced */
    bool is_nameless;   /* it is in the list `nameless` of the disk */
    uint64_t seen_open; /* the look at all descriptors that has last found one of it */
    uint64_t copy;      /* at a crash, of several names: the number of its copy aside; 0: none */
} edoi_simfiled;

typedef enum edoi_simname_kind {
    EDOI_SIMNAME_MADE,    /* a file, a link, a symbolic link */
    EDOI_SIMNAME_GONE,    /* a file; its bytes are kept aside */
    EDOI_SIMNAME_MOVED,   /* what was there before is kept aside */
    EDOI_SIMNAME_SWAPPED, /* two names */
    EDOI_SIMNAME_FOLDER,  /* a folder was made */
    EDOI_SIMNAME_REMOVED, /* a folder was removed */
} edoi_simname_kind;

/* A change of names. */
typedef struct edoi_simname {
    struct edoi_simname *next, *prev;
    edoi_simname_kind kind;
    uint64_t aside; /* the number of what is kept aside; 0: nothing */
    mode_t mode;    /* REMOVED: of the folder; MOVED: of an empty one that was at `to`; 0: none */
    edoi_simlook look; /* likewise */
    char *to;          /* MOVED, SWAPPED: the other path; behind `path` */
    char path[];       /* below the root */
} edoi_simname;

/* Bytes in memory, as of a file. */
typedef struct edoi_simbytes {
    unsigned char *bytes;
    uint64_t n, room;
} edoi_simbytes;

/* What a disk has of its host. */
typedef struct edoi_simdisk_host {
    uint64_t (*random)(void *arg);
    edo_wall (*now)(void *arg);
    void *arg;
    uint64_t place; /* among the hosts: no two disks have one number */
    uint64_t order; /* of lists; any number */
} edoi_simdisk_host;

typedef struct edoi_simdisk {
    edoi_simdisk_host host;
    edo_wall begun;        /* the times of what was there before */
    uint64_t looked_n;     /* numbers that were given */
    char *root, *aside;    /* paths; `aside` is a folder beside the root */
    edoi_simfiled **files; /* `files_room` lists, by the numbers of files */
    size_t files_n, files_room;
    edoi_simfiled *nameless; /* files that have no name any more, but perhaps a descriptor */
    uint64_t looks_n;        /* at all descriptors */
    edoi_simmap *maps;       /* shared ones that may be written */
    edoi_simname *names, *names_last;
    size_t names_n;
    uint64_t asides_n, crashes_n;
    bool is_dead;               /* crashed, and not started again */
    bool is_stopped;            /* its program was killed, and what its tasks do fails */
    uint64_t dies_in;           /* the number of the next call before which it crashes; 0: none */
    int crash_err;              /* of that crash: why there is no copy */
    unsigned failing_n, full_n; /* reasons why calls fail with EIO, growth with ENOSPC */
    unsigned unsyncing_n;       /* more reasons why syncs fail with EIO */
} edoi_simdisk;

/* `root` is a folder. Copies `host`. Errors: -ENOTDIR, -ENOMEM, those of mkdir(2). */
EDO_MUST_USE int edoi_simdisk_new(edoi_simdisk **out, const char *root,
                                  const edoi_simdisk_host *host);

/* What lies beside the root is removed. NULL is allowed. */
void edoi_simdisk_free(edoi_simdisk *self);

/* Removes what lies beside the root. */
void edoi_simdisk_clear(edoi_simdisk *self);

/* From now on the folder has what a crash leaves. Nothing if that has happened. */
EDO_MUST_USE int edoi_simdisk_crash(edoi_simdisk *self);

/* The disk crashes before the n-th call from now on, if that comes: so perhaps between two calls of
 * one job. Its host must crash as well once `is_dead` is true. */
void edoi_simdisk_crash_within(edoi_simdisk *self, uint64_t n);
void edoi_simdisk_restart(edoi_simdisk *self);

/* Does the path, seen from the folder `dir` (AT_FDCWD: the current one), lie on the disk? Then
 * `below` is what follows the root, PATH_MAX bytes at most. */
EDO_MUST_USE bool edoi_simdisk_has(const edoi_simdisk *self, int dir, const char *path,
                                   char *below);

/* Does what the machine has said lie on the disk: what the path leads to, whichever links it goes
 * by, or the link that it is? `path` NULL or empty: what the descriptor `dir` is of. */
EDO_MUST_USE bool edoi_simdisk_has_it(const edoi_simdisk *self, int dir, const char *path,
                                      const struct stat *is);

/* Is that descriptor of a file of the disk that was opened here? */
EDO_MUST_USE bool edoi_simdisk_has_fd(const edoi_simdisk *self, int fd);

/* ---- Calls, of paths below the root and of descriptors that are its ------------------------- */

EDO_MUST_USE int edoi_simdisk_open(edoi_simdisk *self, const char *below, int flags, mode_t mode);
EDO_MUST_USE int edoi_simdisk_close(edoi_simdisk *self, int fd);

/* `at` -1: where the descriptor is. */
EDO_MUST_USE ssize_t edoi_simdisk_write(edoi_simdisk *self, int fd, const struct iovec *vecs, int n,
                                        off_t at, int flags);
EDO_MUST_USE int edoi_simdisk_truncate(edoi_simdisk *self, int fd, off_t size);
EDO_MUST_USE int edoi_simdisk_truncate_path(edoi_simdisk *self, const char *below, off_t size);
EDO_MUST_USE int edoi_simdisk_allocate(edoi_simdisk *self, int fd, int mode, off_t at, off_t n);
EDO_MUST_USE int edoi_simdisk_sync(edoi_simdisk *self, int fd);

/* Of all files and names: sync(2). */
EDO_MUST_USE int edoi_simdisk_sync_all(edoi_simdisk *self);
EDO_MUST_USE int edoi_simdisk_rename(edoi_simdisk *self, const char *from, const char *to,
                                     unsigned flags);
EDO_MUST_USE int edoi_simdisk_unlink(edoi_simdisk *self, const char *below);
EDO_MUST_USE int edoi_simdisk_mkdir(edoi_simdisk *self, const char *below, mode_t mode);
EDO_MUST_USE int edoi_simdisk_rmdir(edoi_simdisk *self, const char *below);

/* `from` is as linkat(2) has it; what is not of the disk fails with -EXDEV. */
EDO_MUST_USE int edoi_simdisk_link(edoi_simdisk *self, int from_dir, const char *from,
                                   const char *to, int flags);
EDO_MUST_USE int edoi_simdisk_symlink(edoi_simdisk *self, const char *text, const char *below);

/* Something else than a file or a folder, as mknod(2). */
EDO_MUST_USE int edoi_simdisk_node(edoi_simdisk *self, const char *below, mode_t mode, dev_t dev);

/* A file was mapped there, shared, to be written. Errors: -ENOMEM. maps.c */
EDO_MUST_USE int edoi_simdisk_map(edoi_simdisk *self, int fd, void *at, size_t n, off_t place);
EDO_MUST_USE bool edoi_simdisk_has_map(const edoi_simdisk *self, const void *at, size_t n);
EDO_MUST_USE int edoi_simdisk_sync_map(edoi_simdisk *self, const void *at, size_t n);

/* It is about to end. */
void edoi_simdisk_unmap(edoi_simdisk *self, const void *at, size_t n);

/* Nothing that its program does comes to it any more. */
EDOI_INLINE bool edoi_simdisk_is_over(const edoi_simdisk *self) {
    return self->is_dead || self->is_stopped;
}

/* A read of a file of the disk: 0, or why it fails. */
EDO_MUST_USE EDOI_INLINE bool edoi_simdisk_may_sync(const edoi_simdisk *self) {
    return self->failing_n == 0 && self->unsyncing_n == 0;
}

EDOI_INLINE int edoi_simdisk_may_read(const edoi_simdisk *self);

/* ---- Of the parts ---------------------------------------------------------------------------- */

/* A call begins: perhaps the machine has crashed by then. */
void edoi_simdisk_step(edoi_simdisk *self);

/* The path of something on the disk, and of what is kept aside. Return `path`, PATH_MAX bytes. */
const char *edoi_simdisk_path(const edoi_simdisk *self, const char *below, char *path);
const char *edoi_simdisk_aside(const edoi_simdisk *self, uint64_t number, char *path);

/* The record of that file; NULL: there is none. records.c */
edoi_simfiled *edoi_simdisk_find(const edoi_simdisk *self, const struct stat *of);
edoi_simfiled *edoi_simdisk_find_fd(const edoi_simdisk *self, int fd, struct stat *is);

/* The record, which is made where there is none; of a file that is new it has no changes, and
 * another number. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simdisk_add(edoi_simdisk *self, const struct stat *is, bool is_new,
                                  edoi_simfiled **out);

/* Adds a record for a file of the folder that a crash has moved away. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simdisk_add_crashed(edoi_simdisk *self, const struct stat *is,
                                          edoi_simfiled **out);

/* What is at `path` is new there, and looks so. Errors: -ENOMEM, those of lstat(2). */
EDO_MUST_USE int edoi_simdisk_add_as(edoi_simdisk *self, const char *path,
                                     const edoi_simlook *look);

/* The folder, link or file, which has no other name, is about to be gone. */
void edoi_simdisk_forget_path(edoi_simdisk *self, const char *path);

/* The last name of that file is gone; it has a name again. */
void edoi_simdisk_is_nameless(edoi_simdisk *self, const struct stat *of);
void edoi_simdisk_is_named(edoi_simdisk *self, const struct stat *of);

/* Ends the records of files that have no name and no descriptor. */
void edoi_simdisk_forget_gone(edoi_simdisk *self);

/* Of a crash: changes of files that the program still has, and then these files. */
void edoi_simdisk_forget_changes(edoi_simdisk *self);
void edoi_simdisk_forget_crashed(edoi_simdisk *self);
void edoi_simdisk_forget_files(edoi_simdisk *self);

/* ---- Numbers and times: looks.c -------------------------------------------------------------- */

/* What a file looks like that is new, or that was there before the world. */
edoi_simlook edoi_simdisk_look(edoi_simdisk *self, bool is_new);

/* Its bytes have changed; something else of it has. */
void edoi_simdisk_is_written(const edoi_simdisk *self, edoi_simfiled *f);
void edoi_simdisk_is_changed(const edoi_simdisk *self, edoi_simfiled *f);

/* The same of what is at a path below the root, of what was there; of the folder that it is in. */
void edoi_simdisk_path_is_new(edoi_simdisk *self, const char *below);
void edoi_simdisk_path_is_changed(edoi_simdisk *self, const char *below);
void edoi_simdisk_has_lost_name(edoi_simdisk *self, const struct stat *was);
void edoi_simdisk_folder_is_written(edoi_simdisk *self, const char *below);

/* What the machine has said of something becomes what the host sees. What was not seen before is
 * given a number if it lies on the disk, as edoi_simdisk_has_it() has it. */
void edoi_simdisk_show(edoi_simdisk *self, int dir, const char *path, struct stat *is);

/* ---- Lists: lists.c -------------------------------------------------------------------------- */

/* Is that descriptor of a folder of the disk? */
EDO_MUST_USE bool edoi_simdisk_has_folder(const edoi_simdisk *self, int fd);

/* As getdents64(2), from `*place` on, which is 0 at the begin. */
EDO_MUST_USE ssize_t edoi_simdisk_list(edoi_simdisk *self, int fd, uint64_t *place, void *to,
                                       size_t room);

/* All records at once from the place `from` on; the place of each is where the next one begins in
 * `out`. The bytes are the caller's: edoi_free(). Errors: -ENOMEM, those of scandir(3). */
EDO_MUST_USE int edoi_simdisk_list_all(edoi_simdisk *self, int fd, uint64_t from,
                                       edoi_simbytes *out);

/* ---- Times that are set: looks.c ------------------------------------------------------------- */

/* A program sets the times of what is there, as utimensat(2), which the machine has allowed; before
 * that, may it? */
EDO_MUST_USE int edoi_simdisk_may_set_times(edoi_simdisk *self, int dir, const char *path,
                                            int flags);
void edoi_simdisk_set_times(edoi_simdisk *self, int dir, const char *path,
                            const struct timespec at[2], int flags);

/* What mappings have written since the last look becomes changes; of one file, or of all. */
void edoi_simdisk_look_at_maps(edoi_simdisk *self, const edoi_simfiled *of);
void edoi_simdisk_forget_maps(edoi_simdisk *self);

/* One of them. Without memory it cannot be lost. bytes.c */
void edoi_simdisk_note_mapped(const edoi_simdisk *self, edoi_simfiled *f, uint64_t at,
                              const unsigned char *now, const unsigned char *old, size_t n);

/* Fails if the disk does. */
EDO_MUST_USE int edoi_simdisk_sync_file(edoi_simdisk *self, edoi_simfiled *f);

/* The first changes of names can be lost no more, so that `n` are left. names.c */
void edoi_simdisk_keep_names(edoi_simdisk *self, size_t n);

/* A change of a file, which is about to be made: what there is now is read from `fd`. NULL: no
 * memory. changes.c */
edoi_simchange *edoi_simchange_new(int fd, uint64_t size, bool is_cut, uint64_t at, uint64_t n);
void edoi_simchanges_free(edoi_simfiled *of);

/* `b` has the file as it is now; afterwards as it is once the changes that chance takes are lost.
 * Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simchanges_lose(const edoi_simfiled *of, edoi_simbytes *b,
                                      uint64_t (*random)(void *arg), void *arg);

EDOI_INLINE int edoi_simdisk_may_read(const edoi_simdisk *self) {
    return self->failing_n > 0 && !self->is_dead ? -5 /* EIO */ : 0;
}

#endif
