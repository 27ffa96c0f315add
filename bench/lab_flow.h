/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/lab.h"

#include "base/json.h"

#include <string.h>

static inline int read_bps(const char *text, double *ret_bps, struct error *err)
{
	json_auto_t *value = NULL;

	if (json_parse(text, strlen(text), "iperf3", &value, err))
		return -1;
	*ret_bps = json_number_at(value, "/end/sum_received/bits_per_second", 0);
	return *ret_bps > 0 ? 0 : fail(err, ERROR_PARSE, "iperf3 moved nothing");
}

/* One TCP flow from host 0 to host 1. */
static inline int flow_in_lab(
	struct lab *lab, const char *seconds, double *ret_bps, struct error *err)
{
	AUTO(proc_freep) struct proc *server = NULL, *client = NULL;
	const struct proc_spec serve = {
		.argv = (const char *const[]){"iperf3", "-s", "-1", "--forceflush", NULL}};
	const struct proc_spec ask = {
		.argv = (const char *const[]){"iperf3", "-J", "-t", seconds, "-c", "yuki", NULL},
		.keep_bytes = 1 << 20};

	if (host_start(lab_host(lab, 1), &serve, &server, err) ||
		proc_wait_output(server, "listening", deadline_in(10 * NS_PER_S), err))
		return -1;
	if (host_start(lab_host(lab, 0), &ask, &client, err) ||
		proc_wait_success(client, deadline_in(600 * NS_PER_S), err))
		return -1;
	return read_bps(proc_result(client).out, ret_bps, err);
}
