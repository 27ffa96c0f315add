/* SPDX-License-Identifier: MIT */
/*
 * TCP on every link at once, released together: on each link one flow in each direction, so three
 * hosts in a ring carry six. Every host sends on two links and receives on two, so that its port
 * shares its line among two flows each way: three links of bare 1 Gbit/s lines make 1.5 times one.
 */
#include "workload/link/tcp.h"
#include "workload/tool/iperf3.h"

/* Published: twice the seconds of one link. */
static const struct setting parallel_seconds = {"parallel_seconds", SETTING_SECONDS,
	.follows = "seconds", .argument = "N",
	.help = "measuring time of parallel; default: the same as the others"};

const struct workload workload_parallel = {
	.name = "parallel",
	.file = "parallel_tcp_iperf3.json",
	.settings = (const struct setting *const[]){&parallel_seconds, &tcp_clients, NULL},
	.own_seconds = &parallel_seconds,
	.title = "TCP throughput of all links at once (iperf3)",
	.figures = {"forward_mbps", "reverse_mbps"},
	.figures_title = "Mbit/s there / back, sum of all links",
	.ports = (const char *const[]){"tcp 5201", NULL},
	.needs = IPERF3_NEEDS,
	.packages = IPERF3_NEEDS,
	.scope = WORKLOAD_ALL_LINKS,
	.times_flows = true,
	.estimate_s = iperf3_estimate_s,
	.commands = tcp_commands,
	.read = tcp_read,
};
