/* SPDX-License-Identifier: MIT */
/* fs/file/copy.c: what edo_copy() of a file leaves to the kernel: to a socket or pipe by
 * sendfile(2), to another file by copy_file_range(2).
 *
 * The copy has the turn of both files meanwhile, so their other operations wait, as for one long
 * read or write. If another operation has it, nothing is moved here. */
#include "fs/file/file.h"
#include "io/copy/by_kernel.h"
#include "io/op.h"
#include "io/source_io.h"

#include <edo/blocking.h>
#include <edo/file.h>

#include <errno.h>
#include <unistd.h>

#define AT_ONCE ((size_t)64 << 20) /* bytes between two looks whether the job is still wanted */

static int to_source(edo_stream *to, edoi_file *from, uint64_t *bytes) {
    uint64_t place;
    if (!edoi_file_claim(from, &place)) return 0;
    int err = edo_sendfile(to, &from->base, place, UINT64_MAX, (edo_str){ 0 }, bytes);
    edoi_file_release(from, place + *bytes);
    return err;
}

/* On the stack of the caller of edo_copy(). */
typedef struct copying {
    edoi_file *to, *from;
    uint64_t to_place, from_place;
    uint64_t copied;
} copying;

/* A failure is not told, but found again by the read or the write that comes next. */
static int file_copy_job(void *arg) {
    copying *c = (copying *)arg;
    ssize_t n;
    do {
        if (edo_blocking_cancelled()) return -ECANCELED;
        if (edoi_file_is_closed(c->to) || edoi_file_is_closed(c->from)) return 0;
        off_t in = (off_t)(c->from_place + c->copied), out = (off_t)(c->to_place + c->copied);
        n = copy_file_range(c->from->fd, &in, c->to->fd, &out, AT_ONCE, 0);
        if (n > 0) c->copied += (uint64_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return 0;
}

static int to_file(edoi_file *to, edoi_file *from, uint64_t *bytes) {
    copying c = { .to = to, .from = from };
    if (to->appends || !edoi_file_claim(from, &c.from_place)) return 0;
    int err = 0;
    if (edoi_file_claim(to, &c.to_place)) { // not if it is `from`
        err = edo_blocking(file_copy_job, &c);
        edoi_file_release(to, c.to_place + c.copied);
    }
    edoi_file_release(from, c.from_place + c.copied);
    *bytes = c.copied;
    return err;
}

int edoi_file_copy(edo_stream *to, edo_stream *from, uint64_t *bytes) {
    edoi_file *file = edoi_file_of(from), *other = edoi_file_of(to);
    int err = 0;
    *bytes = 0;
    edoi_stream_hold(to); // either may be closed while the call waits
    edoi_stream_hold(from);
    if (other) {
        err = to_file(other, file, bytes);
    } else if (to->ops->flags & EDOI_STREAM_IS_SOURCE) {
        err = to_source(to, file, bytes);
    }
    edoi_stream_let_go(from);
    edoi_stream_let_go(to);
    return err;
}
