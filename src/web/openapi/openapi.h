/* SPDX-License-Identifier: MIT */
/* web/openapi/openapi.h: the parts of the document. */
#ifndef EDOI_WEB_OPENAPI_OPENAPI_H
#define EDOI_WEB_OPENAPI_OPENAPI_H

#include <edo/json.h>
#include <edo/openapi.h>

#define EDOI_SCHEMAS_MAX 1024u

/* A description as a request has it, or as a response, which has no secrets. */
typedef struct edoi_schema {
    const edo_desc *desc;
    bool is_reply;
} edoi_schema;

/* The schemas that the document refers to, in the order in which they were found. */
typedef struct edoi_schemas {
    edo_buf list; /* of `edoi_schema` */
} edoi_schemas;

/* A document that is being written. The first failure stays, and nothing is written after it. */
typedef struct edoi_openapi {
    edo_json_writer json;
    edoi_schemas schemas;
    edo_buf named; /* operations that have an id */
    bool in_reply; /* what is written is of a response */
    const edo_openapi_opts *opts;
    uint32_t auth_kinds; /* EDOI_AUTH_…: those that the routes take */
    int err;
} edoi_openapi;

/* Write pieces of JSON. */
void edoi_openapi_begin(edoi_openapi *o);
void edoi_openapi_end(edoi_openapi *o);
void edoi_openapi_begin_list(edoi_openapi *o);
void edoi_openapi_end_list(edoi_openapi *o);
void edoi_openapi_name(edoi_openapi *o, const char *name);
void edoi_openapi_text(edoi_openapi *o, edo_str text);
void edoi_openapi_int(edoi_openapi *o, int64_t n);
void edoi_openapi_bool(edoi_openapi *o, bool is_true);
/* Writes a member; nothing if the text is NULL. */
void edoi_openapi_put(edoi_openapi *o, const char *name, const char *text);

/* Writes {"$ref": …} to a description, which then belongs to the document. */
void edoi_openapi_ref(edoi_openapi *o, const edo_desc *desc);
/* Is a secret in what `desc` describes, at any depth, that a response has not? So its schema is
 * another one. */
bool edoi_openapi_withholds(edoi_openapi *o, const edo_desc *desc);
/* Writes the schema of a field, or that of any text for NULL. */
void edoi_openapi_field(edoi_openapi *o, const edo_field *f);
/* Writes the members of a struct's schema: of the fields in one part of a request (EDO_IN_…), or of
 * all for -1. */
void edoi_openapi_members(edoi_openapi *o, const edo_desc *desc, int part);
/* Writes the schemas of all descriptions that were referred to, also by one another. */
void edoi_openapi_schemas(edoi_openapi *o);

struct edo_router;
struct edoi_route;

/* Writes the credentials that the route wants, if any. */
void edoi_openapi_security(edoi_openapi *o, const struct edo_router *r,
                           const struct edoi_route *route);
/* Writes the schemes of all routes so far, and those of the options. */
void edoi_openapi_schemes(edoi_openapi *o);
/* Are the schemes of the options complete? */
bool edoi_openapi_has_good_schemes(const edo_openapi_opts *opts);

/* The page and its parts. */
extern const char edoi_openapi_html[], edoi_openapi_css[], edoi_openapi_js[];

#endif
