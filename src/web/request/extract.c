/* SPDX-License-Identifier: MIT */
/* web/request/extract.c: described structs from the parts of a request. */
#include "web/request/web.h"

#include <edo/config.h>
#include <edo/json.h>

#include <errno.h>
#include <strings.h>

/* The newest line of the trail says what is wrong, in words for the client. */
static int refuse(edo_web *w, int err, edo_status status) {
    const edo_trail_entry *entry = edo_trail_find(err);
    return edoi_web_refuse(w, err, status, entry ? entry->text : NULL);
}

static bool is_of_the_client(int err) {
    return err == -EDO_EVALUE || err == -EDO_EJSON;
}

int edo_web_params(edo_web *w, void *out, const edo_desc *desc) {
    edo_param params[EDOI_CAPTURES_MAX];
    uint32_t n = w->place ? w->match.n : 0;
    for (uint32_t i = 0; i < n; i++)
        params[i] = (edo_param){ .name = edoi_pattern_name(w->place->leaf.pattern, i),
                                 .text = w->match.values[i] };
    int err = edo_params_decode(out, desc, params, n, &(edo_config_opts){ .arena = w->req->arena });
    return is_of_the_client(err) ? refuse(w, err, EDO_STATUS_BAD_REQUEST) : err;
}

int edo_web_query(edo_web *w, void *out, const edo_desc *desc) {
    int err = edo_query_decode(out, desc, w->query, &(edo_config_opts){ .arena = w->req->arena });
    return is_of_the_client(err) ? refuse(w, err, EDO_STATUS_BAD_REQUEST) : err;
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

/* The content type without its parameters. */
static edo_str media_type(const edo_web *w) {
    edo_str type = edo_headers_get(&w->req->headers, EDO_HEADER_CONTENT_TYPE);
    size_t n = 0;
    while (n < type.len && type.ptr[n] != ';') n++;
    while (n > 0 && (type.ptr[n - 1] == ' ' || type.ptr[n - 1] == '\t')) n--;
    return (edo_str){ type.ptr, n };
}

static bool is_word(edo_str s, const char *word) {
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static bool is_json(edo_str type) {
    if (is_word(type, "application/json")) return true;
    if (type.len <= 5 || !memchr(type.ptr, '/', type.len)) return false;
    return is_word((edo_str){ type.ptr + type.len - 5, 5 }, "+json");
}

static int collect(edo_web *w, edo_str *body) {
    int err = edo_request_collect(w->req, body, w->app->body_max);
    if (err == -EMSGSIZE)
        return edoi_web_refuse(w, err, EDO_STATUS_CONTENT_TOO_LARGE, "the body is too long");
    if (err == -ETIMEDOUT)
        return edoi_web_refuse(w, err, EDO_STATUS_REQUEST_TIMEOUT, "the body came too slowly");
    if (err == -EBADMSG || err == -EDO_EEOF)
        return edoi_web_refuse(w, err, EDO_STATUS_BAD_REQUEST, "the body is broken");
    return err;
}

/* Is the text JSON at all? It is as long as the decoder has let it be. */
static bool is_well_formed(edo_str text) {
    edo_json_reader reader;
    edo_json_token token;
    if (edo_json_reader_init(&reader, text, NULL) < 0) return false;
    int n;
    while ((n = edo_json_reader_next(&reader, &token)) > 0) continue;
    edo_json_reader_deinit(&reader);
    return n == 0;
}

int edo_web_json(edo_web *w, void *out, const edo_desc *desc) {
    edo_str body;
    if (!is_json(media_type(w)))
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                               "the content type is not application/json");
    int err = collect(w, &body);
    if (err < 0) return err;
    err = edo_json_decode_with(out, desc, body,
                               &(edo_json_opts){ .arena = w->req->arena, .borrows = true });
    if (!is_of_the_client(err)) return err;
    return refuse(w, err,
                  is_well_formed(body) ? EDO_STATUS_UNPROCESSABLE_CONTENT : EDO_STATUS_BAD_REQUEST);
}

int edo_web_form(edo_web *w, void *out, const edo_desc *desc) {
    edo_str body;
    if (w->req->method == EDO_METHOD_GET || w->req->method == EDO_METHOD_HEAD)
        return edo_web_query(w, out, desc);
    if (!is_word(media_type(w), "application/x-www-form-urlencoded"))
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                               "the content type is not application/x-www-form-urlencoded");
    int err = collect(w, &body);
    if (err < 0) return err;
    err = edo_form_decode(out, desc, body, &(edo_config_opts){ .arena = w->req->arena });
    return is_of_the_client(err) ? refuse(w, err, EDO_STATUS_UNPROCESSABLE_CONTENT) : err;
}
