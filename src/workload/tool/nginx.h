/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/* What workloads over HTTP share: the server, and asking whether it answers. */

/* A port that no other link and no other workload's server uses. */
unsigned nginx_port(const struct workload_case *c, unsigned first);
/* Serves all addresses of the target; `location` is the inside of its server block. */
struct workload_command nginx_server(const struct workload_case *c, struct arena *arena,
	const char *name, unsigned port, const char *location);
/* "http://10.0.0.2:8080", "http://[fd00::2]:8080" */
const char *nginx_url(const struct workload_case *c, struct arena *arena, unsigned port);
/* One request with curl; nothing that follows is started unless it is answered. */
struct workload_command nginx_gate(struct arena *arena, const char *url);
/* Whether the server outlived that client; otherwise the reading blames it. */
bool nginx_outlived(const struct workload_output *outputs, size_t server, size_t client,
	struct workload_reading *reading);
/* Whether the gate let pass; otherwise the reading says why. */
bool nginx_gate_passed(
	const struct workload_output *outputs, size_t gate, struct workload_reading *reading);
