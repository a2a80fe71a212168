/* SPDX-License-Identifier: MIT */
/* http/server/upgrade.h: the connection as a stream, after HTTP has ended on it. */
#ifndef EDOI_HTTP_SERVER_UPGRADE_H
#define EDOI_HTTP_SERVER_UPGRADE_H

#include <edo/io.h>

typedef struct edoi_upgraded {
    edo_stream stream;
} edoi_upgraded;

#endif
