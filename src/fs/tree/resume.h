/* SPDX-License-Identifier: MIT */
/* fs/tree/resume.h: where a reader of a directory was, to go on there with the directory opened
 * anew.
 *
 * The entry that was returned last may be gone by then, and a place in a directory may lead
 * elsewhere: so the entries beside it are noted, too. Entries that nobody touches keep their order.
 * What is behind the nearest earlier entry that is left was not returned; if none is left, that is
 * what begins with the next later one. */
#ifndef EDOI_FS_TREE_RESUME_H
#define EDOI_FS_TREE_RESUME_H

#include "fs/tree/entries.h"

#define EDOI_RESUME_BESIDE 4u /* entries that are noted on each side */

/* The marks in order of trust: nearest first. An entry that was moved away and back may be
 * anywhere, so that entry itself comes last. */
enum {
    EDOI_RESUME_EARLIER = 0,
    EDOI_RESUME_LATER = EDOI_RESUME_BESIDE,
    EDOI_RESUME_ITSELF = 2 * EDOI_RESUME_BESIDE,
    EDOI_RESUME_MARKS,
};

typedef struct edoi_resume {
    int64_t place;                     /* in front of the entry that was returned last */
    bool is_over;                      /* nothing is behind it */
    bool knows_all;                    /* what was returned before it is among the marks */
    uint64_t marks[EDOI_RESUME_MARKS]; /* of inode number and name; 0: none */
} edoi_resume;

/* Notes where the reader of `entries` is: behind an entry of the last fetch. `entries` is then only
 * fit for its end. */
void edoi_resume_note(edoi_resume *self, edoi_entries *entries);

/* Goes on, in `entries` of which none was fetched, behind the entry that was returned last; `name`
 * has `n` bytes. If it is unknown what was returned the directory ends here, with -ESTALE. Blocks.
 */
void edoi_resume_go_on(const edoi_resume *self, edoi_entries *entries, const char *name, size_t n);

#endif
