/* SPDX-License-Identifier: MIT */
/* web/static/path.c: see path.h. */
#include "web/static/path.h"
#include "base/text/ascii.h"

#include <string.h>

#define HASH_DIGITS_MIN 8

edo_str edoi_static_last_segment(edo_str path) {
    size_t n = path.len;
    while (n > 0 && path.ptr[n - 1] != '/') n--;
    return (edo_str){ path.ptr + n, path.len - n };
}

/* Is it the name of a device, like "CON", "nul.txt" or "LPT1"? Windows opens the device, in
 * whatever directory. */
static bool is_device(edo_str s) {
    static const char *const plain[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
    size_t n = 0;
    while (n < s.len && s.ptr[n] != '.' && s.ptr[n] != ':') n++;
    while (n > 0 && s.ptr[n - 1] == ' ') n--;
    for (size_t i = 0; i < EDO_COUNT(plain); i++)
        if (edoi_equal_nocase((edo_str){ s.ptr, n }, edo_str_of(plain[i]))) return true;
    bool is_port = n == 4 && s.ptr[3] >= '1' && s.ptr[3] <= '9';
    return is_port &&
           (edoi_begins_nocase(s, EDO_STR("com")) || edoi_begins_nocase(s, EDO_STR("lpt")));
}

static bool static_path_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain_segment(edo_str s, bool shows_hidden) {
    if (s.len == 0 || edo_str_equal(s, EDO_STR(".")) || edo_str_equal(s, EDO_STR("..")))
        return false;
    if (s.ptr[0] == '.' && !shows_hidden) return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '\\') return false;
    }
    bool is_drive = s.len == 2 && static_path_is_letter(s.ptr[0]) && s.ptr[1] == ':'; // no "a:b"
    return !is_drive && !is_device(s);
}

bool edoi_static_path_is_plain(edo_str path, bool shows_hidden) {
    const edo_str well_known = EDO_STR(".well-known"); // RFC 8615: it is meant to be seen
    const char *begin = path.ptr;
    while (path.len > 0) {
        const char *slash = memchr(path.ptr, '/', path.len);
        size_t n = slash ? (size_t)(slash - path.ptr) : path.len;
        edo_str segment = { path.ptr, n };
        bool is_shown = shows_hidden || (path.ptr == begin && edo_str_equal(segment, well_known));
        if (!is_plain_segment(segment, is_shown)) return false;
        n += slash != NULL;
        path = (edo_str){ path.ptr + n, path.len - n };
    }
    return true;
}

bool edoi_static_path_hides_slash(edo_str raw) {
    for (size_t i = 0; i + 2 < raw.len; i++)
        if (raw.ptr[i] == '%' && raw.ptr[i + 1] == '2' && (raw.ptr[i + 2] | 0x20) == 'f')
            return true;
    return false;
}

static bool is_decimal(char c) {
    return c >= '0' && c <= '9';
}

static bool static_path_is_hex(char c) {
    return is_decimal(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool edoi_static_name_is_hashed(edo_str name) {
    size_t digits = 0, decimal = 0;
    bool is_part = true; // all bytes since the last dot or dash are digits
    for (size_t i = 0; i <= name.len; i++) {
        bool is_end = i == name.len || name.ptr[i] == '.' || name.ptr[i] == '-';
        bool is_mixed = decimal > 0 && decimal < digits; // a date has no letter, a word no digit
        if (is_end && is_part && is_mixed && digits >= HASH_DIGITS_MIN) return true;
        if (is_end || !static_path_is_hex(name.ptr[i])) {
            is_part = is_end;
            digits = decimal = 0;
        } else {
            digits++;
            decimal += is_decimal(name.ptr[i]);
        }
    }
    return false;
}
