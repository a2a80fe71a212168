/* SPDX-License-Identifier: MIT */
/* web/openapi/json.c: writes pieces of JSON, and keeps the first failure. */
#include "web/openapi/openapi.h"

void edoi_openapi_begin(edoi_openapi *o) {
    if (o->err == 0) o->err = edo_json_writer_begin_object(&o->json);
}

void edoi_openapi_end(edoi_openapi *o) {
    if (o->err == 0) o->err = edo_json_writer_end_object(&o->json);
}

void edoi_openapi_begin_list(edoi_openapi *o) {
    if (o->err == 0) o->err = edo_json_writer_begin_array(&o->json);
}

void edoi_openapi_end_list(edoi_openapi *o) {
    if (o->err == 0) o->err = edo_json_writer_end_array(&o->json);
}

void edoi_openapi_name(edoi_openapi *o, const char *name) {
    if (o->err == 0) o->err = edo_json_writer_name(&o->json, edo_str_of(name));
}

void edoi_openapi_text(edoi_openapi *o, edo_str text) {
    if (o->err == 0) o->err = edo_json_writer_string(&o->json, text);
}

void edoi_openapi_int(edoi_openapi *o, int64_t n) {
    if (o->err == 0) o->err = edo_json_writer_int(&o->json, n);
}

void edoi_openapi_bool(edoi_openapi *o, bool is_true) {
    if (o->err == 0) o->err = edo_json_writer_bool(&o->json, is_true);
}

void edoi_openapi_put(edoi_openapi *o, const char *name, const char *text) {
    if (!text) return;
    edoi_openapi_name(o, name);
    edoi_openapi_text(o, edo_str_of(text));
}
