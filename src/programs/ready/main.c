/* SPDX-License-Identifier: MIT */
/*
 * meshbench-ready KIND VALUE...: ends with 0 once all facts hold on the host where it runs, looking
 * every millisecond. Kinds: `interface NAME` exists and is up, `file PATH` exists, and if it is a
 * socket somebody serves it, `http URL` answers 2xx, `tcp ADDRESS:PORT` accepts a connection. One
 * small process per daemon instead of one command per look.
 *
 * meshbench-ready claim DEVICE ADDRESS: prints the MAC address of another machine that has this
 * IPv4 address on the device's network, or nothing when it is free.
 */
#include "programs/ready/claim.h"

#include "base/attribute.h"
#include "base/fd.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LOOK_EVERY_MS = 1,
	HTTP_TIMEOUT_S = 1
};

static bool is_interface_up(const char *name)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	if (strlen(name) >= sizeof(request.ifr_name))
		return false;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	return fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 &&
	       (request.ifr_flags & IFF_UP) != 0;
}

/* "http://host:port/path" in pieces; brackets around an IPv6 address are taken off. */
struct url {
	char host[256], port[8];
	const char *path;
};

static bool parse_url(const char *text, struct url *ret_url)
{
	struct url url = {.port = "80"};
	const char *at = text + strlen("http://");
	bool is_bracketed = *at == '[';
	size_t length = is_bracketed ? strcspn(++at, "]") : strcspn(at, ":/");

	if (strncmp(text, "http://", strlen("http://")) != 0 || length >= sizeof(url.host))
		return false;
	memcpy(url.host, at, length);
	at += length + (is_bracketed && at[length] == ']');
	if (*at == ':') {
		length = strcspn(++at, "/");
		if (length >= sizeof(url.port))
			return false;
		memcpy(url.port, at, length);
		url.port[length] = '\0';
		at += length;
	}
	url.path = *at ? at : "/";
	*ret_url = url;
	return true;
}

static void addresses_done(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int connect_to(const struct url *url)
{
	AUTO(addresses_done) struct addrinfo *list = NULL;
	AUTO(fd_closep) int fd = -1;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct timeval limit = {.tv_sec = HTTP_TIMEOUT_S};

	if (getaddrinfo(url->host, url->port, &hints, &list) != 0)
		return -1;
	fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
		connect(fd, list->ai_addr, list->ai_addrlen) < 0)
		return -1;
	return fd_take(&fd);
}

/* "address:port" in pieces; the address of IPv6 stands in brackets, as in a URL. */
static bool parse_place(const char *text, struct url *ret_url)
{
	char url[512];

	return snprintf(url, sizeof(url), "http://%s", text) < (int)sizeof(url) &&
	       parse_url(url, ret_url);
}

static bool accepts(const char *place)
{
	AUTO(fd_closep) int fd = -1;
	struct url url;

	fd = parse_place(place, &url) ? connect_to(&url) : -1;
	return fd >= 0;
}

/* The status line comes in the first bytes: "HTTP/1.1 204 ...". */
static bool answers_2xx(const char *text)
{
	char request[2048], answer[64] = "";
	AUTO(fd_closep) int fd = -1;
	size_t used = 0;
	struct url url;
	int length;

	if (!parse_url(text, &url))
		return false;
	fd = connect_to(&url);
	length = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", url.path, url.host);
	if (fd < 0 || length >= (int)sizeof(request) ||
		send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
		return false;
	while (used < strlen("HTTP/1.1 2")) {
		ssize_t n = read(fd, answer + used, sizeof(answer) - 1 - used);

		if (n <= 0)
			return false;
		used += (size_t)n;
	}
	return strncmp(answer, "HTTP/1.", strlen("HTTP/1.")) == 0 && answer[8] == ' ' &&
	       answer[9] == '2';
}

/* A socket is there before anybody listens on it, and stays when its server was killed. */
static bool is_served(const char *path)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return true; /* cannot tell */
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ||
	       errno != ECONNREFUSED;
}

static bool is_file_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (!S_ISSOCK(status.st_mode) || is_served(path));
}

static bool holds(const char *kind, const char *value)
{
	if (strcmp(kind, "interface") == 0)
		return is_interface_up(value);
	if (strcmp(kind, "file") == 0)
		return is_file_there(value);
	if (strcmp(kind, "tcp") == 0)
		return accepts(value);
	return answers_2xx(value);
}

static bool is_kind(const char *kind)
{
	return strcmp(kind, "interface") == 0 || strcmp(kind, "file") == 0 ||
	       strcmp(kind, "http") == 0 || strcmp(kind, "tcp") == 0;
}

static int claim(const char *device, const char *address)
{
	char mac[32] = "";

	if (claim_ask(device, address, mac, sizeof(mac)) < 0) {
		fprintf(stderr, "meshbench-ready: ask on %s whether %s is free: %s\n", device,
			address, strerrordesc_np(errno));
		return EXIT_FAILURE;
	}
	puts(mac);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && strcmp(argv[1], "claim") == 0)
		return claim(argv[2], argv[3]);
	for (int i = 1; i < argc; i += 2) {
		if (!is_kind(argv[i]) || i + 1 == argc) {
			fputs("usage: meshbench-ready {interface NAME|file PATH|http URL|tcp ADDRESS:PORT}...\n",
				stderr);
			return EXIT_FAILURE;
		}
		while (!holds(argv[i], argv[i + 1]))
			poll(NULL, 0, LOOK_EVERY_MS);
	}
	return EXIT_SUCCESS;
}
