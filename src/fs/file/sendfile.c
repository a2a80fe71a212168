/* SPDX-License-Identifier: MIT */
/* fs/file/sendfile.c: sends a region of a file. sendfile(2) waits for the disk, so it is called in
 * jobs; the socket is non-blocking, so a job ends when that is full, and the caller waits for
 * room. */
#include "base/atomic.h"
#include "base/memory/alloc.h"
#include "driver/driver.h"
#include "fs/file/file.h"
#include "io/op.h"
#include "io/sigpipe.h"
#include "io/source_io.h"

#include <edo/blocking.h>
#include <edo/file.h>

#include <errno.h>
#include <sys/sendfile.h>

#define PIECE ((size_t)64 << 10) /* what is copied at once; a longer region is worth a job */
#define STEP  ((size_t)1 << 20)  /* bytes between two looks whether the job is still wanted */

typedef struct sending {
    edo_stream *to, *file;
    uint64_t offset, left; /* of the region */
    uint64_t sent;
    char *buf;
    bool never; /* the kernel cannot move these bytes */
} sending;

static void sending_advance(sending *s, size_t n) {
    s->offset += n;
    s->left -= n;
    s->sent += n;
}

/* ---- By the kernel --------------------------------------------------------------------------- */

/* Is it a failure that a read and a write may not have? */
static bool is_unable(int err) {
    return err == EINVAL || err == ENOSYS || err == EOPNOTSUPP || err == ENOMEM;
}

/* One call; raises no SIGPIPE. */
static ssize_t send_step(const sending *s, int to) {
    off_t at = (off_t)s->offset;
    size_t n = s->left < STEP ? (size_t)s->left : STEP;
    edoi_sigpipe sigpipe;
    edoi_sigpipe_block(&sigpipe);
    ssize_t put = sendfile(to, s->file->ops->fd(s->file), &at, n);
    edoi_sigpipe_restore(&sigpipe, put < (ssize_t)n);
    return put;
}

/* Sends until the socket is full. Returns 0 then, or when all is sent. */
static int send_job(void *arg) {
    sending *s = (sending *)arg;
    edoi_source *to = edoi_source_behind(s->to);
    while (s->left > 0) {
        uint32_t tick = edoi_source_ready(to, EDOI_WRITE);
        if (edoi_source_tick_is_closed(tick)) return edoi_source_closed_error(to);
        if (edoi_file_is_closed(edoi_file_of(s->file))) return -EDO_ECLOSED;
        if (edo_blocking_cancelled()) return -ECANCELED;
        ssize_t n = send_step(s, edoi_source_fd(to));
        if (n == 0) return -EDO_EEOF;
        if (n > 0) {
            sending_advance(s, (size_t)n);
        } else if (errno == EAGAIN) {
            edoi_source_clear(to, EDOI_WRITE, tick);
            return 0;
        } else if (errno != EINTR) {
            edoi_stream_note_lost(s->to, -errno);
            s->never = is_unable(errno);
            if (s->never) return 0;
            return edoi_source_is_closed(to) ? edoi_source_closed_error(to) : edoi_errno();
        }
    }
    return 0;
}

static int send_by_kernel(sending *s) {
    int err = 0;
    while (err >= 0 && s->left > 0 && !s->never) {
        err = edo_io_ready(s->to, EDO_IO_WRITE);
        if (err >= 0) err = edo_blocking(send_job, s);
    }
    return err;
}

/* ---- By copying ------------------------------------------------------------------------------ */

/* Sends one piece, after `head`. */
static int send_piece(sending *s, edo_str head) {
    size_t most = s->left < PIECE ? (size_t)s->left : PIECE;
    int n = most > 0 ? edo_file_read_at(s->file, s->buf, most, s->offset) : 0;
    if (n < 0) return n;
    struct iovec both[2] = { { .iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len },
                             { .iov_base = s->buf, .iov_len = (size_t)n } };
    edo_writev_future f;
    int err = edo_await(edo_writev_all_init(&f, s->to, both, 2));
    if (f.done > head.len) sending_advance(s, f.done - head.len);
    if (err < 0) return err;
    return n == 0 && most > 0 ? -EDO_EEOF : 0;
}

static int send_region(sending *s, edo_str head) {
    int err = send_piece(s, head);
    if (err == 0 && s->to->ops->flags & EDOI_STREAM_IS_SOURCE) err = send_by_kernel(s);
    while (err == 0 && s->left > 0) err = send_piece(s, (edo_str){ 0 });
    return err;
}

int edo_sendfile(edo_stream *to, edo_stream *file, uint64_t offset, uint64_t n, edo_str head,
                 uint64_t *bytes) {
    if (bytes) *bytes = 0;
    if (edoi_stream_misused(to) || edoi_stream_misused(file)) return -EDO_EMISUSE;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (!edoi_file_of(file)) return -ENOTSUP;
    if (offset > INT64_MAX) return -EINVAL;
    uint64_t most = (uint64_t)INT64_MAX - offset;
    sending s = { .to = to, .file = file, .offset = offset, .left = n < most ? n : most };
    s.buf = (char *)edoi_alloc(PIECE);
    (void)edo_stream_ref(to); // either may be closed while the call waits
    (void)edo_stream_ref(file);
    err = s.buf ? send_region(&s, head) : -ENOMEM;
    edo_stream_unref(file);
    edo_stream_unref(to);
    edoi_free(s.buf);
    if (bytes) *bytes = s.sent;
    return err == -EDO_EEOF && n == UINT64_MAX ? 0 : err;
}
