/* SPDX-License-Identifier: MIT */
/* Packets lost between a host and the others, from pings of which the fate is known one by one. */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* One direction. */
struct losses {
	double sent, received, lost_silent, lost_after;
};

/* Pings that follow one another and are all answered, or all not. */
struct group {
	double first_s, last_s, lost_there, lost_back;
};

/* The longest silence of the pair; `from_s` is NAN if there was none. */
struct silence {
	double from_s, to_s;
};

static struct silence silence_of(const json_t *pair, const struct mesh_rule *rule, double ended_s)
{
	struct mesh_contact c = mesh_contact(json_object_get(pair, "overlay"), rule, 0, ended_s);

	if (!(c.outage_s > 0))
		return (struct silence){NAN, NAN};
	return (struct silence){
		isnan(c.lost_s) ? 0 : c.lost_s, isnan(c.answered_s) ? ended_s : c.answered_s};
}

static void end_group(struct group *group, const struct silence *silence, struct losses *there,
	struct losses *back)
{
	bool is_silent = group->last_s >= silence->from_s && group->first_s <= silence->to_s;

	*(is_silent ? &there->lost_silent : &there->lost_after) += group->lost_there;
	*(is_silent ? &back->lost_silent : &back->lost_after) += group->lost_back;
	*group = (struct group){NAN, NAN, 0, 0};
}

static void count(const json_t *pings, const struct silence *silence, struct losses *there,
	struct losses *back)
{
	struct group group = {NAN, NAN, 0, 0};
	json_t *stretch;
	size_t i;

	json_array_foreach (pings, i, stretch) {
		double asked = json_number_at(stretch, "/2", 0);
		bool has_arrived = json_is_true(json_array_get(stretch, 3));

		there->sent += asked;
		there->received += has_arrived ? asked : 0;
		back->sent += has_arrived ? asked : 0;
		if (json_is_true(json_array_get(stretch, 4))) {
			back->received += asked;
			end_group(&group, silence, there, back);
			continue;
		}
		if (isnan(group.first_s))
			group.first_s = json_number_at(stretch, "/0", NAN);
		group.last_s = json_number_at(stretch, "/1", NAN);
		*(has_arrived ? &group.lost_back : &group.lost_there) += asked;
	}
	end_group(&group, silence, there, back);
}

static json_t *losses_json(const struct losses *losses)
{
	return json_make("{s:f, s:f, s:f, s:f}", "sent", losses->sent, "received", losses->received,
		"lost_silent", losses->lost_silent, "lost_after", losses->lost_after);
}

static json_t *describe_pair(
	const json_t *pair, const struct mesh_rule *rule, double ended_s, bool host_speaks)
{
	struct silence silence = silence_of(pair, rule, ended_s);
	struct losses there = {0}, back = {0};

	count(json_object_get(pair, "pings"), &silence, &there, &back);
	return json_make("{s:s, s:f, s:o, s:o}", "peer",
		mesh_text(pair, host_speaks ? "to" : "from"), "silent_s",
		isnan(silence.from_s) ? 0 : silence.to_s - silence.from_s, "from_host",
		losses_json(host_speaks ? &there : &back), "to_host",
		losses_json(host_speaks ? &back : &there));
}

json_t *mesh_describe_packets(const json_t *observations, const json_t *run)
{
	const struct mesh_rule rule = mesh_rule(observations);
	bool host_speaks = strcmp(mesh_text(run, "speaker"), "others") != 0;
	const char *host = mesh_text(run, "host");
	json_t *list = json_array(), *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		if (json_is_array(json_object_get(pair, "pings")) &&
			strcmp(mesh_text(pair, host_speaks ? "from" : "to"), host) == 0)
			json_array_append_new(list,
				describe_pair(pair, &rule, mesh_time(run, "ended_s"), host_speaks));
	}
	return list;
}
