/* SPDX-License-Identifier: MIT */
/* Asking whether datagrams of a size get through, and answering that. */
#include "programs/fit.h"

#include "programs/datagram.h"

#include "base/attribute.h"
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* needs struct timespec */

enum {
	TRIES = 5
};

#define FIRST_WAIT_NS NS_PER_S
#define LEAST_WAIT_NS (50 * NS_PER_MS)

/* Eight bytes, so that no datagram of another protocol is taken for one of ours. */
static const uint8_t question_mark[8] = "mb fit?";
static const uint8_t answer_mark[8] = "mb fit!";

struct question {
	uint8_t mark[8];
	uint32_t number, size;
};

_Static_assert(sizeof(struct question) == FIT_MIN && FIT_MIN == FIT_ANSWER, "sent as it is");

const char *fit_name(enum fit fit)
{
	static const char *const names[] = {"arrived", "refused", "too-big", "silence"};

	assert((size_t)fit < ARRAY_SIZE(names));
	return names[fit];
}

bool fit_answer(const void *datagram, size_t size, uint8_t ret_answer[static FIT_ANSWER])
{
	struct question question;

	if (size < sizeof(question))
		return false;
	memcpy(&question, datagram, sizeof(question));
	if (memcmp(question.mark, question_mark, sizeof(question_mark)) != 0)
		return false;
	memcpy(question.mark, answer_mark, sizeof(answer_mark));
	question.size = (uint32_t)size;
	memcpy(ret_answer, &question, sizeof(question));
	return true;
}

static bool is_answer(const struct question *answer, const struct question *question)
{
	return memcmp(answer->mark, answer_mark, sizeof(answer_mark)) == 0 &&
	       answer->number == question->number && answer->size == question->size;
}

/* Whether ICMP said "too big". */
static bool was_told(struct fit_asker *asker)
{
	char control[512];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct sock_extended_err told;
	bool is_told = false;

	while (recvmsg(asker->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
			memcpy(&told, CMSG_DATA(c), sizeof(told));
			if (told.ee_errno != EMSGSIZE || told.ee_origin == SO_EE_ORIGIN_LOCAL)
				continue;
			is_told = true;
			asker->told_mtu = told.ee_info;
		}
		message.msg_controllen = sizeof(control);
	}
	return is_told;
}

static bool wait_for(struct fit_asker *asker, const struct question *question,
	struct deadline deadline, enum fit *ret_fit)
{
	struct pollfd watched = {.fd = asker->fd, .events = POLLIN};
	struct question answer;

	while (poll(&watched, 1, deadline_poll_ms(deadline)) > 0) {
		ssize_t size = recv(asker->fd, &answer, sizeof(answer), MSG_DONTWAIT);

		*ret_fit = FIT_ARRIVED;
		if (size == sizeof(answer) && is_answer(&answer, question))
			return true;
		*ret_fit = FIT_TOO_BIG;
		if (was_told(asker) || (size < 0 && errno == EMSGSIZE))
			return true;
		/* Nobody listens there, or did not: the next try may find someone. */
		if (size < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	return false;
}

enum fit fit_ask(struct fit_asker *asker, size_t payload)
{
	static uint8_t datagram[FIT_MAX];
	struct question question = {.size = (uint32_t)payload};
	int64_t wait_ns = asker->rtt_ns > 0 ? 3 * asker->rtt_ns : FIRST_WAIT_NS;
	int yes = 1;
	enum fit fit;

	assert(payload >= FIT_MIN && payload <= FIT_MAX);
	setsockopt(asker->fd, IPPROTO_IP, IP_RECVERR, &yes, sizeof(yes));
	setsockopt(asker->fd, IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof(yes));
	memcpy(question.mark, question_mark, sizeof(question_mark));
	for (int i = 0; i < TRIES; i++) {
		int64_t sent_ns = clock_now_ns();

		question.number = ++asker->number;
		memcpy(datagram, &question, sizeof(question));
		if (send(asker->fd, datagram, payload, 0) < 0 && errno == EMSGSIZE)
			return FIT_REFUSED;
		if (!wait_for(asker, &question,
			    deadline_in(wait_ns > LEAST_WAIT_NS ? wait_ns : LEAST_WAIT_NS), &fit))
			continue;
		if (fit == FIT_ARRIVED && clock_now_ns() - sent_ns > asker->rtt_ns)
			asker->rtt_ns = clock_now_ns() - sent_ns;
		return fit;
	}
	return FIT_SILENCE;
}

size_t fit_largest(struct fit_asker *asker, size_t high, enum fit *ret_beyond)
{
	size_t low = 0; /* what is known to arrive; and what is not, is above `high` */

	*ret_beyond = high < FIT_MAX ? fit_ask(asker, high + 1) : FIT_REFUSED;
	while (low < high) {
		/* The highest first: it is what the interface promises, and usually true. */
		size_t middle = low == 0 ? high : low + (high - low + 1) / 2;
		enum fit fit;

		if (middle < FIT_MIN)
			break;
		fit = fit_ask(asker, middle);
		if (fit == FIT_ARRIVED) {
			low = middle;
			continue;
		}
		*ret_beyond = fit;
		high = middle - 1;
		if (low == 0)
			low = fit_ask(asker, FIT_MIN) == FIT_ARRIVED ? FIT_MIN : 0;
		if (low == 0)
			break;
	}
	return low;
}
