/* SPDX-License-Identifier: MIT */
/* console/own/recording.h: looks in a file:
 *
 *     "edo-looks 1\n" { length, as a varint of protobuf; an Update of edo.console.v1 }…
 *
 * A file may end anywhere, as its writer may have been killed: what is whole is read. */
#ifndef EDOI_CONSOLE_OWN_RECORDING_H
#define EDOI_CONSOLE_OWN_RECORDING_H

#include "console/own/messages.h"

#define EDOI_LOOKS_HEAD    "edo-looks 1\n"
#define EDOI_LOOKS_ONE_MAX (16u << 20) /* bytes of a look */

/* Appends an Update, as its bytes are. Errors: -ENOMEM; -EMSGSIZE  above EDOI_LOOKS_ONE_MAX. */
EDO_MUST_USE int edoi_looks_put(edo_buf *out, edo_str message);

/* Moves `*rest`, which is a whole file, behind its head. Errors: -EINVAL  it is no recording. */
EDO_MUST_USE int edoi_looks_begin(edo_str *rest);

/* Takes the next look, which lies in the file, from `*rest`. 1: there is one; 0: there are no more,
 * and what is left in `*rest` is cut off. Errors: -EBADMSG  a length that no writer has made. */
EDO_MUST_USE int edoi_looks_next(edo_str *rest, edo_str *message);

#endif
