/* SPDX-License-Identifier: MIT */
/* sim/net/files.h: the table of descriptors of a net.
 *
 * inv. 1: a descriptor is either in the list of its node or in the free list. */
#ifndef EDOI_SIM_NET_FILES_H
#define EDOI_SIM_NET_FILES_H

#include "sim/net/sock.h"

/* The socket of a descriptor of the node; NULL: it is none. */
edoi_simsock *edoi_simfiles_get(const edoi_simnode *node, int fd);

/* Gives a socket one more descriptor. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_simfiles_add(edoi_simsock *s, bool cloexec);

bool edoi_simfiles_cloexec(const edoi_simnet *net, int fd);
void edoi_simfiles_set_cloexec(edoi_simnet *net, int fd, bool on);

/* Puts another socket, which may be the former one, under an open number. */
void edoi_simfiles_put(edoi_simnet *net, int fd, edoi_simsock *s, bool cloexec);

/* Frees a number; the socket's last one closes the socket. */
void edoi_simfiles_close(edoi_simnet *net, int fd);

/* Opens a number that is free now. Errors: -EBADF it is not, or was never given out. */
EDO_MUST_USE int edoi_simfiles_claim(edoi_simsock *s, int fd, bool cloexec);

/* Closes all of a node. */
void edoi_simfiles_close_all(edoi_simnode *node);

#endif
