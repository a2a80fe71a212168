/* SPDX-License-Identifier: MIT */
/* recorder/old.h: files that processes of this program have left behind, one for each process: a
 * program that crashes again and again would fill the disk with them. */
#ifndef EDOI_RECORDER_OLD_H
#define EDOI_RECORDER_OLD_H

#define EDOI_RECORDER_OLD_KEPT 4u

/* Removes old files of this program's recorder: all but the latest EDOI_RECORDER_OLD_KEPT that are
 * named `path`, then the number of an ended process, then `behind`. Also removes unfinished files
 * of these names, and of `path` without its final dot (the file of the first process), whose
 * writers were killed. Files of another user or program, or in use, stay. Any thread; it waits for
 * the disk. */
void edoi_recorder_old_remove(const char *path, const char *behind);

#endif
