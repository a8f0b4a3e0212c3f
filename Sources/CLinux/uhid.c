#include "CLinux_uhid.h"

#include <errno.h>
#include <linux/uhid.h>
#include <string.h>
#include <unistd.h>

static int send_event(int uhid, const struct uhid_event *event)
{
	ssize_t count;

	do
		count = write(uhid, event, sizeof(*event));
	while (count < 0 && errno == EINTR);
	return count < 0 ? -1 : 0;
}

int CLinux_uhid_create(int uhid, const char *name, uint32_t vendor, uint32_t product,
		       const uint8_t *descriptor, size_t length)
{
	struct uhid_event event = {.type = UHID_CREATE2};

	if (length > sizeof(event.u.create2.rd_data)) {
		errno = EINVAL;
		return -1;
	}
	strncpy((char *)event.u.create2.name, name, sizeof(event.u.create2.name) - 1);
	event.u.create2.bus = BUS_USB;
	event.u.create2.vendor = vendor;
	event.u.create2.product = product;
	event.u.create2.rd_size = length;
	memcpy(event.u.create2.rd_data, descriptor, length);
	return send_event(uhid, &event);
}

int CLinux_uhid_next(int uhid, struct CLinux_uhid_request *request)
{
	struct uhid_event event = {0};
	ssize_t count;

	do
		count = read(uhid, &event, sizeof(event));
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return -1;
	memset(request, 0, sizeof(*request));
	switch (event.type) {
	case UHID_GET_REPORT:
		request->kind = CLINUX_UHID_GET_REPORT;
		request->id = event.u.get_report.id;
		request->report = event.u.get_report.rnum;
		break;
	case UHID_SET_REPORT:
		request->kind = CLINUX_UHID_SET_REPORT;
		request->id = event.u.set_report.id;
		break;
	default:
		request->kind = CLINUX_UHID_OTHER;
	}
	return 0;
}

int CLinux_uhid_answer(int uhid, const struct CLinux_uhid_request *request)
{
	struct uhid_event event = {0};

	switch (request->kind) {
	case CLINUX_UHID_GET_REPORT:
		event.type = UHID_GET_REPORT_REPLY;
		event.u.get_report_reply.id = request->id;
		event.u.get_report_reply.size = 2;
		event.u.get_report_reply.data[0] = request->report;
		break;
	case CLINUX_UHID_SET_REPORT:
		event.type = UHID_SET_REPORT_REPLY;
		event.u.set_report_reply.id = request->id;
		break;
	default:
		return 0;
	}
	return send_event(uhid, &event);
}
