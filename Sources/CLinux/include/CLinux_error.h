#ifndef CLINUX_ERROR_H
#define CLINUX_ERROR_H

/* strerrorname_np(3) and strerror_r(3): Glibc's import shows neither usably. Never NULL. */
const char *CLinux_errno_name(int error);

/* The text of an errno, thread-safe: strerrordesc_np(3). Never NULL. */
const char *CLinux_errno_text(int error);

#endif
