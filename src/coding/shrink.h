/* SPDX-License-Identifier: MIT */
/* coding/shrink.h: a stream that reads another stream and compresses its bytes. */
#ifndef EDOI_CODING_SHRINK_H
#define EDOI_CODING_SHRINK_H

#include "coding/coding.h"

#include <edo/io.h>

/* Makes a stream that reads `from` and codes it, by a coding that the build has. What `from` has
 * had so far is put out before a read waits for more of it. Shares `from`; returns new in `*out`:
 * edo_close(), which gives the reference back and does not close `from`. Returns 0 or -ENOMEM. */
EDO_API int edoi_shrink_new(edo_stream **out, edo_stream *from, edoi_coding coding);

#endif
