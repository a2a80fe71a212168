/* SPDX-License-Identifier: MIT */
/* net/proxy/binary.c: version 2.
 *
 *     signature 12 │ version, command 1 │ family, transport 1 │ length 2 │ addresses │ TLVs
 *
 * A TLV is a type of one byte, a length of two, and as many bytes. The high byte comes first. */
#include "net/proxy/proxy.h"

#include <edo/binary.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define HEAD_BYTES     16
#define VERSION        0x20
#define LOCAL          0
#define PROXY          1
#define TLV_HEAD       3
#define CHECKSUM_BYTES 4
#define PATH_BYTES     108 /* of a Unix address */

_Static_assert(PATH_BYTES == sizeof(((struct sockaddr_un *)NULL)->sun_path), "as Linux has them");
_Static_assert(HEAD_BYTES + 2 * PATH_BYTES + TLV_HEAD + CHECKSUM_BYTES == EDO_PROXY_HEADER_MAX,
               "the longest addresses");

/* The high half of the family's byte. */
enum { UNSPEC, IPV4, IPV6, UNIX, FAMILIES };

static const size_t addresses_bytes[FAMILIES] = { 0, 2 * (4 + 2), 2 * (16 + 2), 2 * PATH_BYTES };

/* ---- TLVs ------------------------------------------------------------------------------------ */

/* Are these bytes TLVs? Finds the value of the last checksum; NULL: there is none. */
static bool are_tlvs(const unsigned char *tlvs, size_t n, const unsigned char **checksum) {
    edo_proxy_header h = { .tlvs = tlvs, .tlvs_n = n };
    edo_proxy_tlv tlv = { 0 };
    *checksum = NULL;
    while (edo_proxy_tlv_next(&h, &tlv)) {
        if (tlv.type != EDO_PROXY_TLV_CRC32C) continue;
        if (tlv.value.len != CHECKSUM_BYTES || *checksum) return false;
        *checksum = (const unsigned char *)tlv.value.ptr;
    }
    return tlv.next == n;
}

bool edo_proxy_tlv_next(const edo_proxy_header *h, edo_proxy_tlv *tlv) {
    const unsigned char *at = h->tlvs;
    if (h->tlvs_n - tlv->next < TLV_HEAD) return false;
    at += tlv->next;
    size_t n = edo_load_u16be(at + 1);
    if (h->tlvs_n - tlv->next - TLV_HEAD < n) return false;
    tlv->type = at[0];
    tlv->value = (edo_str){ .ptr = (const char *)at + TLV_HEAD, .len = n };
    tlv->next += TLV_HEAD + n;
    return true;
}

/* The checksum is that of the whole header with zeros in its place. */
static uint32_t checksum_of(const unsigned char *header, size_t n, const unsigned char *at) {
    static const unsigned char zeros[CHECKSUM_BYTES];
    size_t before = (size_t)(at - header), after = before + CHECKSUM_BYTES;
    uint32_t crc = edoi_crc32c(0, header, before);
    crc = edoi_crc32c(crc, zeros, sizeof zeros);
    return edoi_crc32c(crc, header + after, n - after);
}

static bool is_right(const unsigned char *header, size_t n, const unsigned char *at) {
    return checksum_of(header, n, at) == edo_load_u32be(at);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static edo_addr get_v4(const unsigned char *host, const unsigned char *port) {
    edo_addr addr = { .sock.v4.sin_family = AF_INET, .bytes = sizeof(struct sockaddr_in) };
    memcpy(&addr.sock.v4.sin_addr, host, sizeof addr.sock.v4.sin_addr);
    memcpy(&addr.sock.v4.sin_port, port, sizeof addr.sock.v4.sin_port);
    return addr;
}

static edo_addr get_v6(const unsigned char *host, const unsigned char *port) {
    edo_addr addr = { .sock.v6.sin6_family = AF_INET6, .bytes = sizeof(struct sockaddr_in6) };
    memcpy(&addr.sock.v6.sin6_addr, host, sizeof addr.sock.v6.sin6_addr);
    memcpy(&addr.sock.v6.sin6_port, port, sizeof addr.sock.v6.sin6_port);
    return addr;
}

/* A name in the abstract space begins with a NUL; the NULs behind it are taken for padding. */
static edo_addr get_unix(const unsigned char *path) {
    edo_addr addr = { .sock.un.sun_family = AF_UNIX };
    size_t n = PATH_BYTES;
    if (path[0] != '\0') {
        n = strnlen((const char *)path, n);
        n += n < PATH_BYTES; // its NUL
    } else {
        while (n > 0 && path[n - 1] == '\0') n--;
    }
    memcpy(addr.sock.un.sun_path, path, n);
    addr.bytes = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return addr;
}

static void get_addresses(edo_proxy_header *h, unsigned family, const unsigned char *at) {
    if (family == IPV4) {
        h->source = get_v4(at, at + 8);
        h->dest = get_v4(at + 4, at + 10);
    } else if (family == IPV6) {
        h->source = get_v6(at, at + 32);
        h->dest = get_v6(at + 16, at + 34);
    } else if (family == UNIX) {
        h->source = get_unix(at);
        h->dest = get_unix(at + PATH_BYTES);
    }
}

/* The bytes behind the head, `n` of them with the head. */
static int parse_block(edo_proxy_header *h, const unsigned char *bytes, size_t n) {
    unsigned family = bytes[13] >> 4, transport = bytes[13] & 15;
    bool is_known = family < FAMILIES && transport <= 2 && (family == UNSPEC) == (transport == 0);
    if (!is_known || n - HEAD_BYTES < addresses_bytes[family]) return -EBADMSG;
    h->is_dgram = transport == 2;
    get_addresses(h, family, bytes + HEAD_BYTES);
    const unsigned char *tlvs = bytes + HEAD_BYTES + addresses_bytes[family], *checksum;
    size_t tlvs_n = n - HEAD_BYTES - addresses_bytes[family];
    if (!are_tlvs(tlvs, tlvs_n, &checksum))
        return family == UNSPEC ? 0 : -EBADMSG; // of an unknown family anything may follow
    if (checksum && !is_right(bytes, n, checksum)) return -EBADMSG;
    h->has_checksum = checksum;
    h->tlvs = tlvs;
    h->tlvs_n = tlvs_n;
    return 0;
}

int edoi_proxy_binary_parse(edo_proxy_header *out, const unsigned char *bytes, size_t n) {
    if (n < HEAD_BYTES) return n > 12 && (bytes[12] & 0xf0) != VERSION ? -EBADMSG : HEAD_BYTES;
    unsigned command = bytes[12] & 15;
    size_t all = HEAD_BYTES + edo_load_u16be(bytes + 14);
    if ((bytes[12] & 0xf0) != VERSION || command > PROXY) return -EBADMSG;
    if (all > n) return (int)all;
    edo_proxy_header h = { .version = 2, .is_local = command == LOCAL };
    // of a local header the rest is to be ignored
    int err = h.is_local ? 0 : parse_block(&h, bytes, all);
    if (err < 0) return err;
    *out = h;
    return (int)all;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static unsigned family_of(const edo_addr *addr) {
    switch (addr->sock.any.sa_family) {
    case AF_INET: return IPV4;
    case AF_INET6: return IPV6;
    case AF_UNIX: return UNIX;
    default: return UNSPEC;
    }
}

static void put_unix(unsigned char *to, const edo_addr *addr) {
    size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t n = addr->bytes > head ? addr->bytes - head : 0;
    memset(to, 0, PATH_BYTES);
    memcpy(to, addr->sock.un.sun_path, n < PATH_BYTES ? n : PATH_BYTES);
}

static void put_addresses(unsigned char *to, const edo_proxy_header *h, unsigned family) {
    if (family == IPV4) {
        memcpy(to, &h->source.sock.v4.sin_addr, 4);
        memcpy(to + 4, &h->dest.sock.v4.sin_addr, 4);
        edo_store_u16be(to + 8, edo_addr_port(&h->source));
        edo_store_u16be(to + 10, edo_addr_port(&h->dest));
    } else if (family == IPV6) {
        memcpy(to, &h->source.sock.v6.sin6_addr, 16);
        memcpy(to + 16, &h->dest.sock.v6.sin6_addr, 16);
        edo_store_u16be(to + 32, edo_addr_port(&h->source));
        edo_store_u16be(to + 34, edo_addr_port(&h->dest));
    } else if (family == UNIX) {
        put_unix(to, &h->source);
        put_unix(to + PATH_BYTES, &h->dest);
    }
}

int edoi_proxy_binary_print(const edo_proxy_header *h, void *bytes, size_t room) {
    const unsigned char *other;
    unsigned family = edoi_proxy_tells(h) ? family_of(&h->source) : UNSPEC;
    if (edoi_proxy_tells(h) && family == UNSPEC) return -EAFNOSUPPORT;
    if (!are_tlvs(h->tlvs, h->tlvs_n, &other) || other) return -EINVAL;
    size_t addresses = addresses_bytes[family];
    size_t sum = h->has_checksum ? TLV_HEAD + CHECKSUM_BYTES : 0;
    size_t block = addresses + h->tlvs_n + sum, all = HEAD_BYTES + block;
    if (block > UINT16_MAX) return -EINVAL;
    if (all > room) return -ENOSPC;
    unsigned char *to = bytes;
    unsigned transport = family == UNSPEC ? 0 : h->is_dgram ? 2 : 1;
    memcpy(to, edoi_proxy_signature, EDOI_PROXY_SIGNATURE_BYTES);
    to[12] = VERSION | (h->is_local ? LOCAL : PROXY);
    to[13] = (unsigned char)(family << 4 | transport);
    edo_store_u16be(to + 14, (uint16_t)block);
    put_addresses(to + HEAD_BYTES, h, family);
    if (h->tlvs_n > 0) memcpy(to + HEAD_BYTES + addresses, h->tlvs, h->tlvs_n);
    if (sum == 0) return (int)all;
    unsigned char *tlv = to + all - sum;
    tlv[0] = EDO_PROXY_TLV_CRC32C;
    edo_store_u16be(tlv + 1, CHECKSUM_BYTES);
    uint32_t crc = checksum_of(to, all, tlv + TLV_HEAD);
    edo_store_u32be(tlv + TLV_HEAD, crc);
    return (int)all;
}
