/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into user-mode-linux: its kernel lives in virtual time, which stands still while it or
 * one of its programs works, but for CLOCK_READ_NS a look at the clock, and leaps to the next timer
 * when all of them wait. So no other program of this machine can make its timers late, and waiting
 * takes no time.
 *
 * It replaces the five calls by which that kernel (Linux 6.1, arch/um/os-Linux/time.c) knows time.
 * They are made by one thread. A spinning program sees time go on, since it looks at the clock.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
/* Without it, one that waits for another by looking at the clock would wait for ever. */
#define CLOCK_READ_NS 100

static uint64_t now_ns = SECOND_NS;
static uint64_t expiry_ns, interval_ns; /* expiry 0: the timer is not armed */

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * SECOND_NS + (uint64_t)t->tv_nsec;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
}

static void expire(void)
{
	expiry_ns = interval_ns ? now_ns + interval_ns : 0;
	raise(SIGALRM);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, t);
	now_ns += CLOCK_READ_NS;
	*t = timespec_of(now_ns);
	if (expiry_ns && now_ns >= expiry_ns)
		expire();
	return 0;
}

int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	(void)clock;
	(void)event;
	*timer = NULL;
	return 0;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	(void)timer;
	(void)flags;
	if (old)
		memset(old, 0, sizeof(*old));
	expiry_ns = ns_of(&new->it_value) ? now_ns + ns_of(&new->it_value) : 0;
	interval_ns = ns_of(&new->it_interval);
	return 0;
}

int timer_gettime(timer_t timer, struct itimerspec *left)
{
	(void)timer;
	left->it_interval = timespec_of(interval_ns);
	left->it_value = timespec_of(expiry_ns > now_ns ? expiry_ns - now_ns : expiry_ns != 0);
	return 0;
}

/* The kernel calls it when nothing is left to do, with SIGALRM blocked until then. */
int sigsuspend(const sigset_t *mask)
{
	if (expiry_ns) {
		if (now_ns < expiry_ns)
			now_ns = expiry_ns;
		expire();
	}
	return (int)syscall(SYS_rt_sigsuspend, mask, 8);
}
