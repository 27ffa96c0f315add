/* SPDX-License-Identifier: MIT */
/* What the report knows of every workload: its names, its reader, where its outcome is kept. */
#include "report/model/workloads.h"

#include "report/model/result_file.h"

#include <string.h>

#define AT(member) offsetof(struct report_repetition, member)
#define FIGURES_OF(id) NULL, AT(results[id].outcome)

const struct report_workload report_workloads[REPORT_WORKLOADS] = {
	[REPORT_PING] = {"ping", "ping.json", "ping", "Round-trip time", true, result_file_ping,
		AT(ping.outcome)},
	[REPORT_TCP] = {"tcp", "tcp_iperf3.json", "TCP", "TCP, one stream", true, result_file_tcp,
		AT(tcp.outcome)},
	[REPORT_UDP] = {"udp", "udp_iperf3.json", "UDP", "UDP flood", true, result_file_udp,
		AT(udp.outcome)},
	[REPORT_QUIC] = {"quic", "qperf.json", "QUIC", "QUIC", true, result_file_qperf,
		AT(qperf.outcome)},
	[REPORT_VIDEO] = {"video", "rist_stream.json", "video", "Video over RIST", true,
		result_file_video, AT(video.outcome)},
	[REPORT_NIX_CACHE] = {"nix_cache", "nix_cache.json", "download",
		"Download of a package closure", true, result_file_nix, AT(nix.outcome)},
	[REPORT_PARALLEL] = {"parallel", "parallel_tcp_iperf3.json", "all links",
		"TCP on all links at once", false, result_file_parallel, AT(parallel.outcome)},
	[REPORT_HTTP_SMALL] = {"http_small", "http_small.json", "HTTP", "Short HTTP requests", true,
		FIGURES_OF(REPORT_HTTP_SMALL)},
	[REPORT_LOAD_LATENCY] = {"load_latency", "load_latency.json", "latency under load",
		"Latency under load", true, FIGURES_OF(REPORT_LOAD_LATENCY)},
	[REPORT_REORDER] = {"reorder", "reorder.json", "reordering", "Reordering and loss", true,
		FIGURES_OF(REPORT_REORDER)},
	[REPORT_RATE] = {"rate", "rate.json", "rate", "Highest UDP rate with little loss", true,
		FIGURES_OF(REPORT_RATE)},
	[REPORT_WAKE] = {"wake", "wake.json", "waking", "First packets after a silence", true,
		FIGURES_OF(REPORT_WAKE)},
	[REPORT_CONNECT] = {"connect", "connect.json", "connect", "Connecting from scratch", false,
		FIGURES_OF(REPORT_CONNECT)},
	[REPORT_RESTART] = {"restart", "restart.json", "restart", "Restarts of daemons", false,
		FIGURES_OF(REPORT_RESTART)},
	[REPORT_REBOOT] = {"reboot", "reboot.json", "reboot", "Reboots of hosts", false,
		FIGURES_OF(REPORT_REBOOT)},
	[REPORT_IDLE] = {"idle", "idle.json", "idle", "An idle mesh", false,
		FIGURES_OF(REPORT_IDLE)},
	[REPORT_SCALE] = {"scale", "scale.json", "scale", "A growing mesh", false,
		FIGURES_OF(REPORT_SCALE)},
	[REPORT_PUNCH] = {"punch", "punch.json", "punching", "Direct ways through routers", false,
		FIGURES_OF(REPORT_PUNCH)},
	[REPORT_KEEPALIVE] = {"keepalive", "keepalive.json", "keep-alive",
		"How long a NAT must remember", false, FIGURES_OF(REPORT_KEEPALIVE)},
	[REPORT_ROAM] = {"roam", "roam.json", "roaming", "A host whose network changes", false,
		FIGURES_OF(REPORT_ROAM)},
	[REPORT_HOSTILE] = {"hostile", "hostile.json", "hostile packets",
		"Packets that an attacker on the way could send", false,
		FIGURES_OF(REPORT_HOSTILE)},
	[REPORT_RELAY] = {"relay", "relay.json", "relay", "A direct way that is blocked", false,
		FIGURES_OF(REPORT_RELAY)},
	[REPORT_MTU] = {"mtu", "mtu.json", "MTU", "A line that becomes narrow", false,
		FIGURES_OF(REPORT_MTU)},
	[REPORT_PATHCHOICE] = {"pathchoice", "pathchoice.json", "path choice",
		"A direct way that becomes slow or lossy", false, FIGURES_OF(REPORT_PATHCHOICE)},
};

const struct report_workload *report_workload_of(const char *file)
{
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		if (strcmp(report_workloads[i].file, file) == 0)
			return &report_workloads[i];
	return NULL;
}

const struct report_outcome *report_outcome_of(
	const struct report_repetition *repetition, enum report_workload_id workload)
{
	const char *start = (const char *)repetition;

	return (const struct report_outcome *)(start + report_workloads[workload].outcome);
}
