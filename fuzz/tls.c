/* SPDX-License-Identifier: MIT */
/* fuzz/tls.c: what libedo-tls parses itself. Properties: a hello is read within its bytes, shows no
 * more than they have, and is for the name that it shows; protocols that were written are read
 * again; pins that were read are the same text when they are written; a file of ticket keys is
 * taken exactly if it has whole keys. */
#include "fuzz.h"

#include "tls/hello.h"
#include "tls/pins.h"
#include "tls/setup.h"
#include "tls/tickets.h"

#include <edo/test.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x0c\x0e\x05\x08"
              "\0\x0a\0\0\7a.examp"
              "\0\x0c\2h2\x08http/1.1"
              "\4\3\4\3\3"
              "\0\6\4\3\x08\4\x08\7"),
    FUZZ_SEED("\0\0\0\0"),
    FUZZ_SEED("\5\3\1\2\0\3\0\0\0\0\1\0\0\0\0"),
    FUZZ_SEED("\0\x29\0\0\0\x27"
              "\1a\1b\1c\1d\1e\1f\1g\1h\1i\1j\1k\1l\1m\1n\1o\1p\1q\1r\1s\1"),
    FUZZ_SEED("h2,http/1.1"),
    FUZZ_SEED(",a"),
    FUZZ_SEED(PIN),
    FUZZ_SEED(PIN ";" PIN),
    FUZZ_SEED("sha256//AAAA;"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* ---- A hello --------------------------------------------------------------------------------- */

/* The next `n` bytes in memory that ends where they end. */
static edo_str cut(const uint8_t **at, const uint8_t *end, size_t n) {
    size_t left = (size_t)(end - *at);
    if (n > left) n = left;
    char *copy = malloc(n > 0 ? n : 1);
    EDO_TEST_TRUE(copy);
    memcpy(copy, *at, n);
    *at += n;
    return (edo_str){ copy, n };
}

static void check_hello(const uint8_t *data, size_t n) {
    const uint8_t *at = data + 4, *end = data + n;
    if (n < 4) return;
    edoi_tls_hello_parts parts = { .legacy_version = 0x0300u + data[0] % 5u };
    edo_str *const all[] = { &parts.name, &parts.alpn, &parts.versions, &parts.signatures };
    for (size_t i = 0; i < EDO_COUNT(all); i++) *all[i] = cut(&at, end, data[i]);
    char *name = edoi_tls_hello_name(&parts);
    EDO_TEST_TRUE(name && edoi_tls_hello_is_for(&parts, name));
    EDO_TEST_TRUE(!strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    size_t name_n = strlen(name); // with a head of 5 bytes, and perhaps a dot
    EDO_TEST_TRUE(name_n == 0 || name_n + 5 == parts.name.len || name_n + 6 == parts.name.len);
    edoi_tls_hello *hello = edoi_tls_hello_new(&parts, name);
    EDO_TEST_TRUE(hello);
    const edo_tls_hello *shown = &hello->shown;
    size_t names = 0;
    for (size_t i = 0; i < shown->alpn_n; i++) {
        EDO_TEST_TRUE(shown->alpn[i].len > 0);
        names += 1 + shown->alpn[i].len;
    }
    EDO_TEST_TRUE(names == 0 || names + 2 <= parts.alpn.len);
    EDO_TEST_TRUE(shown->alpn_n <= EDO_TLS_HELLO_ALPN_MAX);
    EDO_TEST_TRUE(!shown->has_1_3 || parts.versions.len >= 3);
    OPENSSL_free(hello);
    OPENSSL_free(name);
    for (size_t i = 0; i < EDO_COUNT(all); i++) free((char *)(uintptr_t)all[i]->ptr);
}

/* ---- Texts ----------------------------------------------------------------------------------- */

/* What a server offers, as a client's hello would show it. */
static void check_alpn(const char *text) {
    edoi_tls_alpn alpn;
    if (edoi_tls_alpn_parse(&alpn, text) < 0) return;
    EDO_TEST_EQ(alpn.n, strlen(text) + 1);
    char *wire = malloc(alpn.n + 2);
    EDO_TEST_TRUE(wire);
    wire[0] = (char)(alpn.n >> 8);
    wire[1] = (char)alpn.n;
    memcpy(wire + 2, alpn.wire, alpn.n);
    if (alpn.n <= UINT16_MAX) {
        edoi_tls_hello *hello =
            edoi_tls_hello_new(&(edoi_tls_hello_parts){ .alpn = { wire, alpn.n + 2 } }, "");
        EDO_TEST_TRUE(hello && hello->shown.alpn_n > 0);
        const char *at = text;
        for (size_t i = 0; i < hello->shown.alpn_n; i++) {
            edo_str name = hello->shown.alpn[i];
            EDO_TEST_TRUE(memcmp(at, name.ptr, name.len) == 0);
            at += name.len + 1;
        }
        EDO_TEST_TRUE(hello->shown.alpn_n == EDO_TLS_HELLO_ALPN_MAX || at == text + alpn.n);
        OPENSSL_free(hello);
    }
    free(wire);
    OPENSSL_free(alpn.wire);
}

static void check_pins(const char *text) {
    edoi_tls_pins pins = { 0 };
    int err = edoi_tls_pins_parse(&pins, text);
    edo_buf again = { 0 };
    EDO_TEST_TRUE(err == 0 || err == -EINVAL);
    for (size_t at = 0; at < pins.keys.len; at += EDOI_TLS_PIN_BYTES) {
        EDO_TEST_OK(edo_buf_printf(&again, "%ssha256//", at > 0 ? ";" : ""));
        EDO_TEST_OK(edo_base64_encode((edo_str){ pins.keys.ptr + at, EDOI_TLS_PIN_BYTES }, &again));
    }
    if (err == 0) EDO_TEST_TRUE(edo_str_equal((edo_str){ again.ptr, again.len }, edo_str_of(text)));
    EDO_TEST_TRUE(err == 0 || pins.keys.len == 0);
    edo_buf_deinit(&again);
    edoi_tls_pins_deinit(&pins);
}

/* ---- Keys of tickets ------------------------------------------------------------------------- */

static void check_keys(const uint8_t *data, size_t n) {
    char path[64];
    edoi_tls_tickets *tickets;
    int fd = memfd_create("keys", MFD_CLOEXEC);
    EDO_TEST_TRUE(fd >= 0);
    EDO_TEST_EQ(write(fd, data, n), n);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int err = edoi_tls_tickets_new(&tickets, path);
    bool is_whole = n > 0 && n % 80 == 0 && n <= 640;
    EDO_TEST_EQ(err, is_whole ? 0 : n > (1u << 20) ? -EFBIG : -EINVAL);
    if (err == 0) edo_rc_unref(tickets);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char *text = malloc(n + 1);
    EDO_TEST_TRUE(text);
    memcpy(text, data, n);
    text[n] = '\0';
    check_hello(data, n);
    check_alpn(text);
    check_pins(text);
    check_keys(data, n);
    edo_trail_clear();
    free(text);
    return 0;
}
