#ifndef CLINUX_CLOCK_H
#define CLINUX_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC, clock_gettime(2): one call without a pointer for every target. */
int64_t CLinux_monotonic_nanoseconds(void);

#endif
