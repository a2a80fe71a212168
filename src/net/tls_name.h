/* SPDX-License-Identifier: MIT */
/* net/tls_name.h: the name in the bytes of a hello of TLS. */
#ifndef EDOI_NET_TLS_NAME_H
#define EDOI_NET_TLS_NAME_H

#include <edo/tls_name.h>

/* Finds the name in a hello of which `n` bytes are there: returns the length of its records. A
 * result of more than `n` says that it needs as many bytes at least, and `name` is as before; else
 * a code of edo_peek_tls_name(). `bytes` may be NULL if `n` is 0. */
EDO_MUST_USE int edoi_tls_name_parse(char name[EDO_TLS_NAME_MAX + 1], const void *bytes, size_t n);

#endif
