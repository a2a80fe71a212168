/* SPDX-License-Identifier: MIT */
/* base/error/beside.h: failures that came beside the one that is returned, as those of a scope's
 * other children. They hang on the trail of the first failure, and so go where it goes. Memory is
 * bounded: of older ones only the number stays. */
#ifndef EDOI_BASE_ERROR_BESIDE_H
#define EDOI_BASE_ERROR_BESIDE_H

#include "base/error/chain.h"

/* Puts `other`, after those that are beside it, beside `first`. Takes `other`. Returns the oldest
 * ones, which find no place, for edoi_trail_free(); NULL: none. Allocates and frees nothing, so it
 * may be called with a lock held. */
EDO_MUST_USE edoi_trail *edoi_beside_add(edoi_trail *first, edoi_trail *other);

/* Takes the latest failure of `code` without lines out of those beside `first`; NULL: there is
 * none. For lines of it that come by another way. Allocates and frees nothing, as
 * edoi_beside_add(). */
EDO_MUST_USE edoi_trail *edoi_beside_take_bare(edoi_trail *first, int code);

/* As edoi_trail_give(); a trail without lines leaves those that the caller has of this code, and
 * adds what is beside it to them. NULL changes nothing. */
void edoi_beside_give(edoi_trail *trail);

#endif
