/* SPDX-License-Identifier: MIT */
/* coding/coders.h: the coders of a layer, for a bounded number of bodies. A few that are not in
 * use are kept, since making one costs as much as compressing a page.
 *
 * Threads: any, at once. `lock` is a leaf. */
#ifndef EDOI_CODING_CODERS_H
#define EDOI_CODING_CODERS_H

#include "coding/coding.h"

#include <pthread.h>

#define EDOI_CODER_BYTES 16384u

typedef struct edoi_coder {
    struct edoi_coder *next; /* the next one that is kept; lock */
    const edoi_coder_ops *ops;
    void *state;
    edoi_coding coding;
    char buffer[EDOI_CODER_BYTES]; /* for the owner of the coder */
} edoi_coder;

typedef struct edoi_coders {
    pthread_mutex_t lock;
    bool decodes; /* const */
    int level;    /* const */
    uint32_t max; /* const: bodies at once, at most */
    uint32_t bodies_n, kept_n;
    edoi_coder *kept[EDOI_CODINGS_N];
} edoi_coders;

EDO_API void edoi_coders_init(edoi_coders *c, bool decodes, int level, uint32_t max);
EDO_API void edoi_coders_deinit(edoi_coders *c);

/* Takes a place for a new body. Returns false if all are in use. */
EDO_API bool edoi_coders_enter(edoi_coders *c);
EDO_API void edoi_coders_leave(edoi_coders *c);

/* Takes a coder, of a coding that the build has, for a body that has a place. Returns 0 or
 * -ENOMEM. */
EDO_API int edoi_coders_get(edoi_coders *c, edoi_coder **out, edoi_coding coding);
EDO_API void edoi_coders_put(edoi_coders *c, edoi_coder *coder);

#endif
