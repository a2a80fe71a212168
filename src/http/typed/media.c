/* SPDX-License-Identifier: MIT */
/* http/typed/media.c: Content-Type and Content-Disposition. */
#include <edo/http_fields.h>

#include "base/text/hex.h"
#include "http/typed/param.h"
#include "http/types/bytes_of.h"

/* Takes a token and the blanks behind it off the front. The rest is empty, or begins with ";". */
static bool media_take_word(edo_str *word, edo_str *rest) {
    size_t n = 0;
    while (n < rest->len && edoi_byte_is(rest->ptr[n], EDOI_BYTE_TOKEN)) n++;
    *word = (edo_str){ rest->ptr, n };
    *rest = edoi_trim(edoi_after(*rest, n));
    return n > 0 && (rest->len == 0 || rest->ptr[0] == ';');
}

/* ---- Content-Type ---------------------------------------------------------------------------- */

/* Does each parameter have a value? */
static bool are_params(edo_str params) {
    edo_header_param param;
    int got;
    while ((got = edo_header_param_next(&param, &params)) > 0)
        if (!param.value.ptr) return false;
    return got == 0;
}

int edo_media_type_parse(edo_media_type *out, edo_str text) {
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    size_t n = slash ? (size_t)(slash - text.ptr) : text.len;
    edo_media_type found = { .type = { text.ptr, n } };
    if (!slash || !edoi_is_token(found.type)) return -EINVAL;
    found.params = (edo_str){ slash + 1, text.len - n - 1 };
    if (!media_take_word(&found.subtype, &found.params) || !are_params(found.params))
        return -EINVAL;
    *out = found;
    return 0;
}

bool edo_media_type_is(const edo_media_type *self, edo_str type, edo_str subtype) {
    return edoi_same_word(self->type, type) && edoi_same_word(self->subtype, subtype);
}

int edo_media_type_print(const edo_media_type *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edo_str params = self->params;
    edo_header_param param;
    edoi_put_check(&put, are_params(params));
    edoi_put_token(&put, self->type);
    edoi_put_str(&put, EDO_STR("/"));
    edoi_put_token(&put, self->subtype);
    while (put.err == 0 && edo_header_param_next(&param, &params) > 0)
        put.err = edo_header_param_print(&param, out);
    return edoi_put_end(&put);
}

/* ---- Content-Disposition --------------------------------------------------------------------- */

#define AT(field) offsetof(edo_disposition, field)

static const edoi_param_row rows[] = {
    { "name", EDOI_PARAM_TEXT, AT(name), 0 },
    { "filename", EDOI_PARAM_TEXT, AT(filename), 0 },
    { "filename*", EDOI_PARAM_TEXT, AT(filename_long), 0 },
};
static const edoi_params disposition = EDOI_PARAMS(rows, EDOI_PARAM_LINK, EDOI_REFUSE_TWICE, false);

int edo_disposition_parse(edo_disposition *out, edo_str text) {
    edo_disposition found = { .name = { NULL, 0 } };
    edo_str params = edoi_trim(text);
    if (!media_take_word(&found.type, &params) ||
        edoi_params_read(&disposition, &found, params, 0) < 0)
        return -EINVAL;
    *out = found;
    return 0;
}

int edo_disposition_print(const edo_disposition *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_token(&put, self->type);
    edoi_put_check(&put, !self->filename_long.ptr || edoi_is_token(self->filename_long));
    edoi_params_put(&disposition, self, &put);
    return edoi_put_end(&put);
}

/* ---- Names of files -------------------------------------------------------------------------- */

/* Takes one byte, perhaps in percent encoding. Returns -1 if there is none. */
static int media_take_byte(edo_str *rest) {
    if (rest->ptr[0] != '%') {
        char c = rest->ptr[0];
        *rest = edoi_after(*rest, 1);
        return edoi_byte_is(c, EDOI_BYTE_TOKEN) && !edoi_is_one_of(c, "*'") ? c : -1;
    }
    const int byte = edoi_percent_byte(*rest);
    if (byte >= 0) *rest = edoi_after(*rest, 3);
    return byte;
}

/* Takes the charset and the language off an extended value (RFC 8187 section 3.2). `*is_latin1`
 * says whether the bytes are ISO-8859-1 or UTF-8. */
static bool take_charset(edo_str *rest, bool *is_latin1) {
    const char *first = rest->len > 0 ? memchr(rest->ptr, '\'', rest->len) : NULL;
    size_t n = first ? (size_t)(first - rest->ptr) : 0;
    edo_str charset = { rest->ptr, n };
    const char *second = first ? memchr(first + 1, '\'', rest->len - n - 1) : NULL;
    *is_latin1 = edoi_same_word(charset, EDO_STR("iso-8859-1"));
    if (!second || (!*is_latin1 && !edoi_same_word(charset, EDO_STR("utf-8")))) return false;
    n = (size_t)(second - rest->ptr) + 1;
    *rest = edoi_after(*rest, n);
    return true;
}

/* Appends an extended value in UTF-8. */
static int put_extended(edo_str text, edo_buf *out) {
    bool is_latin1;
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, take_charset(&text, &is_latin1));
    while (put.err == 0 && text.len > 0) {
        int c = media_take_byte(&text);
        edoi_put_check(&put, c >= 0x20 && c != 0x7f); // a NUL would end the name in other programs
        char utf8[2] = { (char)(0xc0 | (c >> 6 & 3)), (char)(0x80 | (c & 63)) }, plain = (char)c;
        bool is_two = is_latin1 && c >= 0x80;
        edoi_put_str(&put, is_two ? (edo_str){ utf8, 2 } : (edo_str){ &plain, 1 });
    }
    if (put.err == 0) {
        edo_str whole = { out->ptr ? out->ptr + put.before : "", out->len - put.before };
        edoi_put_check(&put, edo_str_is_utf8(whole));
    }
    return edoi_put_end(&put);
}

int edo_disposition_filename(const edo_disposition *self, edo_buf *out) {
    int err = self->filename_long.ptr ? put_extended(self->filename_long, out) : -ENOENT;
    if (err == 0 || err == -ENOMEM) return err;
    return self->filename.ptr ? edo_header_unquote(self->filename, out) : -ENOENT;
}

/* May programs that read nothing but `filename` take the byte for itself? Some decode percent
 * sequences there, and some know no escapes (RFC 6266, appendix D). */
static bool media_is_safe(edo_str name, size_t i) {
    char c = name.ptr[i];
    bool is_coded = edoi_percent_byte((edo_str){ name.ptr + i, name.len - i }) >= 0;
    return !(c & 0x80) && c != '"' && c != '\\' && !is_coded;
}

/* Appends the name in quotes, with "_" in the place of each character that is not safe. Returns
 * whether all are. */
static bool put_ascii(edoi_put *put, edo_str name) {
    bool is_same = true;
    edoi_put_str(put, EDO_STR("\""));
    for (size_t i = 0; i < name.len; i++) {
        bool is_safe = media_is_safe(name, i);
        is_same = is_same && is_safe;
        // The "_" was appended for the character's first byte.
        if ((name.ptr[i] & 0xc0) == 0x80) continue;
        edoi_put_str(put, is_safe ? (edo_str){ name.ptr + i, 1 } : EDO_STR("_"));
    }
    edoi_put_str(put, EDO_STR("\""));
    return is_same;
}

int edo_disposition_print_file(edo_str type, edo_str filename, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_token(&put, type);
    edoi_put_check(&put, edo_str_is_utf8(filename));
    for (size_t i = 0; i < filename.len; i++)
        edoi_put_check(&put,
                       edoi_byte_is(filename.ptr[i], EDOI_BYTE_VALUE) && filename.ptr[i] != '\t');
    edoi_put_str(&put, EDO_STR("; filename="));
    if (put_ascii(&put, filename)) return edoi_put_end(&put);
    edoi_put_str(&put, EDO_STR("; filename*=UTF-8''"));
    for (size_t i = 0; i < filename.len; i++) {
        unsigned char c = (unsigned char)filename.ptr[i];
        bool is_plain = edoi_byte_is((char)c, EDOI_BYTE_PLAIN);
        char coded[3];
        (void)edoi_percent_put(coded, c);
        edoi_put_str(&put, is_plain ? (edo_str){ filename.ptr + i, 1 } : (edo_str){ coded, 3 });
    }
    return edoi_put_end(&put);
}
