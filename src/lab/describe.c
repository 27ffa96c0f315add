/* SPDX-License-Identifier: MIT */
/* What a lab is, as its kernel says it: read back and not repeated from what was asked. */
#include "lab/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What is asked of every host, in this order. */
enum question {
	QUESTION_SYSCTLS,
	QUESTION_OFFLOADS,
	QUESTION_QUEUES,
	QUESTION_LINK,
	QUESTION_ROUTES_IPV4,
	QUESTION_ROUTES_IPV6,
	QUESTION_PROCESSORS,
	QUESTION_COUNT
};

static const char *const *question_argv(
	const struct lab *lab, struct arena *arena, enum question question)
{
	static const char *const offloads[] = {"ethtool", "-k", "eth0", NULL};
	static const char *const queues[] = {"tc", "-json", "qdisc", "show", "dev", "eth0", NULL};
	static const char *const link[] = {
		"ip", "-json", "-details", "link", "show", "dev", "eth0", NULL};
	static const char *const ipv4[] = {"ip", "-json", "route", "show", NULL};
	static const char *const ipv6[] = {"ip", "-json", "-6", "route", "show", NULL};
	static const char *const processors[] = {
		"grep", "Cpus_allowed_list", "/proc/self/status", NULL};
	static const char *const *const fixed[] = {
		[QUESTION_OFFLOADS] = offloads,
		[QUESTION_QUEUES] = queues,
		[QUESTION_LINK] = link,
		[QUESTION_ROUTES_IPV4] = ipv4,
		[QUESTION_ROUTES_IPV6] = ipv6,
		[QUESTION_PROCESSORS] = processors,
	};
	const char *const *keys;
	const char **sysctl;
	size_t count;

	if (question != QUESTION_SYSCTLS)
		return fixed[question];
	keys = settings_recorded(lab, arena, &count);
	sysctl = arena_alloc(arena, const char *, count + 3);
	sysctl[0] = "sysctl";
	sysctl[1] = "-e"; /* older kernels lack some */
	memcpy(sysctl + 2, keys, count * sizeof(*sysctl));
	return sysctl;
}

/* "name<separator>value" lines as an object; leading blanks and lines without it are skipped. */
static json_t *read_pairs(struct arena *arena, const char *text, const char *separator)
{
	json_t *object = json_object();
	char *copy = arena_strdup(arena, text), *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *at = strstr(line, separator);

		if (!at)
			continue;
		*at = '\0';
		json_object_set_new(
			object, text_trim(line), json_text(text_trim(at + strlen(separator))));
	}
	return object;
}

static json_t *read_answer(struct arena *arena, enum question question, const char *text)
{
	struct error ignored;
	json_t *value = NULL;

	if (!text)
		return json_null(); /* the tool is not installed */
	if (question == QUESTION_SYSCTLS)
		return read_pairs(arena, text, " = ");
	if (question == QUESTION_OFFLOADS)
		return read_pairs(arena, text, ": ");
	if (question == QUESTION_PROCESSORS)
		return json_text(text_trim(arena_strdup(arena, text + strcspn(text, "\t"))));
	if (json_parse(text, strlen(text), "ip or tc", &value, &ignored))
		return json_null();
	return value;
}

static json_t *host_description(
	struct lab *lab, struct arena *arena, size_t index, const struct errand answers[])
{
	static const char *const keys[] = {"sysctls", "offloads", "queues", "link", "routes_ipv4",
		"routes_ipv6", "processors"};
	const struct lab_node *node = &lab->nodes[index];
	const char *shortcoming = host_shortcoming(node->host);
	json_t *host = json_make("{s:s, s:s, s:s, s:s}", "name", node->name, "ipv4", node->ipv4,
		"ipv6", node->ipv6, "mac", node->mac);

	for (enum question q = 0; q < QUESTION_COUNT; q++)
		json_object_set_new(host, keys[q], read_answer(arena, q, answers[q].out));
	if (shortcoming)
		json_object_set_new(host, "shortcoming", json_text(shortcoming));
	return host;
}

static const char *engine_remark(const struct lab *lab)
{
	static const char *const remarks[] = {
		[LAB_ENGINE_BRIDGE] =
			"veth pairs and a Linux bridge; the line rate by tbf at both ends of a port, which lets super-packets pass as one and charges each of their packets; every cell counts them",
		[LAB_ENGINE_NETEM] =
			"as engine bridge, with netem on the bridge's ports, so it acts on what a host is sent; hosts have tso, gso and gro off and gso_max_segs 1, so netem meets single packets; every cell counts frames larger than the MTU, and one of them marks it",
		[LAB_ENGINE_WIRE] =
			"TAPs joined by meshbench-wire; hosts hand over super-packets, and every packet on the wire meets its own fate, unless the profile says unit superpacket",
		[LAB_ENGINE_CABLE] =
			"network cards of the machines, moved into their hosts; the line rate by tbf on the sender's card, nothing else is ours; every cell counts the frames that a card is given to cut",
		[LAB_ENGINE_EDGE] =
			"network cards of the machines, each in a network of its own, and between it and its host a meshbench-wire with two ports on that machine; hosts hand over super-packets, and every packet that a host sends meets its own fate there before the card",
		[LAB_ENGINE_EDGE_NETEM] =
			"network cards of the machines, each in a network of its own; what a card receives is cut into single packets by a veth that takes one segment at a time, and netem acts on them on their way to the host; every cell counts frames larger than the MTU behind that veth, and one of them marks it"};

	return remarks[lab->engine];
}

static json_t *cores_facts(const struct lab *lab, struct arena *arena)
{
	const char **names = arena_alloc(arena, const char *, lab->count);

	for (size_t i = 0; i < lab->count; i++)
		names[i] = lab->nodes[i].name;
	return lab_cores_json(&lab->cores, names);
}

static json_t *lab_facts(struct lab *lab, struct arena *arena)
{
	bool is_wire = lab->engine == LAB_ENGINE_WIRE || lab->engine == LAB_ENGINE_EDGE;
	json_t *facts = json_make("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:f}", "engine",
		lab_engine_name(lab->engine), "engine_remark", engine_remark(lab), "mtu_bytes",
		LAB_MTU, "neighbours",
		lab_engine_is_real(lab->engine) ? "as the kernel finds them" : "permanent",
		"congestion_control", lab->congestion, "congestion_control_pinned_by",
		lab->is_pinned_by_sysctl ? "sysctl" : "route", "profile", lab->profile.name,
		"line_rate_bps", lab->profile.line_rate_bps);

	if (lab->cores.per_host)
		json_object_set_new(facts, "processors", cores_facts(lab, arena));
	if (lab->groups)
		json_object_set_new(facts, "limits", limits_facts(lab));
	if (is_wire) {
		json_object_set_new(facts, "wire", emulated_facts(lab));
		return facts;
	}
	json_object_set_new(facts, "host_queue",
		json_text(text_trim(shape_host(arena, &lab->profile, "eth0"))));
	if (lab->engine == LAB_ENGINE_CABLE)
		return facts;
	json_object_set_new(facts, "port_queue",
		json_text(text_trim(shape_port(arena, &lab->profile, lab->engine,
			lab->engine == LAB_ENGINE_EDGE_NETEM ? "port0" : "portN"))));
	return facts;
}

int lab_describe(struct lab *lab, json_t **ret_description, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count = lab->count * QUESTION_COUNT;
	struct errand *errands = arena_alloc(arena, struct errand, count);
	json_t *description, *hosts;

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i / QUESTION_COUNT].host,
			.what = "describe the host",
			.argv = question_argv(lab, arena, (enum question)(i % QUESTION_COUNT)),
			.keep_bytes = (size_t)1 << 20,
			.may_fail = i % QUESTION_COUNT == QUESTION_OFFLOADS ||
				    i % QUESTION_COUNT == QUESTION_PROCESSORS};
	if (errands_run(lab->procs, arena, errands, count, err))
		return fail_in(err, "describe the lab");
	description = lab_facts(lab, arena);
	hosts = json_array();
	for (size_t i = 0; i < lab->count; i++)
		json_array_append_new(
			hosts, host_description(lab, arena, i, errands + i * QUESTION_COUNT));
	json_object_set_new(description, "tuning",
		settings_tuning(lab, json_object_get(json_array_get(hosts, 0), "sysctls")));
	json_object_set_new(description, "hosts", hosts);
	json_object_set(description, "unpinned_routes", lab->unpinned_routes);
	*ret_description = description;
	return 0;
}
