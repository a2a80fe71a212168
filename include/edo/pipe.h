/* SPDX-License-Identifier: MIT */
/* edo/pipe.h: pipes of the kernel, with and without a name, and the standard streams. Pipes inside
 * the process: edo_duplex().
 *
 * Unless a function says otherwise:
 * Threads: any, at once; needs no runtime.   Waits: never.   Since: 0.1 */
#ifndef EDO_PIPE_H
#define EDO_PIPE_H

#include <edo/io.h>

EDO_BEGIN_DECLS

/* Options of edo_pipe(); all zero is the default. */
typedef struct edo_pipe_opts {
    size_t bytes;         /* that it holds at least, INT_MAX at most; 0: as the kernel makes it */
    bool packets;         /* each write is a packet, of PIPE_BUF bytes at most (a longer one becomes
                             several), and each read takes one: what it has no room for is lost. A
                             packet takes a page of what the pipe holds. Without this, nobody sets
                             O_DIRECT at the writing end later */
    uint64_t reserved[3]; /* must be 0 */
} edo_pipe_opts;

/** Makes a pipe of the kernel, which can be given to another process: edo_stream_release_fd().
 *
 * Once the writer is closed, or shut down, the reader reads what is left, then the end. Once the
 * reader is closed, writes fail with -EPIPE; no signal is raised.
 * Owns:    returns new in `*reader` and `*writer`: edo_close() each. Borrows `opts` (NULL: defaults)
 *          until return.
 * Errors:  -EPERM   `bytes` is more than the system allows this user
 *          -EINVAL  `bytes` is more than INT_MAX, or `reserved` not 0;  -ENOMEM; -EMFILE; -ENFILE
 */
EDO_MUST_USE EDO_API int edo_pipe(edo_stream **reader, edo_stream **writer,
                                  const edo_pipe_opts *opts);

#define EDO_FIFO_READ  1u
#define EDO_FIFO_WRITE 2u
#define EDO_FIFO_BOTH  3u /* for readers: the input does not end when the last writer leaves */

/** Opens the named pipe at `path` for `what`: EDO_FIFO_READ, EDO_FIFO_WRITE or EDO_FIFO_BOTH. A
 * reader opens at once, and reads the end of the input while no process has the pipe open for
 * writing.
 * Owns:    returns new in `*out`: edo_close().
 * Errors:  -ENXIO   EDO_FIFO_WRITE, and no process has it open for reading: try again later
 *          -EINVAL  not a pipe, or not one of the three;  -ENOENT; -EACCES; -ENOMEM; -EMFILE;
 *          -ENFILE */
EDO_MUST_USE EDO_API int edo_fifo_open(edo_stream **out, const char *path, uint32_t what);

/** The standard input, output and error output as streams.
 *
 * A terminal or pipe is opened again, without blocking: so the flags of the file that the program
 * shares with its shell and its neighbours stay as they are, and a pipe of packets (O_DIRECT) is
 * one. Anything else (a regular file, a socket, the master of a pseudo-terminal, a terminal that
 * this user may not open) is read and written by threads of the blocking pool, which needs a
 * runtime: a write is then done when edo_flush() or edo_shutdown() returns 0, and its failure comes
 * with the next call. Flush before the program ends.
 *
 * Two streams of one standard stream are independent of each other, and stdio has a buffer of its
 * own: write whole lines, so that they do not mix.
 * Owns:    returns new in `*out`: edo_close(), which leaves the descriptor 0, 1 or 2 open, and
 *          input that comes later for others.
 * Errors:  -EBADF  the program was started without it;  -ENOMEM; -EMFILE; -ENFILE */
EDO_MUST_USE EDO_API int edo_stdin(edo_stream **out);
EDO_MUST_USE EDO_API int edo_stdout(edo_stream **out);
EDO_MUST_USE EDO_API int edo_stderr(edo_stream **out);

EDO_END_DECLS

#endif
