/* SPDX-License-Identifier: MIT */
/* web/static/mount.h: the argument of the routes by which a router serves files. */
#ifndef EDOI_WEB_STATIC_MOUNT_H
#define EDOI_WEB_STATIC_MOUNT_H

#include "base/atomic.h"
#include "web/static/backend.h"

#define EDOI_STATIC_CAPTURE "edo_static_path"

#define EDOI_STATIC_ABSENT_N 1024u

typedef struct edoi_static_mount {
    edo_static_opts opts; /* its texts are in `arena` */
    edoi_static_backend backend;
    const char *file;       /* the only file; NULL: all files of the backend */
    edo_atomic_u64 *absent; /* EDOI_STATIC_ABSENT_N of them; see serve.c. NULL: not
                               `precompressed` */
    edo_arena arena;
} edoi_static_mount;

/* Serves the files below the mount's path; redirects the name of a directory, or of the mount,
 * without a slash at its end. The argument of its route is the mount. */
int edoi_static_serve(edo_web *w);

/* Makes the response for a file that was found. `coding` is the coding of its bytes; NULL: none. */
int edoi_static_respond(edo_web *w, const edoi_static_mount *m, edo_static_file *file, edo_str name,
                        const char *coding);

#endif
