/* SPDX-License-Identifier: MIT */
/*
 * Engine edge: cables between machines, and before every host's network card a wire with two ports
 * on its machine. What a host sends meets its fate at its own machine's wire, under the number that
 * the host has in the lab: so fates are those of engine wire.
 */
#include "lab/internal.h"

#include "base/json.h"

#include <stdio.h>

static const char *const ip_batch[] = {"ip", "-batch", "-", NULL};

static int carry(void *context, const void *question, size_t size, void *ret_answer,
	size_t answer_size, struct error *err)
{
	return far_host_carry(context, question, size, ret_answer, answer_size, err);
}

int edge_begin(struct lab *lab, struct error *err)
{
	if (lab->count > WIRE_MAX_PORTS)
		return fail(err, ERROR_MISSING, "engine edge connects at most %d hosts, not %zu",
			WIRE_MAX_PORTS, lab->count);
	lab->losses = arena_alloc(lab->arena, struct host_losses, lab->count);
	lab->edges = arena_alloc(lab->arena, struct wire *, lab->count);
	for (size_t i = 0; i < lab->count; i++) {
		if (wire_over(carry, lab->nodes[i].host, &lab->edges[i], err))
			return -1;
	}
	return 0;
}

void edge_end(struct lab *lab)
{
	for (size_t i = 0; lab->edges && i < lab->count; i++)
		wire_freep(&lab->edges[i]);
}

static int shape(struct lab *lab, size_t index, struct error *err)
{
	const struct wire_params params = emulated_params(&lab->profile);

	return wire_set_params(lab->edges[index], (uint32_t)index, &params,
		profile_has_timeline(&lab->profile) ? &lab->profile.timeline : NULL, err);
}

int edge_plug(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);
	const char *congestion = lab->is_pinned_by_sysctl ? NULL : lab->congestion;

	for (size_t i = 0; i < count; i++) {
		if (shape(lab, first + i, err))
			return -1;
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "give eth0 its address",
			.argv = ip_batch,
			.input = cable_host(arena, &lab->nodes[first + i], congestion)};
	}
	if (errands_run(lab->procs, arena, errands, count, err) ||
		emulated_size_taps(lab, first, count, err))
		return -1;
	return emulated_queue_hosts(lab, first, count, err);
}

int edge_reshape(struct lab *lab, struct error *err)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (shape(lab, i, err))
			return -1;
	}
	if (emulated_size_taps(lab, 0, lab->count, err))
		return -1;
	return emulated_queue_hosts(lab, 0, lab->count, err);
}

/* One that has ended has carried nothing yet that would be measured. */
static int restart(struct lab *lab, size_t index, uint64_t seed, struct error *err)
{
	if (far_host_check_edge(lab->nodes[index].host, err) == 0) {
		if (wire_restart(lab->edges[index], seed, err) == 0)
			return 0;
		if (err->kind != ERROR_CRASHED)
			return -1;
	}
	return far_host_renew_edge(lab->nodes[index].host, err) || shape(lab, index, err) ||
			       wire_restart(lab->edges[index], seed, err)
		       ? -1
		       : 0;
}

int edge_restart(struct lab *lab, uint64_t seed, struct error *err)
{
	lab->wire_cpu_s = 0;
	for (size_t i = 0; i < lab->count; i++) {
		struct wire_health health;

		if (restart(lab, i, seed, err) || wire_read_health(lab->edges[i], &health, err))
			return -1;
		lab->wire_cpu_s += health.cpu_s;
	}
	return losses_count(lab, lab->losses, err);
}

enum {
	HOST_PORT,
	CARD_PORT,
	PORTS
};

/* What one machine's wire says. */
struct edge_look {
	struct wire_health health;
	struct wire_counters ports[PORTS];
	bool is_good;
	char reason[240];
};

static int look(struct lab *lab, size_t index, const struct host_losses *losses,
	struct edge_look *ret, struct error *err)
{
	char reason[200] = "";
	uint32_t number = (uint32_t)index;

	if (wire_read_health(lab->edges[index], &ret->health, err) ||
		wire_read_counters(lab->edges[index], number, &ret->ports[HOST_PORT], err) ||
		wire_read_counters(
			lab->edges[index], number == 0 ? 1 : 0, &ret->ports[CARD_PORT], err))
		return -1;
	ret->ports[HOST_PORT].unfetched = losses->tx_dropped;
	/* What a card received and nobody fetched is nothing that any line would have dropped. */
	ret->ports[CARD_PORT].fell_behind = ret->ports[CARD_PORT].unfetched > 0;
	ret->is_good = wire_health_is_good(&ret->health, ret->ports, PORTS, reason, sizeof(reason));
	snprintf(ret->reason, sizeof(ret->reason), "%s: %s", lab->nodes[index].name, reason);
	return 0;
}

/* The one that was bad, or the least punctual. */
static size_t worst_of(const struct edge_look looks[], size_t count)
{
	size_t worst = 0;

	for (size_t i = 0; i < count; i++) {
		if (!looks[i].is_good)
			return i;
		if (wire_histogram_quantile_ns(&looks[i].health.release_error, 0.99) >
			wire_histogram_quantile_ns(&looks[worst].health.release_error, 0.99))
			worst = i;
	}
	return worst;
}

static json_t *port_json(const struct lab *lab, size_t index, const struct edge_look *look,
	const struct host_losses *losses)
{
	json_t *port =
		emulated_counters_json(lab->nodes[index].name, &look->ports[HOST_PORT], losses);

	json_object_set_new(
		port, "card_unfetched", json_integer((json_int_t)look->ports[CARD_PORT].unfetched));
	json_object_set_new(port, "card_write_errors",
		json_integer((json_int_t)look->ports[CARD_PORT].write_errors));
	return port;
}

int edge_report(struct lab *lab, json_t **ret_report, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct edge_look *looks = arena_alloc(arena, struct edge_look, lab->count);
	struct host_losses *losses = arena_alloc(arena, struct host_losses, lab->count);
	const struct edge_look *worst;
	json_t *report, *ports;
	double cpu_s = 0;

	if (losses_count(lab, losses, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		emulated_subtract(&losses[i], &lab->losses[i]);
		if (look(lab, i, &losses[i], &looks[i], err))
			return -1;
		cpu_s += looks[i].health.cpu_s;
	}
	worst = &looks[worst_of(looks, lab->count)];
	report = emulated_health_json(&worst->health);
	json_object_set_new(report, "cpu_s", json_real(cpu_s - lab->wire_cpu_s));
	json_object_set_new(report, "worst_host", json_text(lab->nodes[worst - looks].name));
	json_object_set_new(report, "was_good", json_boolean(worst->is_good));
	json_object_set_new(
		report, "reason", worst->is_good ? json_null() : json_text(worst->reason));
	ports = json_array();
	for (size_t i = 0; i < lab->count; i++)
		json_array_append_new(ports, port_json(lab, i, &looks[i], &losses[i]));
	json_object_set_new(report, "ports", ports);
	*ret_report = report;
	return 0;
}
