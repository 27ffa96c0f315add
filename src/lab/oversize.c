/* SPDX-License-Identifier: MIT */
/*
 * Proof that netem meets single packets, and how many do not pass the line of engine bridge or the
 * card of a real machine singly: frames that are larger than the MTU are counted, on every port of
 * the bridge, or by the machine that a card is in.
 */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/json.h"
#include "host/frames.h"

#include <stdio.h>

int oversize_watch(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct inside *list = arena_alloc(arena, struct inside, count);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct inside){.host = lab->bridge,
			.name = lab->nodes[first + i].name,
			.device = arena_printf(arena, "port%zu", first + i),
			.open = frames_watch_in};
	return inside_open(list, count, lab->oversize_fds + first, err);
}

/*
 * A machine that cannot count says why, and is measured all the same; one that is gone is not.
 */
static int count_far(struct lab *lab, size_t index, struct oversize *ret, struct error *err)
{
	uint64_t count = 0;

	if (host_large_frames(lab->nodes[index].host, &count, err) == 0) {
		*ret = (struct oversize){.host = lab->nodes[index].name, .frames = (int64_t)count};
		return 0;
	}
	if (err->kind == ERROR_HOST || err->kind == ERROR_CANCELLED)
		return -1;
	*ret = (struct oversize){.host = lab->nodes[index].name, .frames = -1};
	snprintf(ret->uncounted, sizeof(ret->uncounted), "%s", err->text);
	return 0;
}

static int count_one(struct lab *lab, size_t index, struct oversize *ret, struct error *err)
{
	unsigned count = 0;

	if (lab_engine_is_real(lab->engine))
		return count_far(lab, index, ret, err);
	if (frames_take(lab->oversize_fds[index], &count, err))
		return -1;
	*ret = (struct oversize){.host = lab->nodes[index].name, .frames = count};
	return 0;
}

int oversize_restart(struct lab *lab, struct error *err)
{
	struct oversize ignored;

	for (size_t i = 0; i < lab->count; i++) {
		if (count_one(lab, i, &ignored, err))
			return -1;
	}
	return 0;
}

/* Without a count nothing shows that netem met single packets. */
static bool is_worse(const struct oversize *port, const struct oversize *worst)
{
	return worst->frames >= 0 && (port->frames < 0 || port->frames > worst->frames);
}

static void say_why(char *text, size_t size, const struct oversize *worst)
{
	if (worst->frames < 0)
		snprintf(text, size,
			"nothing shows that packets had a fate each: host %s cannot count: %s",
			worst->host, worst->uncounted);
	else
		snprintf(text, size,
			"one fate was decided for several packets: host %s %s %lld frame%s larger than the MTU",
			worst->host, worst->is_receiver ? "was sent" : "sent",
			(long long)worst->frames, worst->frames == 1 ? "" : "s");
}

json_t *oversize_json(const struct oversize ports[], size_t count, bool have_fates)
{
	const struct oversize *worst = &ports[0];
	json_auto_t *list = json_array();
	char reason[sizeof(worst->uncounted) + 200];
	bool is_bad;

	for (size_t i = 0; i < count; i++) {
		json_t *port = json_make("{s:s, s:o}", "host", ports[i].host, "oversized_frames",
			ports[i].frames < 0 ? json_null() : json_integer(ports[i].frames));

		if (ports[i].frames < 0)
			json_object_set_new(port, "uncounted", json_text(ports[i].uncounted));
		json_array_append_new(list, port);
		if (is_worse(&ports[i], worst))
			worst = &ports[i];
	}
	is_bad = have_fates && worst->frames != 0;
	say_why(reason, sizeof(reason), worst);
	return json_make("{s:b, s:s?, s:O}", "was_good", !is_bad, "reason", is_bad ? reason : NULL,
		"ports", list);
}

int oversize_report(struct lab *lab, json_t **ret_report, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct oversize *ports = arena_alloc(arena, struct oversize, lab->count);

	for (size_t i = 0; i < lab->count; i++) {
		if (count_one(lab, i, &ports[i], err))
			return -1;
		ports[i].is_receiver = lab->engine == LAB_ENGINE_EDGE_NETEM;
	}
	/* tbf charges every packet of such a frame, so a line only carries them closer together. */
	*ret_report = oversize_json(ports, lab->count,
		lab_engine_has_netem(lab->engine) || profile_has_impairment(&lab->profile));
	return 0;
}
