/* SPDX-License-Identifier: MIT */
/* net/vsock/vsock.h: sockets between a virtual machine and its host. */
#ifndef EDOI_NET_VSOCK_VSOCK_H
#define EDOI_NET_VSOCK_VSOCK_H

#include "net/socket.h"

/* Opens a stream socket for `addr`. Errors: -EAFNOSUPPORT another family, or the kernel has no
 * vsock. */
EDO_MUST_USE int edoi_vsock_socket(int *out, const edo_addr *addr);

#endif
