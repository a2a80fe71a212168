/* SPDX-License-Identifier: MIT */
/* net/unix/socket_file.h: the Unix socket that a server or a console listens on, with its file,
 * which the kernel leaves behind. */
#ifndef EDOI_NET_UNIX_SOCKET_FILE_H
#define EDOI_NET_UNIX_SOCKET_FILE_H

#include <edo/net.h>

#include <sys/types.h>
#include <time.h>

typedef struct edoi_socket_file {
    const char *path; /* NULL: there is none */
    dev_t dev;
    ino_t ino;
    struct timespec changed_at; /* numbers of files that are gone are used again at once */
} edoi_socket_file;

/* Listens on "unix:PATH" as edo_unix_listen(), in a fiber. The file of a process that has ended is
 * replaced: it is a socket of this user, and nobody accepts there. Two that begin at the same
 * moment may both find a dead file: then the later one may replace the file of the other. Fills in
 * `file`, which borrows `bind`. Errors: those of edo_unix_listen() */
EDO_MUST_USE EDO_API int edoi_socket_file_listen(edo_listener **out, edoi_socket_file *file,
                                                 const char *bind);

/* Removes the file, if it is still the one that was made. Called before the listener is closed: as
 * long as it listens nobody replaces the file, nor has another one its number. */
EDO_API void edoi_socket_file_remove(const edoi_socket_file *file);

#endif
