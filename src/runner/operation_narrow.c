/* SPDX-License-Identifier: MIT */
/*
 * DOC: The line of the last host becomes narrow while a TCP flow of it to the first host goes on:
 * its router takes no packets above an MTU, and says so by ICMP or is a black hole. Hosts are not
 * changed, but for a line wider than usual, whose hosts have such cards from the beginning. Then
 * sizes are tried, and the VPN begins once more where it is narrow. Every run begins with daemons,
 * and with hosts, that know nothing of an earlier one's paths.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

static const char SIZES_PORT[] = "7091";
static const double BEFORE_S = 1;     /* of a flow, until its line is narrow */
static const double FRESH_S = 4;      /* of a flow that begins there */
static const double INTERVAL_S = 0.1; /* as in `flow_options` */
static const uint16_t USUAL_MTU = 1500;
static const int64_t START_NS = 10 * NS_PER_S;
static const int64_t SIZES_NS = 60 * NS_PER_S;

/* A sender with a large buffer fills it long after nothing is carried any more. */
static const char *const flow_options[] = {"-i", "0.1", "-w", "256K", NULL};

/* Its flows go there from the last host. */
static const size_t TARGET = 0;

static size_t source_of(const struct operation_run *m)
{
	return lab_host_count(m->stage->lab) - 1;
}

/* Of cards of hosts: as usual, or what a wider line takes. */
static uint16_t card_mtu(const struct operation_run *m)
{
	return m->operation->mtu > USUAL_MTU ? (uint16_t)m->operation->mtu : USUAL_MTU;
}

/* What fails on a narrow line is an answer, unless the user ends the run. */
static int learn(int failed, struct error *failure, struct error *err)
{
	if (!failed || failure->kind != ERROR_CANCELLED)
		return 0;
	*err = *failure;
	return -1;
}

static json_t *flow_json(const json_t *document)
{
	json_t *bytes = json_array(), *interval;
	size_t i;

	json_array_foreach (json_object_get(document, "intervals"), i, interval)
		json_array_append_new(bytes, json_real(json_number_at(interval, "/sum/bytes", 0)));
	return json_make("{s:f, s:o, s:s?}", "interval_s", INTERVAL_S, "bytes", bytes, "error",
		json_string_at(document, "/error", NULL));
}

static struct tcp_flow flow_for(const struct operation_run *m, double seconds)
{
	return (struct tcp_flow){
		.from = source_of(m), .to = TARGET, .seconds = seconds, .options = flow_options};
}

/* A flow that does not come to an end carries nothing. */
static int note_flow(
	struct operation_run *m, struct tcp_flow *flow, const char *name, struct error *err)
{
	json_auto_t *document = NULL;
	struct error failure;
	int failed = tcp_flow_end(flow, &document, &failure);

	json_object_set_new(m->observed, name, failed ? json_null() : flow_json(document));
	return learn(failed, &failure, err);
}

static int narrow(struct operation_run *m, struct error *err)
{
	return lab_narrow_router(m->stage->lab, source_of(m), (uint16_t)m->operation->mtu,
		m->operation->is_black_hole, err);
}

/* As wide as usual, or as wide as it will be. */
static int begin_wide(struct operation_run *m, struct error *err)
{
	return lab_narrow_router(m->stage->lab, source_of(m), card_mtu(m), false, err) ||
			       lab_size_cards(m->stage->lab, card_mtu(m), err) ||
			       vpn_restart(m->stage->vpn, err)
		       ? -1
		       : 0;
}

static int narrow_in_mid_stream(struct operation_run *m, struct error *err)
{
	AUTO(tcp_flow_done)
	struct tcp_flow flow = flow_for(m, BEFORE_S + m->operation->seconds);

	operation_zero(m, clock_now_ns());
	if (tcp_flow_begin(m, &flow, err) || operation_wait(m, BEFORE_S, err) || narrow(m, err))
		return -1;
	operation_mark(m, "narrowed_s");
	return note_flow(m, &flow, "flow", err);
}

static int run_sizes(struct operation_run *m, json_t **ret_document, struct error *err)
{
	AUTO(proc_freep) struct proc *server = NULL;
	AUTO(proc_freep) struct proc *asker = NULL;
	const char *program;

	return helper_find(m->arena, "meshbench-rate", &program, err) ||
			       operation_start(m, TARGET, "server of sizes",
				       ARENA_LIST(m->arena, program, "serve", "--port", SIZES_PORT),
				       &server, err) ||
			       proc_wait_output(server, "ready\n", deadline_in(START_NS), err) ||
			       operation_start(m, source_of(m), "sizes",
				       ARENA_LIST(m->arena, program, "sizes",
					       vpn_addresses(m->stage->vpn)[TARGET], "--port",
					       SIZES_PORT),
				       &asker, err) ||
			       proc_wait(asker, deadline_in(SIZES_NS), err) ||
			       operation_document(asker, "meshbench-rate", ret_document, err)
		       ? -1
		       : 0;
}

static int try_sizes(struct operation_run *m, struct error *err)
{
	json_t *document = NULL;
	struct error failure;
	int failed = run_sizes(m, &document, &failure);

	json_object_set_new(m->observed, "sizes", failed ? json_null() : document);
	return learn(failed, &failure, err);
}

/* From nothing, where the line is narrow already. */
static int begin_again(struct operation_run *m, struct error *err)
{
	AUTO(tcp_flow_done) struct tcp_flow flow = flow_for(m, FRESH_S);
	struct error failure;
	int failed;

	if (lab_size_cards(m->stage->lab, card_mtu(m), err))
		return -1;
	failed = vpn_restart(m->stage->vpn, &failure);
	json_object_set_new(m->observed, "returned", json_boolean(!failed));
	if (failed)
		return learn(failed, &failure, err);
	failed = tcp_flow_begin(m, &flow, &failure);
	if (failed) {
		json_object_set_new(m->observed, "fresh", json_null());
		return learn(failed, &failure, err);
	}
	return note_flow(m, &flow, "fresh", err);
}

/* As wide as the topology says, and whole, if need be with daemons that begin from nothing. */
static int leave(struct operation_run *m, struct error *err)
{
	struct error ignored;

	operation_mark(m, "ended_s");
	if (lab_narrow_router(m->stage->lab, source_of(m), 0, false, err) ||
		lab_size_cards(m->stage->lab, 0, err))
		return -1;
	return vpn_settle(m->stage->vpn, &ignored) == 0 ? 0 : vpn_restart(m->stage->vpn, err);
}

static int check_edges(const struct operation_run *m, struct error *err)
{
	struct lab *lab = m->stage->lab;

	if (lab_edge(lab, TARGET) != lab_edge(lab, source_of(m)))
		return 0;
	return fail(err, ERROR_USAGE,
		"hosts %s and %s are behind one router, so nothing between them is narrow",
		lab_host(lab, TARGET)->name, lab_host(lab, source_of(m))->name);
}

int operation_narrow(struct operation_run *m, struct error *err)
{
	json_object_set_new(m->observed, "outer_mtu_bytes", json_integer(m->operation->mtu));
	json_object_set_new(m->observed, "icmp", json_boolean(!m->operation->is_black_hole));
	return check_edges(m, err) || begin_wide(m, err) || narrow_in_mid_stream(m, err) ||
			       try_sizes(m, err) || begin_again(m, err) || leave(m, err)
		       ? -1
		       : 0;
}
