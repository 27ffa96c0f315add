/* SPDX-License-Identifier: MIT */
/* The wire's event loop: reads frames from TAPs, lets the fabric decide, writes what is due. */
#include "wire/loop.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64, /* frames from one port before the next has its turn */
	READS = 8, /* between releases: reading and writing in turns costs the processor's caches */
	PATIENCE = 4,
	EVENTS = 32,
	SLEEPS = 15, /* tried to find out what one takes */
	CONTROL = WIRE_MAX_PORTS
};

static bool write_frame(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	struct loop *loop = context;
	ssize_t n;

	loop->moved++;
	if (count == 1)
		n = write(loop->taps[port].fd, pieces[0].iov_base, pieces[0].iov_len);
	else
		n = writev(loop->taps[port].fd, pieces, count);
	return n >= 0;
}

int64_t loop_now_ns(struct loop *loop)
{
	int64_t now_ns = clock_now_ns();

	absence_tick(&loop->absence, now_ns, loop->fabric.late_limit_ns);
	return now_ns;
}

static int64_t read_clock(void *context)
{
	return loop_now_ns(context);
}

/* How long this process has waited for a processor since it began; -1: the kernel does not say. */
static int64_t run_queue_wait_ns(void)
{
	AUTO(fd_closep) int fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
	char text[100] = "";
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *second = NULL;

	if (size <= 0)
		return -1;
	(void)strtoll(text, &second, 10); /* the time on processors */
	return strtoll(second, NULL, 10);
}

void loop_begin_watch(struct loop *loop)
{
	absence_begin(&loop->absence, clock_now_ns());
	loop->run_queue_wait_ns = run_queue_wait_ns();
}

int64_t loop_waited_ns(const struct loop *loop)
{
	return loop->run_queue_wait_ns < 0 ? -1 : run_queue_wait_ns() - loop->run_queue_wait_ns;
}

int loop_watch(struct loop *loop, int fd, uint32_t number, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return fail_errno(err, "watch a descriptor of the wire");
	return 0;
}

int loop_init(
	struct loop *loop, int control_fd, size_t memory_bytes, int64_t spin_ns, struct error *err)
{
	*loop = (struct loop){.control_fd = control_fd,
		.epoll_fd = -1,
		.spin_ns = spin_ns,
		.rest_ns = WIRE_REST_MS * NS_PER_MS};
	for (size_t i = 0; i < WIRE_MAX_PORTS; i++)
		loop->taps[i].fd = -1;
	if (fabric_init(&loop->fabric, memory_bytes, err))
		return -1;
	loop->memory_bytes = memory_bytes;
	loop->fabric.output = write_frame;
	loop->fabric.now = read_clock;
	loop->fabric.context = loop;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return fail_errno(err, "prepare the wire's event loop");
	return loop_watch(loop, control_fd, CONTROL, err);
}

void loop_done(struct loop *loop)
{
	for (size_t i = 0; i < WIRE_MAX_PORTS; i++) {
		fd_closep(&loop->taps[i].fd);
		free(loop->taps[i].timeline_memory);
	}
	if (loop->log)
		munmap(loop->log, loop->log_bytes);
	fd_closep(&loop->epoll_fd);
	fd_closep(&loop->control_fd);
	fabric_done(&loop->fabric);
}

/* Without memory a frame is still taken from the host and counted, as a full card would. */
static bool drop_frame(struct loop *loop, uint16_t port)
{
	static uint8_t scratch[VNET_SIZE + MAX_FRAME];

	if (read(loop->taps[port].fd, scratch, sizeof(scratch)) < 0)
		return false;
	loop->fabric.ports[port].counters.in_frames++;
	loop->fabric.ports[port].counters.out_of_memory++;
	return true;
}

/*
 * Frames are read into a buffer for the largest. One that may have to wait moves to a buffer of its
 * own size; one that passes at once never leaves this memory, which stays in the cache.
 */
static void hand_over(struct loop *loop, uint16_t port, uint32_t size, int64_t now_ns)
{
	struct pool *pool = &loop->fabric.pool;
	struct buffer *fitting = NULL;

	if (loop->fabric.can_wait && size <= buffer_room(BUFFER_MEDIUM))
		fitting = buffer_take(pool, buffer_class_for(size));
	if (fitting) {
		memcpy(fitting->data, loop->next->data, size);
		(void)fabric_input(&loop->fabric, port, now_ns, fitting, size);
		buffer_drop(pool, fitting);
	} else if (fabric_input(&loop->fabric, port, now_ns, loop->next, size)) {
		buffer_drop(pool, loop->next);
		loop->next = NULL;
	}
}

static bool read_frame(struct loop *loop, uint16_t port, bool may_release)
{
	int64_t now_ns;
	ssize_t n;

	if (!loop->next)
		loop->next = buffer_take(&loop->fabric.pool, BUFFER_LARGE);
	if (!loop->next)
		return drop_frame(loop, port);
	n = read(loop->taps[port].fd, loop->next->data, buffer_room(BUFFER_LARGE));
	if (n <= 0)
		return false;
	loop->moved++;
	now_ns = loop_now_ns(loop);
	if (may_release && fabric_next_ns(&loop->fabric) <= now_ns)
		fabric_run(&loop->fabric, now_ns);
	hand_over(loop, port, (uint32_t)n, now_ns);
	return true;
}

static int64_t sleep_for(struct loop *loop, int64_t ns)
{
	struct timespec length = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	int64_t before_ns = loop_now_ns(loop);

	absence_rest(&loop->absence, before_ns + ns);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
	return loop_now_ns(loop) - before_ns;
}

/*
 * A timer that rings takes 3 us on bare metal and may take 30 us on a virtual machine. The least of
 * several, since a busy machine makes the others longer.
 */
static int64_t price_of_sleep(struct loop *loop)
{
	int64_t least_ns = INT64_MAX;

	for (int i = 0; i < SLEEPS; i++) {
		int64_t taken_ns = sleep_for(loop, 1);

		if (taken_ns < least_ns)
			least_ns = taken_ns;
	}
	return least_ns;
}

/*
 * How long to sleep. Zero polls: the last stretch before a release, and what a sleep would take. A
 * wire without work comes back soon all the same: nothing else tells it that it was stopped.
 */
static const struct timespec *patience(const struct loop *loop, struct timespec *ret_timeout)
{
	int64_t next_ns = fabric_next_ns(&loop->fabric), wait_ns;

	if (next_ns == INT64_MAX && (loop->fabric.port_count == 0 || loop->rest_ns == 0))
		return NULL;
	wait_ns = next_ns - clock_now_ns() - loop->spin_ns;
	if (wait_ns < loop->sleep_price_ns)
		wait_ns = 0;
	if (loop->rest_ns && wait_ns > loop->rest_ns)
		wait_ns = loop->rest_ns;
	ret_timeout->tv_sec = wait_ns / NS_PER_S;
	ret_timeout->tv_nsec = wait_ns % NS_PER_S;
	return ret_timeout;
}

/*
 * Reading until a TAP is empty costs a call in vain. So only as many frames are read as came last
 * time; when they were all there a few times in a row, twice as many.
 */
static void read_frames(struct loop *loop, uint16_t port)
{
	struct tap *tap = &loop->taps[port];
	unsigned count = 0;

	if (tap->budget == 0)
		tap->budget = 1;
	while (count < tap->budget && tap->fd >= 0 &&
		read_frame(loop, port, count % READS == READS - 1))
		count++;
	if (count < tap->budget) {
		fabric_input_ends(&loop->fabric, port);
		tap->budget = count;
		tap->filled = 0;
	} else if (++tap->filled >= PATIENCE && tap->budget < BATCH) {
		tap->budget *= 2;
		tap->filled = 0;
	}
}

static void serve(struct loop *loop, uint32_t number)
{
	if (number == CONTROL)
		control_serve(loop);
	else
		read_frames(loop, (uint16_t)number);
}

/* Returns when it began; without a timeout it may last for ever. */
static int64_t begin_rest(struct loop *loop, const struct timespec *timeout)
{
	int64_t now_ns = loop_now_ns(loop);

	absence_rest(&loop->absence,
		timeout ? now_ns + timeout->tv_sec * NS_PER_S + timeout->tv_nsec : INT64_MAX);
	return now_ns;
}

/* Serves every descriptor that is ready, after waiting at most this long for one. */
static int look(struct loop *loop, const struct timespec *timeout, struct error *err)
{
	struct epoll_event events[EVENTS];
	bool may_sleep = !timeout || timeout->tv_sec > 0 || timeout->tv_nsec > 0;
	int64_t before_ns = may_sleep ? begin_rest(loop, timeout) : 0, after_ns;
	int ready = epoll_pwait2(loop->epoll_fd, events, EVENTS, timeout, NULL);

	if (ready < 0 && errno != EINTR)
		return fail_errno(err, "wait for frames");
	after_ns = may_sleep ? loop_now_ns(loop) : 0;
	if (after_ns - before_ns > loop->sleep_price_ns)
		loop->rested_ns = after_ns;
	for (int i = 0; i < ready; i++)
		serve(loop, events[i].data.u32);
	return ready > 0;
}

/* How long a nap may last now; 0: none is due. */
static int64_t nap_due(const struct loop *loop, int64_t now_ns)
{
	int64_t nap_ns = loop->fabric.tolerance_ns;

	if (nap_ns > loop->nap_ns)
		nap_ns = loop->nap_ns;
	return nap_ns > loop->sleep_price_ns && now_ns - loop->rested_ns > nap_ns ? nap_ns : 0;
}

/* A look without waiting; what is due leaves before. */
static int glance(struct loop *loop, int64_t now_ns, struct error *err)
{
	static const struct timespec none;

	if (fabric_next_ns(&loop->fabric) <= now_ns)
		fabric_run(&loop->fabric, now_ns);
	return look(loop, &none, err);
}

/*
 * A wire with something to do every few microseconds would never sleep, or pay for each sleep more
 * than it gains. It takes a nap instead, as network cards moderate their interrupts: for so long it
 * leaves its ports alone, and does at once what has come and fallen due meanwhile. It does so only
 * when nothing is left to do, so one that has its hands full is not held up.
 */
static int nap(struct loop *loop, int64_t nap_ns, struct error *err)
{
	uint64_t moved = loop->moved;
	int64_t now_ns;

	loop->naps++;
	sleep_for(loop, nap_ns - loop->sleep_price_ns);
	now_ns = loop_now_ns(loop);
	if (glance(loop, now_ns, err) < 0)
		return -1;
	if (loop->moved < moved + 2)
		loop->rested_ns = now_ns;
	return 0;
}

static int turn(struct loop *loop, struct error *err)
{
	int64_t now_ns = loop_now_ns(loop), nap_ns = nap_due(loop, now_ns);
	struct timespec timeout;
	int ready;

	if (nap_ns > 0) {
		ready = glance(loop, now_ns, err);
		return ready == 0 ? nap(loop, nap_ns, err) : ready;
	}
	if (fabric_next_ns(&loop->fabric) <= now_ns)
		fabric_run(&loop->fabric, now_ns);
	return look(loop, patience(loop, &timeout), err);
}

int loop_run(struct loop *loop, struct error *err)
{
	loop_begin_watch(loop);
	loop->sleep_price_ns = price_of_sleep(loop);
	loop->rested_ns = clock_now_ns();
	while (!loop->is_stopped) {
		if (turn(loop, err) < 0)
			return -1;
	}
	return 0;
}
