/* SPDX-License-Identifier: MIT */
/* web/static/path.h: which paths of requests may name a file. */
#ifndef EDOI_WEB_STATIC_PATH_H
#define EDOI_WEB_STATIC_PATH_H

#include <edo/bytes.h>

/* Is `path`, without its percent encoding, plain: segments with one slash between them, and perhaps
 * one at the end, none of which is empty, ".", "..", the name of a device of Windows, or hidden
 * (unless `shows_hidden`, or it is ".well-known" and the first one), nor has a backslash or a
 * control character? No bytes are plain. */
bool edoi_static_path_is_plain(edo_str path, bool shows_hidden);

/* Has the path, as it was sent, a slash in percent encoding? That slash would belong to a name. */
bool edoi_static_path_hides_slash(edo_str raw);

/* Has the name a part of 8 or more hexadecimal digits between dots or dashes, with letters and
 * numbers in it? */
bool edoi_static_name_is_hashed(edo_str name);

/* Returns the part behind the last slash. */
edo_str edoi_static_last_segment(edo_str path);

#endif
