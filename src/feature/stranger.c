/* SPDX-License-Identifier: MIT */
/* Is somebody kept out who has the program and what is public, and no key of the mesh? */
#include "feature/internal.h"

/* Many times what a member needs to join the lab's small mesh. */
static const char patient[] = "--count 200 --interval-us 100000 --bytes " FEATURE_MARK_BYTES;
static const char brief[] = "--count 100 --interval-us 10000 --bytes " FEATURE_MARK_BYTES;

static const char *address_of(const struct feature_end *end)
{
	return end->ipv4 ? end->ipv4 : end->ipv6;
}

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	const char *words = way->is_bare ? brief : patient;

	if (!way->source.device) {
		ret_trial->pointless = "no third host";
		return;
	}
	trial_send(ret_trial, arena, way, trial_target(way), words);
	ret_trial->answer = trial_words(arena, way, address_of(&way->source), words);
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t in = heard_delivered(heard->arrived), out = heard_delivered(heard->back),
		tried = heard_datagrams(heard->outside);

	(void)way;
	if (in + out > 0)
		answer_is(&ret_answers[0], "no",
			"%lld packets of the stranger arrived, and %lld came to it", (long long)in,
			(long long)out);
	else if (tried == 0)
		answer_undecided(&ret_answers[0], "the stranger sent nothing on the wire%s%.90s",
			heard->refusal ? ": " : "", heard->refusal ? heard->refusal : "");
	else if (heard->refusal)
		answer_is(&ret_answers[0], "yes",
			"it sent %lld packets on the wire and could not join: %.90s",
			(long long)tried, heard->refusal);
	else
		answer_is(&ret_answers[0], "yes",
			"in %.0f s none of %lld packets passed in either direction; it sent %lld "
			"on the wire",
			heard->seconds, (long long)heard_sent(heard), (long long)tried);
}

const struct feature_check check_stranger = {.name = "stranger",
	.evidence =
		"packets to and from a host with the program, what is public, and keys of its own",
	.rows = {"peers_authenticated"},
	.known = {"no"},
	.is_strangers = true,
	.plan = plan,
	.read = read};
