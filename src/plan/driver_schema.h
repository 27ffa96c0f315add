/* SPDX-License-Identifier: MIT */
#pragma once

#include <cyaml/cyaml.h>

/* driver.yml as it is written, before any check; lists and texts are libcyaml's. */

struct written_role {
	const char *name, *take;
	const char **needs;
	unsigned needs_count;
};

struct written_send {
	const char *from, *to, *is_public;
};

struct written_write {
	const char *template, *to, *mode;
};

struct written_ready {
	const char *interface, *file, *http, *tcp, *output;
};

struct written_capture {
	const char *as, *at, *after, *secret;
};

struct written_step {
	const char *what, *where, *each, *run, *daemon, *script, *input, *within, *once;
	struct written_write *write;
	struct written_send *send;
	unsigned send_count;
	struct written_ready *ready;
	struct written_capture *capture, *captures;
	unsigned captures_count;
};

struct written_variant {
	const char *name, *what;
};

struct written_address {
	const char *interface, *run;
};

struct written_driver {
	const char *schema, *name, *folder, *title, *architecture, *datapath, *version, *observe,
		*extra, *underlay_ipv6;
	const char **needs, **packages, **ports;
	unsigned needs_count, packages_count, ports_count;
	struct written_role *roles;
	unsigned roles_count;
	struct written_variant *variants;
	unsigned variants_count;
	struct written_step *prepare, *serve, *join, *stop;
	unsigned prepare_count, serve_count, join_count, stop_count;
	struct written_address *address;
};

extern const cyaml_schema_value_t driver_schema;
