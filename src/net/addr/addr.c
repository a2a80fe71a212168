/* SPDX-License-Identifier: MIT */
/* net/addr/addr.c: converts socket addresses from and to text. */
#include "net/addr/unix_addr.h"

#include "base/text/decimal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* A port of one to five digits and nothing else; otherwise -1. */
static int addr_parse_port(const char *text) {
    int port = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
        port = port * 10 + (text[digits] - '0');
    bool good = digits > 0 && digits < 6 && text[digits] == '\0' && port <= UINT16_MAX;
    return good ? port : -1;
}

/* Reads a zone (RFC 4007, section 11.2): the name of an interface, or its number, "1". */
static bool parse_zone(uint32_t *out, const char *text) {
    uint64_t number = 0;
    size_t n = strspn(text, "0123456789");
    *out = if_nametoindex(text);
    if (*out != 0) return true;
    if (n == 0 || n > 10 || text[n]) return false;
    for (size_t i = 0; i < n; i++) number = number * 10 + (uint64_t)(text[i] - '0');
    *out = (uint32_t)number;
    return number <= UINT32_MAX;
}

/* The text between the brackets, "fe80::1%eth0". */
static int parse_v6(edo_addr *out, const char *host, size_t n) {
    char text[INET6_ADDRSTRLEN + IF_NAMESIZE];
    if (n >= sizeof text) return -EINVAL;
    memcpy(text, host, n);
    text[n] = '\0';
    char *zone = strchr(text, '%');
    if (zone) *zone++ = '\0';
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1) return -EINVAL;
    if (zone && !parse_zone(&v6.sin6_scope_id, zone)) return -EINVAL;
    out->sock.v6 = v6;
    out->bytes = sizeof v6;
    return 0;
}

static int parse_v4(edo_addr *out, const char *host, size_t n) {
    static const char localhost[] = "localhost";
    char text[INET_ADDRSTRLEN];
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    if (n == sizeof localhost - 1 && memcmp(host, localhost, n) == 0) {
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        if (n >= sizeof text) return -EINVAL;
        memcpy(text, host, n);
        text[n] = '\0';
        if (inet_pton(AF_INET, text, &v4.sin_addr) != 1) return -EINVAL;
    }
    out->sock.v4 = v4;
    out->bytes = sizeof v4;
    return 0;
}

/* A number of 32 bits, or "any"; what follows it is in `*end`. */
static int parse_u32(uint32_t *out, const char *text, const char **end) {
    uint64_t number = 0;
    size_t digits = 0;
    if (strncmp(text, "any", 3) == 0) {
        *out = UINT32_MAX; // VMADDR_CID_ANY, VMADDR_PORT_ANY
        *end = text + 3;
        return 0;
    }
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 11; digits++)
        number = number * 10 + (uint64_t)(text[digits] - '0');
    if (digits == 0 || number > UINT32_MAX) return -EINVAL;
    *out = (uint32_t)number;
    *end = text + digits;
    return 0;
}

/* The text behind "vsock:". */
static int parse_vsock(edo_addr *out, const char *text) {
    edo_addr addr = { .sock.vm.svm_family = AF_VSOCK, .bytes = sizeof addr.sock.vm };
    if (parse_u32(&addr.sock.vm.svm_cid, text, &text) < 0 || *text++ != ':') return -EINVAL;
    if (parse_u32(&addr.sock.vm.svm_port, text, &text) < 0 || *text != '\0') return -EINVAL;
    *out = addr;
    return 0;
}

int edo_addr_parse(edo_addr *out, const char *text) {
    static const char vsock_prefix[] = "vsock:";
    if (strncmp(text, vsock_prefix, sizeof vsock_prefix - 1) == 0)
        return parse_vsock(out, text + sizeof vsock_prefix - 1);
    static const char unix_prefix[] = "unix:";
    if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0)
        return edoi_unix_addr_parse(out, text + sizeof unix_prefix - 1);
    const char *colon = strrchr(text, ':');
    if (!colon) return -EINVAL;
    int port = addr_parse_port(colon + 1);
    if (port < 0) return -EINVAL;
    edo_addr addr = { 0 };
    size_t n = (size_t)(colon - text);
    int err;
    if (text[0] == '[') {
        if (colon[-1] != ']') return -EINVAL;
        err = parse_v6(&addr, text + 1, n - 2);
    } else {
        err = parse_v4(&addr, text, n);
    }
    if (err < 0) return err;
    if (addr.sock.any.sa_family == AF_INET6) {
        addr.sock.v6.sin6_port = htons((uint16_t)port);
    } else {
        addr.sock.v4.sin_port = htons((uint16_t)port);
    }
    *out = addr;
    return 0;
}

uint16_t edo_addr_port(const edo_addr *addr) {
    if (addr->sock.any.sa_family == AF_INET6) return ntohs(addr->sock.v6.sin6_port);
    if (addr->sock.any.sa_family == AF_INET) return ntohs(addr->sock.v4.sin_port);
    return 0;
}

/* "%eth0" for an address that belongs to one interface, "%7" if that has no name here, otherwise
 * nothing. */
static void print_zone(char *text, size_t bytes, uint32_t scope) {
    char name[IF_NAMESIZE];
    text[0] = '\0';
    if (scope == 0) return;
    if (if_indextoname(scope, name))
        (void)snprintf(text, bytes, "%%%s", name);
    else
        (void)snprintf(text, bytes, "%%%" PRIu32, scope);
}

/* "any" for the number that means it. */
static void print_u32(char *text, size_t bytes, uint32_t number) {
    if (number == UINT32_MAX) {
        (void)snprintf(text, bytes, "any");
    } else {
        (void)snprintf(text, bytes, "%" PRIu32, number);
    }
}

#define V4_ROOM (sizeof "255.255.255.255:65535" + EDOI_DECIMAL_ROOM)

/* "192.0.2.1:80"; by hand, since access logs and spans have one for each request, for which
 * inet_ntop() and snprintf() took 2,700 instructions. Returns the length; writes what there is
 * room for. */
static int print_v4(const struct sockaddr_in *v4, char *text, size_t text_bytes) {
    unsigned char octets[4];
    char room[V4_ROOM], *at = room;
    memcpy(octets, &v4->sin_addr, sizeof octets);
    for (int i = 0; i < 4; i++) {
        at = edoi_decimal_print(at, octets[i]);
        *at++ = i < 3 ? '.' : ':';
    }
    at = edoi_decimal_print(at, ntohs(v4->sin_port));
    const size_t n = (size_t)(at - room), most = n < text_bytes ? n : text_bytes - 1;
    if (text_bytes == 0) return (int)n;
    memcpy(text, room, most);
    text[most] = '\0';
    return (int)n;
}

int edo_addr_print(const edo_addr *addr, char *text, size_t text_bytes) {
    char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1];
    if (text_bytes > 0) text[0] = '\0';
    if (addr->bytes > 0 && addr->sock.any.sa_family == AF_UNIX)
        return edoi_unix_addr_print(addr, text, text_bytes);
    int n = -1;
    if (addr->sock.any.sa_family == AF_INET6) {
        if (!inet_ntop(AF_INET6, &addr->sock.v6.sin6_addr, host, sizeof host)) return -errno;
        print_zone(zone, sizeof zone, addr->sock.v6.sin6_scope_id);
        n = snprintf(text, text_bytes, "[%s%s]:%" PRIu16, host, zone, edo_addr_port(addr));
    } else if (addr->sock.any.sa_family == AF_INET) {
        n = print_v4(&addr->sock.v4, text, text_bytes);
    } else if (addr->sock.any.sa_family == AF_VSOCK) {
        print_u32(host, sizeof host, addr->sock.vm.svm_cid);
        print_u32(zone, sizeof zone, addr->sock.vm.svm_port);
        n = snprintf(text, text_bytes, "vsock:%s:%s", host, zone);
    }
    if (n < 0) return -EAFNOSUPPORT;
    return (size_t)n < text_bytes ? n : -ENOSPC;
}

edo_str edo_addr_key(const edo_addr *addr, char key[EDO_ADDR_KEY_BYTES]) {
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    const unsigned char *v6 = addr->sock.v6.sin6_addr.s6_addr;
    memset(key, 0, EDO_ADDR_KEY_BYTES);
    if (addr->sock.any.sa_family == AF_INET) {
        key[0] = 4;
        memcpy(key + 1, &addr->sock.v4.sin_addr, 4);
    } else if (addr->sock.any.sa_family == AF_INET6 && memcmp(v6, mapped, sizeof mapped) == 0) {
        key[0] = 4;
        memcpy(key + 1, v6 + sizeof mapped, 4);
    } else if (addr->sock.any.sa_family == AF_INET6) {
        key[0] = 6;
        memcpy(key + 1, v6, EDO_ADDR_KEY_BYTES - 1);
    }
    return (edo_str){ key, EDO_ADDR_KEY_BYTES };
}
