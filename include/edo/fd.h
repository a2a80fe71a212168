/* SPDX-License-Identifier: MIT */
/* edo/fd.h: any descriptor that can be polled: its readiness as an await, and streams over
 * descriptors.
 *
 * An edo_fd is for a library that does its own system calls on its own non-blocking descriptor (a
 * database client, inotify, a device) and says "wait until it can be read":
 *
 *     edo_fd *conn;
 *     int err = edo_fd_open(&conn, PQsocket(pg), NULL);
 *     while (err >= 0 && PQconsumeInput(pg) && PQisBusy(pg)) err = edo_fd_ready(conn, EDO_IO_READ);
 *     edo_fd_close(conn);
 *
 * edo_fd_ready() asks the kernel for the state that holds now, as poll() does. So a library may
 * stop reading whenever it wants, and there is no readiness that has to be cleared.
 *
 * An edo_fd works on a duplicate of the descriptor. So one descriptor may have several edo_fds, in
 * any runtimes. If the descriptor is closed and its number reused while a task waits, the task gets
 * no events of the new file. But a connection ends only once its edo_fd is closed, too. The
 * descriptor's flags stay as they are.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any; no operation may begin afterwards.   Waits: never.   Since: 0.1 */
#ifndef EDO_FD_H
#define EDO_FD_H

#include <edo/io.h>

EDO_BEGIN_DECLS

/* ---- Readiness ------------------------------------------------------------------------------- */

/* Beside EDO_IO_READ and EDO_IO_WRITE. */
#define EDO_IO_PRI 4u /* urgent data, or what poll() calls POLLPRI for this kind of file */
#define EDO_IO_ERR 8u /* an error; reported even if nobody asked for it */

/* Only in results, as is EDO_IO_READ_CLOSED of edo/io.h. */
#define EDO_IO_WRITE_CLOSED 32u /* nothing more can be written */

typedef struct edo_fd edo_fd;

/* Options of edo_fd_open(); all zero is the default. */
typedef struct edo_fd_opts {
    bool take;            /* edo_fd_close() closes the descriptor */
    uint64_t reserved[4]; /* must be 0 */
} edo_fd_opts;

/** Makes the readiness of `fd` awaitable. `opts` may be NULL.
 * Owns:    borrows `fd`, which may even be closed before `*out`; with `take` it belongs to `*out`,
 *          on success. Returns new in `*out`: edo_fd_close() or edo_fd_release().
 * Errors:  -EPERM   the kernel cannot poll it: a regular file, a directory, some devices
 *          -EBADF; -EINVAL  `reserved` not 0; -ENOMEM; -EMFILE; -ENFILE; -ENOSPC
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_fd_open(edo_fd **out, int fd, const edo_fd_opts *opts);

/** Ends all waiting and closes the descriptor if it was taken. NULL is allowed.
 *
 * Waiting operations return -EDO_ECLOSED. A descriptor that was taken is closed when this returns,
 * also while they have not run yet.
 * Owns:    takes `self`. */
EDO_API void edo_fd_close(edo_fd *self);

/** As edo_fd_close(), but a descriptor that was taken stays open; returns the descriptor.
 * Owns:    takes `self`; the descriptor is the caller's. */
EDO_API int edo_fd_release(edo_fd *self);

/* Future behind edo_fd_ready(). */
typedef struct edo_fd_ready_future {
    edo_future base; /* until it is ready its result is what it waits for */
    edo_fd *fd;
    edo_io_wait wait[2];
} edo_fd_ready_future;

/** Waits until one of `what` holds: any of EDO_IO_READ, EDO_IO_WRITE, EDO_IO_PRI and EDO_IO_ERR.
 * Returns those that hold, and EDO_IO_ERR, EDO_IO_READ_CLOSED, EDO_IO_WRITE_CLOSED if they do. Once
 * one of these three holds EDO_IO_READ and EDO_IO_WRITE do too: a read or write returns at once.
 * Errors:  -EINVAL       `what` is 0 or holds other bits
 *          -EDO_ECLOSED  closed meanwhile
 *          -ENOMEM; -ENOSPC the descriptor cannot be registered;  -EDO_ENORUNTIME; -ECANCELED
 * Cancel: safe.   Threads: any, at once.   Waits: for the descriptor. */
EDO_MUST_USE EDO_API int edo_fd_ready(edo_fd *self, uint32_t what);
EDO_MUST_USE EDO_API edo_future *edo_fd_ready_init(edo_fd_ready_future *f, edo_fd *self,
                                                   uint32_t what);

/* One attempt on the descriptor, which must not block: a result, or -EAGAIN if the kernel returned
 * EAGAIN. `fd` is edo's duplicate. */
typedef int edo_fd_fn(int fd, void *arg);

/* Future behind edo_fd_io(). */
typedef struct edo_fd_io_future {
    edo_future base; /* until it is ready its result is what it waits for */
    edo_fd *fd;
    edo_fd_fn *fn;
    void *arg;
    edo_io_wait wait;
} edo_fd_io_future;

/** Calls `fn(fd, arg)`, and calls it again when `what` (EDO_IO_READ or EDO_IO_WRITE) becomes ready
 * after it returned -EAGAIN; returns what else `fn` does. `fn` may return -EAGAIN only after the
 * kernel did: edo then waits until the readiness changes. A library that stops earlier needs
 * edo_fd_ready(); a caller that wants one attempt calls `fn` itself.
 * Errors:  those of `fn`; -EINVAL `what` is not one of the two; else as edo_fd_ready()
 * Cancel: safe: `fn` is never cut short.   Threads: any, at once.   Waits: for the descriptor. */
EDO_MUST_USE EDO_API int edo_fd_io(edo_fd *self, uint32_t what, edo_fd_fn *fn, void *arg);
EDO_MUST_USE EDO_API edo_future *edo_fd_io_init(edo_fd_io_future *f, edo_fd *self, uint32_t what,
                                                edo_fd_fn *fn, void *arg);

/* ---- Streams over descriptors ---------------------------------------------------------------- */

/** Makes a stream over a descriptor: a socket of any kind but a listening one, a pipe, a terminal,
 * or another device that can be polled. Sets FD_CLOEXEC and O_NONBLOCK, which belongs to the open
 * file, not to the descriptor: other processes that have the file from the same open() see it too.
 *
 * A datagram or raw socket of any family (netlink, packet, ICMP) becomes a stream of packets, on
 * which edo_udp_recv_from(), edo_udp_send_to(), their like, and edo_sendmsg() work.
 *
 * A write to a pipe without readers fails with -EPIPE and raises no signal. edo_shutdown() of a
 * pipe's writing end ends the input of its reader.
 * Owns:    takes `fd` on success; returns new in `*out`: edo_close() or edo_stream_release_fd().
 * Errors:  -EPERM    the kernel cannot poll it: a regular file, a directory, some devices
 *          -ENOTSUP  a socket that listens, or of a rare kind;  -EBADF; -ENOMEM; -EMFILE; -ENFILE
 * Threads: any, at once; needs no runtime. */
EDO_MUST_USE EDO_API int edo_stream_from_fd(edo_stream **out, int fd);

/** Ends the stream and returns its descriptor, which is blocking again, as programs expect it, and
 * may have another number. Nothing is lost: a stream that holds bytes of its own is refused.
 * Owns:    takes `s` on success; the descriptor is the caller's.
 * Errors:  -ENOTSUP      no descriptor, or more than that: a buffer, a layer over another stream
 *          -EBUSY        there are other references, or an operation waits
 *          -EDO_ECLOSED; -EMFILE */
EDO_MUST_USE EDO_API int edo_stream_release_fd(edo_stream *s);

EDO_END_DECLS

#endif
