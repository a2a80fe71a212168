/* SPDX-License-Identifier: MIT */
/* http/h1/fields.h: what the fields of a head say about the message and the connection. */
#ifndef EDOI_HTTP_H1_FIELDS_H
#define EDOI_HTTP_H1_FIELDS_H

#include "http/h1/head.h"

/* Takes one field into account. Returns 0 or what edoi_h1_refuse() returns. */
int edoi_h1_field(edoi_h1_head *h, edo_header_id id, edo_str value);

/* All fields are there: decides. Returns as edoi_h1_field() does. */
int edoi_h1_fields_end(edoi_h1_head *h);

/* Keeps status and reason of a refusal, and returns the code that goes with the status. */
int edoi_h1_refuse(edoi_h1_head *h, edo_status status, const char *why);

#endif
