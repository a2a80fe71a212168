/* SPDX-License-Identifier: MIT */
/* redis/link/url.h: where a server is, and who asks there, out of a URL. */
#ifndef EDOI_REDIS_LINK_URL_H
#define EDOI_REDIS_LINK_URL_H

#include <edo/bytes.h>

typedef struct edoi_redis_url {
    char *memory; /* of all texts; edoi_redis_url_deinit() clears it, as a password is in it */
    size_t memory_n;
    bool is_tls;
    const char *address;  /* "host:port", with brackets around an address of IPv6; NULL: `path` */
    const char *host;     /* without brackets and zone; the name of the certificate */
    const char *path;     /* of a Unix socket */
    const char *user;     /* NULL: none */
    const char *password; /* NULL: none; with NUL behind it, none in it */
    uint32_t database;
} edoi_redis_url;

/* redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// likewise by TLS,
 * unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]. User, password and path may have %XX in them; an
 * address of IPv6 may have a zone, "[fe80::1%25eth0]" (RFC 6874) or "[fe80::1%eth0]".
 * Returns 0; -EINVAL, with a line in the trail that has nothing of the URL; -ENOMEM. */
int edoi_redis_url_parse(edoi_redis_url *out, edo_str url);
void edoi_redis_url_deinit(edoi_redis_url *u);

#endif
