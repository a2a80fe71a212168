/* SPDX-License-Identifier: MIT */
/* tls/key_log.c: see key_log.h. The form is that of NSS, which OpenSSL makes: a line for each
 * secret. The file may be a FIFO: its reader holds handshakes up no longer than that of a log. */
#define EDO_TARGET "tls"
#include "tls/key_log.h"

#include "base/files/open.h"
#include "log/out/output.h"
#include "tls/setup.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <edo/log.h>

#define LINE_MAX_BYTES 512u /* a label, 32 bytes and a secret of 64 at most, in hexadecimal */

struct edoi_tls_key_log {
    int fd;               /* const */
    edoi_log_output *out; /* const */
};

static void key_log_deinit(void *arg) {
    edoi_tls_key_log *self = arg;
    edoi_log_output_unref(self->out);
    if (self->fd >= 0) (void)close(self->fd);
}

int edoi_tls_key_log_open(edoi_tls_key_log **out, const char *path) {
    *out = NULL;
    if (!path) return 0;
    edoi_tls_key_log *self = edo_rc_new(sizeof *self, key_log_deinit);
    if (!self) return -ENOMEM;
    struct stat st;
    self->out = NULL;
    self->fd = edoi_open_unheld(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0600);
    int err = self->fd < 0 ? self->fd : 0;
    if (err == 0) self->out = edoi_log_output_of(self->fd);
    if (err == 0 && !self->out) err = -ENOMEM;
    if (err == 0 && fstat(self->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IROTH)
        edo_warn("%s: everybody on this machine may read these keys", path);
    if (err == 0) {
        *out = self;
        return 0;
    }
    edo_rc_unref(self);
    return edo_fail(err, "%s", path);
}

static pthread_once_t key_log_once = PTHREAD_ONCE_INIT;
static int key_log_place; /* where a context has its log; -1: no memory */

static void key_log_make_place(void) {
    key_log_place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* Writes the line in one call, so that lines of several connections do not mix. If a line is lost,
 * its connection cannot be decrypted from the log, and goes on. */
static void key_log_on_line(const SSL *ssl, const char *line) {
    const edoi_tls_key_log *self = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), key_log_place);
    char text[LINE_MAX_BYTES];
    int n = snprintf(text, sizeof text, "%s\n", line);
    if (n > 0 && (size_t)n < sizeof text)
        (void)edoi_log_output_write(self->out, self->fd, (edo_str){ text, (size_t)n });
}

int edoi_tls_key_log_use(edoi_tls_key_log *self, SSL_CTX *ctx) {
    if (!self) return 0;
    (void)pthread_once(&key_log_once, key_log_make_place);
    if (key_log_place < 0 || SSL_CTX_set_ex_data(ctx, key_log_place, self) != 1)
        return edoi_tls_setup_fault(-ENOMEM, "a log of keys");
    SSL_CTX_set_keylog_callback(ctx, key_log_on_line);
    return 0;
}
