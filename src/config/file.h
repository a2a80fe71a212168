/* SPDX-License-Identifier: MIT */
/* config/file.h: a JSON file as a layer. */
#ifndef EDOI_CONFIG_FILE_H
#define EDOI_CONFIG_FILE_H

#include "config/leaves.h"

/* Sets leaves from the JSON text of the file `path`: 0, -ENOMEM, -EDO_EVALUE (not as described, or
 * an unknown name), or -EDO_EJSON. */
EDO_MUST_USE int edoi_file_read(edoi_leaves *l, const char *path, edo_str text);

#endif
