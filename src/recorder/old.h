/* SPDX-License-Identifier: MIT */
/* recorder/old.h: files that processes of this program have left behind, one for each process: a
 * program that crashes again and again would fill the disk with them. */
#ifndef EDOI_RECORDER_OLD_H
#define EDOI_RECORDER_OLD_H

#define EDOI_RECORDER_OLD_KEPT 4u

/* Removes all but the latest EDOI_RECORDER_OLD_KEPT of the files that this program's recorder has
 * named by `path`, the number of a process that has ended, and `behind`; and halves of such files,
 * and of the one that is named by `path` alone without its dot, whose writers were killed. What is
 * somebody else's, another program's, or in use stays. Any thread, which waits for the disk. */
void edoi_recorder_old_remove(const char *path, const char *behind);

#endif
