/* SPDX-License-Identifier: MIT */
/* value/fault.h: what decoders collect in an edo_faults. */
#ifndef EDOI_VALUE_FAULT_H
#define EDOI_VALUE_FAULT_H

#include <edo/value.h>

#define EDOI_FAULTS_MAX 32u /* unless the caller says otherwise */

/* Adds a fault, of which both texts are copied; without room or memory the list is cut. */
void edoi_fault_add(edo_faults *self, edo_value_in in, edo_str field, edo_str detail);

#endif
