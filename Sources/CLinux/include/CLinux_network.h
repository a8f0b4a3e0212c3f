#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stddef.h>

enum CLinux_network_kind {
	/* An address of an interface. */
	CLINUX_ADDRESS,
	/* A route to everything. */
	CLINUX_DEFAULT_ROUTE,
	/* A route by a gateway. */
	CLINUX_GATEWAY_ROUTE,
	/* A program that sees packets before the kernel does (XDP). */
	CLINUX_PROGRAM,
	/* A queueing discipline that somebody gave it. */
	CLINUX_QUEUEING,
};

struct CLinux_network_entry {
	enum CLinux_network_kind kind;
	/* As if_nametoindex(3) counts. */
	unsigned interface;
	/* 4 or 16 bytes of an address, in network order; 0 of anything else. */
	unsigned length;
	unsigned char address[16];
};

/*
 * Addresses, default routes and routes by a gateway of the caller's network namespace, IPv4 and IPv6,
 * of all routing tables, and what its interfaces were given besides (rtnetlink(7)). In C because its messages are macros. Returns how many there
 * are, at most `capacity` of them stored; or a negative errno, EAGAIN where they changed all the time.
 */
long CLinux_network(struct CLinux_network_entry *found, size_t capacity);

#endif
