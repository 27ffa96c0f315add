/* SPDX-License-Identifier: MIT */
/*
 * meshbench-watch EVERY_MS ROUNDS SELF SPEAKS TELLS ADDRESS...: pings every host but SELF at each
 * of its addresses, time after time, until it is ended. SPEAKS has a letter per host: with 's' we
 * speak to it by our clock, with '-' whenever it has spoken to us, with '.' never. The addresses
 * are those of all hosts, then further ones of all hosts. Says "POSITION NANOSECONDS"
 * (CLOCK_MONOTONIC) of every answer, once in ROUNDS rounds. If TELLS is "pings" and not "answers",
 * it also says "LETTER POSITION NUMBER NANOSECONDS" of every ping by somebody's clock at a first
 * address: 'a' we asked, 'h' we heard that ask, 'r' it was replied to. Exit status: 2 it could not
 * try.
 *
 * Who of two hosts speaks first matters: two handshakes may cross, and a host that lost its state
 * may have to speak before it is heard again.
 */
#include "programs/pinger.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer {
	bool is_spoken_to, is_awaited; /* by our clock; until it speaks. Neither: not watched */
	int64_t asked_ns;
	uint32_t asked; /* how often */
};

struct watch {
	struct pinger pinger;
	struct peer *peers;
	size_t count, hosts, self;
	int64_t every_ns, rounds;
	bool tells_pings;
};

static void tell(
	const struct watch *watch, char letter, size_t index, uint32_t number, int64_t at_ns)
{
	if (watch->tells_pings && index < watch->hosts)
		printf("%c %zu %u %lld\n", letter, index, number, (long long)at_ns);
}

static void ask(struct watch *watch, size_t index, int64_t now_ns)
{
	struct peer *peer = &watch->peers[index];

	peer->asked_ns = now_ns;
	if (peer->is_spoken_to)
		tell(watch, 'a', index, peer->asked, now_ns);
	pinger_ask(&watch->pinger, index, peer->asked++);
}

static void ask_all(struct watch *watch)
{
	int64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < watch->count; i++) {
		if (watch->peers[i].is_spoken_to)
			ask(watch, i, now_ns);
	}
}

/* In kind, but no more often than by the clock: hosts with one address for all hear it twice. */
static void hear_request(struct watch *watch, const struct pinger_heard *heard)
{
	for (size_t i = 0; i < watch->count; i++) {
		const struct peer *peer = &watch->peers[i];

		if (!peer->is_awaited || !pinger_is_from(&watch->pinger.peers[i], heard))
			continue;
		if (heard->index == watch->self)
			tell(watch, 'h', i, heard->number, heard->at_ns);
		if (heard->at_ns - peer->asked_ns >= watch->every_ns / 2)
			ask(watch, i, heard->at_ns);
	}
}

static void hear_answer(const struct watch *watch, const struct pinger_heard *heard)
{
	printf("%u %lld\n", heard->index, (long long)heard->at_ns);
	if (watch->peers[heard->index].is_spoken_to)
		tell(watch, 'r', heard->index, heard->number, heard->at_ns);
}

static void run(struct watch *watch)
{
	for (int64_t number = 1;; number++) {
		struct deadline round = deadline_in(watch->every_ns);
		struct pinger_heard heard;

		ask_all(watch);
		while (pinger_hear(&watch->pinger, round, &heard)) {
			if (heard.is_request)
				hear_request(watch, &heard);
			else
				hear_answer(watch, &heard);
			if (deadline_has_passed(round))
				break;
		}
		/* Nobody reads any more: our watch is over. */
		if (number % watch->rounds == 0 && fflush(stdout))
			return;
	}
}

static int complain(const char *what)
{
	fprintf(stderr, "meshbench-watch: %s: %s\n", what, errno ? strerrordesc_np(errno) : "no");
	return 2;
}

enum {
	BEFORE_SPEAKS = 4,
	BEFORE_TELLS,
	BEFORE_ADDRESSES
};

static bool has_awaited(const char *speaks)
{
	return strchr(speaks, '-') != NULL;
}

static int read_peers(struct watch *watch, const char *speaks)
{
	watch->peers = calloc(watch->count, sizeof(*watch->peers));
	if (!watch->peers)
		return -1;
	for (size_t i = 0; i < watch->count; i++) {
		size_t host = i % watch->hosts;
		bool is_self = host == watch->self;

		watch->peers[i].is_spoken_to = !is_self && speaks[host] == 's';
		watch->peers[i].is_awaited = !is_self && speaks[host] == '-';
	}
	return 0;
}

int main(int argc, char *argv[])
{
	struct watch watch = {
		.count = argc > BEFORE_ADDRESSES ? (size_t)argc - BEFORE_ADDRESSES : 0};
	const char *speaks = watch.count ? argv[BEFORE_SPEAKS] : "";
	struct error err = {0};
	const char *bad = NULL;
	int64_t every_ms, self;

	errno = 0;
	if (!*speaks || strlen(speaks) > watch.count || speaks[strspn(speaks, "s-.")])
		return complain(
			"usage: meshbench-watch EVERY_MS ROUNDS SELF SPEAKS TELLS ADDRESS...");
	if (text_integer(argv[1], 1, 1000, &every_ms, &err) ||
		text_integer(argv[2], 1, 1000, &watch.rounds, &err) ||
		text_integer(argv[3], 0, (int64_t)strlen(speaks) - 1, &self, &err))
		return complain(err.text);
	watch.every_ns = every_ms * NS_PER_MS;
	watch.hosts = strlen(speaks);
	watch.self = (size_t)self;
	watch.tells_pings = strcmp(argv[BEFORE_TELLS], "pings") == 0;
	if (read_peers(&watch, speaks))
		return complain("remember the peers");
	if (pinger_open(
		    &watch.pinger, &argv[BEFORE_ADDRESSES], watch.count, has_awaited(speaks), &bad))
		return complain(bad ? bad : "open a raw socket");
	run(&watch);
	return 0;
}
