/* SPDX-License-Identifier: MIT */
/* fs/tree/walk.h: where a walk over a tree is.
 *
 * A level is a directory that the walk is in. Level 0 is the root; the last level is the directory
 * whose entries are returned.
 *
 * inv. 1: level 0 and the levels from `first_open` on are open, at most OPEN_MAX of the latter;
 *         those between were closed and have no `entries`. */
#ifndef EDOI_FS_TREE_WALK_H
#define EDOI_FS_TREE_WALK_H

#include "fs/tree/entries.h"
#include "fs/tree/pooled.h"
#include "fs/tree/resume.h"

#include <sys/stat.h>

typedef struct edoi_level {
    edoi_entries *entries; /* NULL: closed */
    edoi_resume resume;    /* if closed: behind the entry that is the next level */
    dev_t dev;
    ino_t ino;
    uint32_t path_n; /* length of its path */
} edoi_level;

/* What the next job does. */
typedef enum edoi_walk_step {
    EDOI_WALK_NONE,
    EDOI_WALK_START,  /* looks at the root */
    EDOI_WALK_ENTER,  /* opens the directory `path` */
    EDOI_WALK_FETCH,  /* fetches entries of the last level */
    EDOI_WALK_RETURN, /* opens the level above the last one, which ends, anew */
} edoi_walk_step;

typedef struct edoi_walk {
    edoi_pooled pooled; /* first */
    bool follows;       /* const */
    uint32_t depth_max; /* const */
    edoi_walk_step step;
    bool enters;    /* the entry that was returned last is a directory to be entered */
    bool skips;     /* the directory that a job enters is to be left at once */
    bool is_over;   /* nothing is left */
    bool has_begun; /* the root was looked at */
    edoi_level *levels;
    uint32_t n, cap, first_open;
    edo_buf path; /* of the entry that was returned last, with a 0 behind it, not counted */
    uint32_t root_n;
    uint64_t ino;        /* of that entry */
    edo_entry_type type; /* of that entry */
} edoi_walk;

/* The job: does the step. 0, or why the directory could not be opened. Blocks. */
int edoi_walk_make(edoi_pooled *p);

/* Ends the last level. */
void edoi_walk_pop(edoi_walk *self);

#endif
