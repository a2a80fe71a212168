/* SPDX-License-Identifier: MIT */
/* records/misuse.h: a function that is called at a misuse, before it is reported. */
#ifndef EDOI_RECORDS_MISUSE_H
#define EDOI_RECORDS_MISUSE_H

typedef void edoi_misuse_fn(const char *text);

/* `fn` is called from now on, in both builds, on the thread that did it; `text` stays for as long
 * as the process. The flight recorder lies above this folder and comes by here. */
void edoi_misuse_tell(edoi_misuse_fn *fn);

#endif
