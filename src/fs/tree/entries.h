/* SPDX-License-Identifier: MIT */
/* fs/tree/entries.h: entries of an open directory, some of them fetched. */
#ifndef EDOI_FS_TREE_ENTRIES_H
#define EDOI_FS_TREE_ENTRIES_H

#include <edo/dir.h>

#define EDOI_ENTRIES_BYTES 8192u

typedef struct edoi_entries {
    int fd;               /* owned */
    bool is_complete;     /* nothing is left to fetch */
    int failure;          /* 0, or why nothing more can be fetched */
    uint32_t at, end;     /* of those that were fetched */
    int64_t place;        /* in the directory, behind the entry that was returned last */
    int64_t place_before; /* in front of that entry */
    bool is_first;        /* nothing is in front of those that were fetched */
    _Alignas(8) char bytes[EDOI_ENTRIES_BYTES];
} edoi_entries;

/* The entries of the directory `fd`, which it takes; none is fetched. */
void edoi_entries_init(edoi_entries *self, int fd);

/* Closes the descriptor. */
void edoi_entries_deinit(edoi_entries *self);

/* Fetches further entries, all earlier ones having been returned. Blocks. */
void edoi_entries_fetch(edoi_entries *self);

/* The next entry that was fetched; NULL: none is left. edoi_entries_pass() goes on behind it. */
const char *edoi_entries_peek(edoi_entries *self, edo_dir_entry *out);
void edoi_entries_pass(edoi_entries *self);

/* Behind all entries that were fetched: the error of the file system, once. */
EDO_MUST_USE int edoi_entries_take_failure(edoi_entries *self);

/* What a mode says that a file is. */
edo_entry_type edoi_entry_type(mode_t mode);

#endif
