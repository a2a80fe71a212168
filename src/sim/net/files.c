/* SPDX-License-Identifier: MIT */
/* sim/net/files.c: see files.h. */
#include "sim/net/files.h"

#include "base/assert.h"
#include "sim/net/watch.h"

#include <errno.h>

#define FILES_MAX (1 << 30) /* what fits into a link */

static edoi_simfile *file_of(const edoi_simnet *net, int fd) {
    if (fd < EDOI_SIMNET_FD_MIN || fd - EDOI_SIMNET_FD_MIN >= net->files_n) return NULL;
    return &net->files[fd - EDOI_SIMNET_FD_MIN];
}

edoi_simsock *edoi_simfiles_get(const edoi_simnode *node, int fd) {
    const edoi_simfile *f = file_of(node->net, fd);
    return f && f->sock && f->sock->node == node ? f->sock : NULL;
}

edoi_simnode *edoi_simnet_owner(const edoi_simnet *net, int fd) {
    const edoi_simfile *f = file_of(net, fd);
    return f && f->sock ? f->sock->node : NULL;
}

bool edoi_simfiles_cloexec(const edoi_simnet *net, int fd) {
    return (file_of(net, fd)->before & 1) != 0;
}

void edoi_simfiles_set_cloexec(edoi_simnet *net, int fd, bool on) {
    file_of(net, fd)->before = (file_of(net, fd)->before & ~1u) | on;
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static int file_prev(const edoi_simfile *f) {
    return (int)(f->before >> 1) - 1;
}

static void file_set_prev(edoi_simfile *f, int prev) {
    f->before = (uint32_t)(prev + 1) << 1 | (f->before & 1);
}

static void files_link(edoi_simnet *net, int *first, int i) {
    file_set_prev(&net->files[i], -1);
    net->files[i].next = *first;
    if (*first >= 0) file_set_prev(&net->files[*first], i);
    *first = i;
}

static void files_unlink(edoi_simnet *net, int *first, int i) {
    const edoi_simfile *f = &net->files[i];
    int prev = file_prev(f);
    if (prev >= 0) {
        net->files[prev].next = f->next;
    } else {
        *first = f->next;
    }
    if (f->next >= 0) file_set_prev(&net->files[f->next], prev);
}

/* Makes a number that was never given out. */
static int files_grow(edoi_simnet *net) {
    if (net->files_n == net->files_max) {
        if (net->files_max > FILES_MAX / 2) return -EMFILE;
        int max = net->files_max + net->files_max / 4 + 64;
        edoi_simfile *files =
            (edoi_simfile *)edoi_realloc(net->files, (size_t)max * sizeof *net->files);
        if (!files) return -ENOMEM;
        net->files = files;
        net->files_max = max;
    }
    net->files[net->files_n] = (edoi_simfile){ 0 };
    files_link(net, &net->free_file, net->files_n);
    return net->files_n++;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void files_open(edoi_simsock *s, int i, bool cloexec) {
    edoi_simnet *net = s->node->net;
    EDO_INV("files inv. 1", !net->files[i].sock);
    files_unlink(net, &net->free_file, i);
    files_link(net, &s->node->fds, i);
    net->files[i].sock = s;
    edoi_simfiles_set_cloexec(net, i + EDOI_SIMNET_FD_MIN, cloexec);
    s->fds_n++;
}

int edoi_simfiles_add(edoi_simsock *s, bool cloexec) {
    int i = s->node->net->free_file;
    if (i < 0) i = files_grow(s->node->net);
    if (i < 0) return i;
    files_open(s, i, cloexec);
    return i + EDOI_SIMNET_FD_MIN;
}

int edoi_simfiles_claim(edoi_simsock *s, int fd, bool cloexec) {
    const edoi_simfile *f = file_of(s->node->net, fd);
    if (!f || f->sock) return -EBADF;
    files_open(s, fd - EDOI_SIMNET_FD_MIN, cloexec);
    return fd;
}

/* One descriptor less. */
static void files_let_go(edoi_simsock *s) {
    if (--s->fds_n > 0) return;
    edoi_simwatch_forget(s);
    s->ops->closed(s);
}

void edoi_simfiles_put(edoi_simnet *net, int fd, edoi_simsock *s, bool cloexec) {
    edoi_simfile *f = file_of(net, fd);
    edoi_simsock *former = f->sock;
    f->sock = s;
    edoi_simfiles_set_cloexec(net, fd, cloexec);
    s->fds_n++;
    files_let_go(former);
}

void edoi_simfiles_close(edoi_simnet *net, int fd) {
    edoi_simfile *f = file_of(net, fd);
    edoi_simsock *s = f->sock;
    int i = fd - EDOI_SIMNET_FD_MIN;
    f->sock = NULL;
    files_unlink(net, &s->node->fds, i);
    files_link(net, &net->free_file, i);
    files_let_go(s);
}

void edoi_simfiles_close_all(edoi_simnode *node) {
    while (node->fds >= 0) edoi_simfiles_close(node->net, node->fds + EDOI_SIMNET_FD_MIN);
}
