#include "CLinux_error.h"

#include <string.h>

const char *CLinux_errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "EUNKNOWN";
}

const char *CLinux_errno_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text ? text : "Unknown error";
}
