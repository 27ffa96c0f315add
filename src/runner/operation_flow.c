/* SPDX-License-Identifier: MIT */
/* Programs that operations start on hosts, and what they print; a TCP flow between two of them. */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

enum {
	KEEP_BYTES = 16 << 20 /* two numbers for each packet of twenty minutes */
};

static const char PORT[] = "5190";
static const int64_t START_NS = 10 * NS_PER_S; /* for a program to begin on a busy machine */
static const int64_t SLACK_NS = 30 * NS_PER_S;

int operation_start(struct operation_run *m, size_t host, const char *what, const char *const *argv,
	struct proc **ret_proc, struct error *err)
{
	return host_start(lab_host(m->stage->lab, host),
		&(struct proc_spec){.what = what, .argv = argv, .keep_bytes = KEEP_BYTES}, ret_proc,
		err);
}

int operation_document(
	struct proc *proc, const char *what, json_t **ret_document, struct error *err)
{
	struct proc_result result = proc_result(proc);
	const char *document = strchr(result.out, '{');

	if (!document)
		return fail(err, ERROR_TOOL, "%s said nothing: %s", what, proc_obituary(proc));
	return json_parse(document, result.out_size - (size_t)(document - result.out), what,
		ret_document, err);
}

void tcp_flow_done(struct tcp_flow *flow)
{
	proc_freep(&flow->client);
	proc_freep(&flow->server);
}

int tcp_flow_begin(struct operation_run *m, struct tcp_flow *flow, struct error *err)
{
	const char *const words[] = {"iperf3", "-c", vpn_addresses(m->stage->vpn)[flow->to], "-p",
		PORT, "-t", arena_printf(m->arena, "%.0f", flow->seconds), "-J",
		"--connect-timeout", "10000", NULL};

	if (operation_start(m, flow->to, "iperf3 server",
		    ARENA_LIST(m->arena, "iperf3", "-s", "-1", "-p", PORT, "--forceflush"),
		    &flow->server, err) ||
		proc_wait_output(flow->server, "Server listening", deadline_in(START_NS), err))
		return -1;
	return operation_start(m, flow->from, "iperf3", arena_list(m->arena, words, flow->options),
		&flow->client, err);
}

int tcp_flow_end(struct tcp_flow *flow, json_t **ret_document, struct error *err)
{
	int64_t limit_ns = (int64_t)(flow->seconds * (double)NS_PER_S) + SLACK_NS;

	if (proc_wait(flow->client, deadline_in(limit_ns), err))
		return -1;
	return operation_document(flow->client, "iperf3", ret_document, err);
}
