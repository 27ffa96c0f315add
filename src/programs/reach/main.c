/* SPDX-License-Identifier: MIT */
/*
 * meshbench-reach MILLISECONDS SELF ADDRESS...: pings every address but the one at position SELF
 * until each has answered once or the time is over. Says "POSITION NANOSECONDS" (CLOCK_MONOTONIC)
 * at every first answer. Exit status: 0 all answered, 1 not all, 2 it could not try.
 *
 * Of two hosts the one with the lower position speaks first and the other follows as soon as it is
 * spoken to. No traffic that we measure starts from both ends within the same millisecond, and a
 * tunnel that both ends open at once may lose both handshakes: WireGuard then waits for 5 s.
 */
#include "programs/pinger.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer {
	bool has_answered;
	bool is_first, has_spoken; /* of the two of us it speaks first; it asked us */
};

/*
 * How many are asked in a round, by all hosts together: a mesh of more hosts than that asks one
 * peer after the other, so that the asks of a second grow with hosts and not with pairs.
 */
enum {
	ASKS_OF_ALL = 200
};

/*
 * Who speaks first is not waited for any longer than this, nor who should speak back; in a large
 * mesh for two rounds of asking everybody.
 */
#define SILENCE_NS (250 * NS_PER_MS)

struct reach {
	struct pinger pinger;
	struct peer *peers;
	size_t count, waiting;
	size_t at_once, next; /* how many are asked in a round; who comes next */
	int64_t silence_ns;
	int64_t began_ns;
	struct deadline deadline;
};

static bool was_silent(const struct reach *reach)
{
	return clock_now_ns() - reach->began_ns > reach->silence_ns;
}

/* Its kernel may have answered before its own meshbench-reach could hear that we spoke. */
static bool is_awaited(const struct reach *reach, const struct peer *peer)
{
	return !peer->is_first && !peer->has_spoken && !was_silent(reach);
}

static bool is_done(const struct reach *reach)
{
	if (reach->waiting)
		return false;
	for (size_t i = 0; i < reach->count; i++) {
		if (is_awaited(reach, &reach->peers[i]))
			return false;
	}
	return true;
}

static bool is_to_be_asked(const struct reach *reach, const struct peer *peer)
{
	bool may_speak = !peer->is_first || peer->has_spoken || was_silent(reach);

	return (!peer->has_answered && may_speak) || is_awaited(reach, peer);
}

static void ask_some(struct reach *reach)
{
	size_t asked = 0;

	for (size_t i = 0; i < reach->count && asked < reach->at_once; i++) {
		size_t index = reach->next;

		reach->next = (reach->next + 1) % reach->count;
		if (is_to_be_asked(reach, &reach->peers[index])) {
			pinger_ask(&reach->pinger, index, 0);
			asked++;
		}
	}
}

/* A host that was spoken to answers in kind, at once. */
static void hear_request(struct reach *reach, const struct pinger_heard *heard)
{
	for (size_t i = 0; i < reach->count; i++) {
		struct peer *peer = &reach->peers[i];

		if (peer->has_spoken || !pinger_is_from(&reach->pinger.peers[i], heard))
			continue;
		peer->has_spoken = true;
		if (!peer->has_answered)
			pinger_ask(&reach->pinger, i, 0);
	}
}

static void hear_answer(struct reach *reach, const struct pinger_heard *heard)
{
	if (reach->peers[heard->index].has_answered)
		return;
	reach->peers[heard->index].has_answered = true;
	reach->waiting--;
	printf("%u %lld\n", heard->index, (long long)heard->at_ns);
	fflush(stdout);
}

#define DENSE_NS (5 * NS_PER_MS)

/* Dense in the first second, where most connect; then every 20 ms, which costs a slow one less. */
static int64_t interval_ns(const struct reach *reach)
{
	return clock_now_ns() - reach->began_ns < NS_PER_S ? DENSE_NS : 20 * NS_PER_MS;
}

/* Everybody begins with the peers that follow it, so that nobody is asked by all at once. */
static void set_pace(struct reach *reach, size_t self)
{
	int64_t rounds;

	reach->at_once =
		reach->count && reach->count < ASKS_OF_ALL ? ASKS_OF_ALL / reach->count : 1;
	reach->next = self;
	rounds = (int64_t)(reach->count * reach->count / ASKS_OF_ALL);
	reach->silence_ns = SILENCE_NS > 2 * rounds * DENSE_NS ? SILENCE_NS : 2 * rounds * DENSE_NS;
}

static void run(struct reach *reach)
{
	while (!is_done(reach) && !deadline_has_passed(reach->deadline)) {
		struct deadline round =
			deadline_earlier(deadline_in(interval_ns(reach)), reach->deadline);
		struct pinger_heard heard;

		ask_some(reach);
		while (!is_done(reach) && !deadline_has_passed(round)) {
			if (!pinger_hear(&reach->pinger, round, &heard))
				break;
			if (heard.is_request)
				hear_request(reach, &heard);
			else
				hear_answer(reach, &heard);
		}
	}
}

static int complain(const char *what)
{
	fprintf(stderr, "meshbench-reach: %s: %s\n", what, errno ? strerrordesc_np(errno) : "no");
	return 2;
}

int main(int argc, char *argv[])
{
	struct reach reach = {.began_ns = clock_now_ns()};
	struct error err = {0};
	const char *bad = NULL;
	int64_t limit_ms, self;

	errno = 0;
	if (argc < 5)
		return complain("usage: meshbench-reach MILLISECONDS SELF ADDRESS...");
	if (text_integer(argv[1], 1, 86400000, &limit_ms, &err) ||
		text_integer(argv[2], 0, argc - 4, &self, &err))
		return complain(err.text);
	reach.count = (size_t)argc - 3;
	reach.deadline = deadline_in(limit_ms * NS_PER_MS);
	reach.peers = calloc(reach.count, sizeof(*reach.peers));
	if (!reach.peers)
		return complain("remember the peers");
	if (pinger_open(&reach.pinger, &argv[3], reach.count, true, &bad))
		return complain(bad ? bad : "open a raw socket");
	for (size_t i = 0; i < reach.count; i++)
		reach.peers[i].is_first = (int64_t)i < self;
	reach.peers[self].has_answered = reach.peers[self].has_spoken = true;
	reach.waiting = reach.count - 1;
	set_pace(&reach, (size_t)self);
	run(&reach);
	free(reach.peers);
	free(reach.pinger.peers);
	return reach.waiting ? 1 : 0;
}
