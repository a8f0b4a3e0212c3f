#include "CLinux_network.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct list {
	struct CLinux_network_entry *found;
	size_t capacity;
	long count;
};

static void add(struct list *list, struct CLinux_network_entry entry)
{
	if ((size_t)list->count < list->capacity)
		list->found[list->count] = entry;
	list->count++;
}

static void read_address(struct list *list, struct nlmsghdr *message)
{
	struct ifaddrmsg *address = NLMSG_DATA(message);
	struct CLinux_network_entry entry = {.kind = CLINUX_ADDRESS, .interface = address->ifa_index};
	int left = IFA_PAYLOAD(message);

	for (struct rtattr *part = IFA_RTA(address); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
		/* Of a point-to-point interface IFA_ADDRESS is the far end's. */
		if (part->rta_type != IFA_LOCAL && (part->rta_type != IFA_ADDRESS || entry.length))
			continue;
		if (RTA_PAYLOAD(part) > sizeof(entry.address))
			continue;
		entry.length = RTA_PAYLOAD(part);
		memcpy(entry.address, RTA_DATA(part), entry.length);
	}
	if (entry.length)
		add(list, entry);
}

static void add_route(struct list *list, unsigned interface, bool is_default, bool has_gateway)
{
	struct CLinux_network_entry entry = {.interface = interface};

	if (!interface || (!is_default && !has_gateway))
		return;
	entry.kind = is_default ? CLINUX_DEFAULT_ROUTE : CLINUX_GATEWAY_ROUTE;
	add(list, entry);
}

static bool is_gateway(const struct rtattr *part)
{
	return part->rta_type == RTA_GATEWAY || part->rta_type == RTA_VIA;
}

static void read_hops(struct list *list, struct rtattr *hops, bool is_default)
{
	struct rtnexthop *hop = RTA_DATA(hops);
	int left = RTA_PAYLOAD(hops);

	while (RTNH_OK(hop, left)) {
		int inner = hop->rtnh_len - sizeof(*hop);
		bool has_gateway = false;

		for (struct rtattr *part = RTNH_DATA(hop); RTA_OK(part, inner);
		     part = RTA_NEXT(part, inner))
			has_gateway |= is_gateway(part);
		add_route(list, hop->rtnh_ifindex, is_default, has_gateway);
		left -= RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
}

static void read_route(struct list *list, struct nlmsghdr *message)
{
	struct rtmsg *route = NLMSG_DATA(message);
	bool is_default = route->rtm_dst_len == 0, has_gateway = false;
	int left = RTM_PAYLOAD(message);
	unsigned interface = 0;

	if (route->rtm_type != RTN_UNICAST)
		return;
	for (struct rtattr *part = RTM_RTA(route); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
		if (part->rta_type == RTA_OIF)
			memcpy(&interface, RTA_DATA(part), sizeof(interface));
		else if (part->rta_type == RTA_MULTIPATH)
			read_hops(list, part, is_default);
		else
			has_gateway |= is_gateway(part);
	}
	add_route(list, interface, is_default, has_gateway);
}

static bool has_program(struct rtattr *program)
{
	struct rtattr *part = RTA_DATA(program);
	int left = RTA_PAYLOAD(program);

	for (; RTA_OK(part, left); part = RTA_NEXT(part, left))
		if (part->rta_type == IFLA_XDP_ATTACHED)
			return *(unsigned char *)RTA_DATA(part) != XDP_ATTACHED_NONE;
	return false;
}

static void read_link(struct list *list, struct nlmsghdr *message)
{
	struct ifinfomsg *link = NLMSG_DATA(message);
	int left = IFLA_PAYLOAD(message);

	for (struct rtattr *part = IFLA_RTA(link); RTA_OK(part, left); part = RTA_NEXT(part, left))
		if ((part->rta_type & NLA_TYPE_MASK) == IFLA_XDP && has_program(part))
			add(list, (struct CLinux_network_entry){.kind = CLINUX_PROGRAM,
								.interface = link->ifi_index});
}

/* The kernel gives its own no number (qdisc_create_dflt()). */
static void read_queueing(struct list *list, struct nlmsghdr *message)
{
	struct tcmsg *queueing = NLMSG_DATA(message);

	if (queueing->tcm_handle)
		add(list, (struct CLinux_network_entry){.kind = CLINUX_QUEUEING,
							.interface = queueing->tcm_ifindex});
}

/* The header of a request of that type; anything behind it makes the kernel complain in its log. */
static size_t header_length(unsigned short type)
{
	switch (type) {
	case RTM_GETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_GETQDISC:
		return sizeof(struct tcmsg);
	default:
		return sizeof(struct rtmsg);
	}
}

/* 0, or a negative errno. */
static int dump(int socket, unsigned short type, unsigned char family, struct list *list)
{
	/* All begin with the same byte, the family; the rest is zero. */
	struct {
		struct nlmsghdr header;
		unsigned char body[sizeof(struct tcmsg)];
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(header_length(type)),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {family},
	};
	_Alignas(struct nlmsghdr) char buffer[32768];
	bool was_changed = false;

	if (send(socket, &request, request.header.nlmsg_len, 0) < 0)
		return -errno;
	while (true) {
		ssize_t length = recv(socket, buffer, sizeof(buffer), 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		for (struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, length);
		     message = NLMSG_NEXT(message, length)) {
			was_changed |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (message->nlmsg_type == NLMSG_DONE)
				return was_changed ? -EAGAIN : 0;
			if (message->nlmsg_type == NLMSG_ERROR) {
				int error = ((struct nlmsgerr *)NLMSG_DATA(message))->error;

				/* A kernel without that family. */
				return error == -EOPNOTSUPP || error == -EAFNOSUPPORT ? 0 : error;
			}
			if (message->nlmsg_type == RTM_NEWADDR)
				read_address(list, message);
			else if (message->nlmsg_type == RTM_NEWROUTE)
				read_route(list, message);
			else if (message->nlmsg_type == RTM_NEWLINK)
				read_link(list, message);
			else if (message->nlmsg_type == RTM_NEWQDISC)
				read_queueing(list, message);
		}
	}
}

static int dump_all(int socket, struct list *list)
{
	int error = dump(socket, RTM_GETADDR, AF_UNSPEC, list);

	if (!error)
		error = dump(socket, RTM_GETROUTE, AF_INET, list);
	if (!error)
		error = dump(socket, RTM_GETROUTE, AF_INET6, list);
	if (!error)
		error = dump(socket, RTM_GETLINK, AF_UNSPEC, list);
	if (!error)
		error = dump(socket, RTM_GETQDISC, AF_UNSPEC, list);
	return error;
}

long CLinux_network(struct CLinux_network_entry *found, size_t capacity)
{
	struct list list = {found, capacity, 0};
	int error = -EAGAIN;
	int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (number < 0)
		return errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT ? 0 : -errno;
	for (int tries = 0; error == -EAGAIN && tries < 10; tries++) {
		list.count = 0;
		error = dump_all(number, &list);
	}
	close(number);
	return error ? error : list.count;
}
