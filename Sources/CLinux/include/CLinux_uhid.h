#ifndef CLINUX_UHID_H
#define CLINUX_UHID_H

#include <stddef.h>
#include <stdint.h>

/*
 * A HID device of our own on an open /dev/uhid, until that is closed (Documentation/hid/uhid.rst).
 * In C because the events are packed structures with unions, which Swift does not import.
 */

/* On the bus HID calls USB. Returns 0, or -1 with errno. */
int CLinux_uhid_create(int uhid, const char *name, uint32_t vendor, uint32_t product,
		       const uint8_t *descriptor, size_t length);

enum CLinux_uhid_kind {
	CLINUX_UHID_OTHER,
	/* The kernel waits up to five seconds for the answer to these. */
	CLINUX_UHID_GET_REPORT,
	CLINUX_UHID_SET_REPORT,
};

struct CLinux_uhid_request {
	enum CLinux_uhid_kind kind;
	uint32_t id;
	uint8_t report;
};

/* Takes the next event. Returns 0, or -1 with errno. */
int CLinux_uhid_next(int uhid, struct CLinux_uhid_request *request);

/* Answers with a report of one zero byte, or that the report was set. Returns 0, or -1 with errno. */
int CLinux_uhid_answer(int uhid, const struct CLinux_uhid_request *request);

#endif
