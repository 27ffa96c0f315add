/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/* Of the cells of one link and of all. */
extern const struct setting tcp_clients;

/* One link's part, which a cell of one link and a cell of all links have in common. */
void tcp_commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count);
void tcp_read(const struct workload_case *c, const struct workload_output *outputs, size_t count,
	struct workload_reading *ret_reading);
