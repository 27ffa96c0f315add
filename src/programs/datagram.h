/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* UDP sockets of our own programs. Sockets are close-on-exec and block. */

/* Of both families where there is IPv6, otherwise of IPv4 alone. */
MUST_CHECK int datagram_bind(unsigned port, int *ret_fd, struct error *err);
/* `address` is numeric. */
MUST_CHECK int datagram_connect(const char *address, unsigned port, int *ret_fd, struct error *err);

/* As large as this user may: without the right to force it the system's limit must do. */
void datagram_buffers(int fd, int receive_bytes, int send_bytes);
/*
 * Whether what does not fit is cut into fragments. When not, a datagram larger than our own
 * interface takes is EMSGSIZE, and what the kernel learned about the path is not asked.
 */
void datagram_set_fragments(int fd, bool are_allowed);
/* Bytes of the IP and UDP headers in front of a payload of this socket. */
size_t datagram_header_bytes(int fd);
/* MTU of the way out as the kernel knows it, of a connected socket; 0 when it does not say. */
size_t datagram_mtu(int fd);
