/* SPDX-License-Identifier: MIT */
/*
 * A known slowdown for a daemon, by LD_PRELOAD and without tc: whatever processor time a thread
 * used between two datagrams that it sent, it uses SLOWER_PERCENT of that once more.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static double share; /* 0.1: a tenth more */
static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size);

__attribute__((constructor)) static void begin(void)
{
	const char *percent =
		getenv("SLOWER_PERCENT"); /* NOLINT(concurrency-mt-unsafe): before main */

	share = percent ? strtod(percent, NULL) / 100 : 0;
	*(void **)&real_sendto = dlsym(RTLD_NEXT, "sendto");
}

static int64_t used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size)
{
	static _Thread_local int64_t last_ns;
	ssize_t sent = real_sendto(fd, data, size, flags, to, to_size);
	int64_t now_ns = used_ns(), until_ns = now_ns;

	if (last_ns)
		until_ns += (int64_t)((double)(now_ns - last_ns) * share);
	while (now_ns < until_ns)
		now_ns = used_ns();
	last_ns = now_ns;
	return sent;
}
