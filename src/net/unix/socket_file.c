/* SPDX-License-Identifier: MIT */
/* net/unix/socket_file.c: see socket_file.h. */
#include "net/unix/socket_file.h"

#include <edo/error.h>
#include <edo/io.h>
#include <edo/scope.h>
#include <edo/time.h>
#include <edo/unix.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool socket_has_file(const char *path) {
    return path[0] != '@' && path[0] != '\0';
}

static bool socket_file_see(edoi_socket_file *file, const char *path) {
    struct stat about;
    if (lstat(path, &about) < 0 || !S_ISSOCK(about.st_mode) || about.st_uid != geteuid())
        return false;
    *file = (edoi_socket_file){
        .path = path, .dev = about.st_dev, .ino = about.st_ino, .changed_at = about.st_ctim
    };
    return true;
}

static bool socket_file_is_there(const edoi_socket_file *file, edoi_socket_file *now) {
    return file->path && socket_file_see(now, file->path) && now->dev == file->dev &&
           now->ino == file->ino;
}

/* Removes the file of a process that has ended, unless another one has replaced it meanwhile. */
static void socket_file_remove_dead(const edoi_socket_file *file) {
    edoi_socket_file now;
    if (socket_file_is_there(file, &now) && now.changed_at.tv_sec == file->changed_at.tv_sec &&
        now.changed_at.tv_nsec == file->changed_at.tv_nsec)
        (void)unlink(file->path);
}

/* A listener whose queue is full for a second is alive, too. */
static bool socket_is_dead(const char *bind) {
    edo_stream *s = NULL;
    EDO_DEADLINE(limit, edo_s(1));
    const int err = edo_deadline_end(&limit, edo_unix_connect(&s, bind, NULL));
    edo_close(s);
    edo_trail_clear(); // of a question
    return err == -ECONNREFUSED;
}

int edoi_socket_file_listen(edo_listener **out, edoi_socket_file *file, const char *bind) {
    const char *path = bind + strlen("unix:");
    edoi_socket_file before;
    *file = (edoi_socket_file){ .path = NULL };
    int err = edo_unix_listen(out, bind, NULL);
    if (!socket_has_file(path)) return err;
    if (err == -EADDRINUSE && socket_file_see(&before, path) && socket_is_dead(bind)) {
        socket_file_remove_dead(&before);
        err = edo_unix_listen(out, bind, NULL);
    }
    if (err == 0) (void)socket_file_see(file, path); // else somebody has removed it already
    return err;
}

void edoi_socket_file_remove(const edoi_socket_file *file) {
    edoi_socket_file now;
    if (socket_file_is_there(file, &now)) (void)unlink(file->path);
}
