/* SPDX-License-Identifier: MIT */
/* web/static/backend.h: where the files of edo/web_static.h come from. */
#ifndef EDOI_WEB_STATIC_BACKEND_H
#define EDOI_WEB_STATIC_BACKEND_H

#include <edo/web_static.h>

typedef struct edoi_static_backend {
    const edo_static_backend_ops *ops;
    void *self;
} edoi_static_backend;

/* Make a backend of the files in the directory `dir`, or at any path if that is NULL. Return 0 or a
 * negative code. */
int edoi_static_disk_new(edoi_static_backend *out, const char *dir,
                         const edo_file_cache_opts *opts);

/* Makes a backend of the files in a table, which is borrowed. */
int edoi_static_assets_new(edoi_static_backend *out, const edo_asset *assets, size_t n);

/* Ends a backend. */
EDOI_INLINE void edoi_static_backend_deinit(edoi_static_backend *b) {
    if (b->ops && b->ops->free) b->ops->free(b->self);
}

#endif
