/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A VPN described as data: drivers/NAME/driver.yml and the templates and scripts in its folder.
 * Loading checks everything that can be known without running: unknown keys, verbs, roles, names
 * and files are ERROR_USAGE with file:line:column.
 */
enum driver_verb {
	DRIVER_RUN,    /* a command that ends */
	DRIVER_DAEMON, /* a command that stays */
	DRIVER_WRITE,  /* a template, filled in */
	DRIVER_SEND,   /* files from the controller */
	/* A program in the driver's folder, the door for what the verbs cannot say; with `ready`
	 * it may end with 0 or stay as a daemon. */
	DRIVER_SCRIPT,
};

enum driver_each {
	DRIVER_EACH_NONE,
	DRIVER_EACH_ALL,
	DRIVER_EACH_OTHERS
};

enum driver_phase {
	DRIVER_PREPARE,
	DRIVER_SERVE,
	DRIVER_JOIN,
	DRIVER_STOP
};

/* What says that a daemon serves; all given ones must hold. Names are not yet expanded. */
struct driver_ready {
	const char *interface; /* exists and is up */
	const char *file;      /* exists on the host */
	const char *http;      /* answers 2xx on the host */
	const char *tcp;       /* ADDRESS:PORT accepts a connection from the host */
	const char *output;    /* stands in its output */
};

struct driver_send {
	const char *from, *to;
	bool is_public; /* anybody may know it, such as the certificate of an authority */
};

/* All of stdout, trimmed, or one of two parts of it. */
struct driver_capture {
	const char *as;
	const char *at;    /* JSON pointer into it, or NULL */
	const char *after; /* what stands before the value on its line, or NULL */
	bool is_secret;
};

struct template;

struct driver_step {
	const char *what;
	enum driver_verb verb;
	const char *where; /* a role, "all" or "controller" */
	enum driver_each each;
	const char *const *words; /* run, daemon, script: NULL-terminated, names not yet expanded */
	const struct template *write_template; /* read and checked */
	const char *write_to;
	unsigned write_mode;
	const struct driver_send *sends;
	size_t send_count;
	const char *input; /* stdin, or NULL */
	struct driver_ready ready;
	const struct driver_capture *captures;
	size_t capture_count;
	int64_t within_ns;
	bool is_once;  /* left out when the daemons are started again */
	unsigned line; /* in driver.yml */
};

struct driver_role {
	const char *name;
	enum driver_take {
		DRIVER_TAKE_FIRST,
		DRIVER_TAKE_REST,
		DRIVER_TAKE_ALL
	} take;
	const char *const *needs; /* programs, NULL-terminated */
};

/* Templates FILE+NAME that are used in place of FILE: another way to set the VPN up. */
struct driver_variant {
	const char *name, *what; /* "keepalive", and in a line what it does and who asks for it */
};

struct driver_phase_steps {
	const struct driver_step *steps;
	size_t count;
};

struct driver {
	const char *name;   /* "nebula": what users type; also the folder's name */
	const char *folder; /* in result trees: "Nebula" */
	const char *title;
	const char *architecture; /* one line: "lighthouse and direct UDP tunnels" */
	const char *datapath;     /* "kernel", "userspace", "none" */
	const char *dir;          /* where driver.yml lies */
	const char *version;      /* a command, NULL-able */
	/* Programs every host needs, NULL-terminated; "a|b": one of them; "module:x": the kernel's.
	 */
	const char *const *needs;
	const char *const *packages; /* Debian packages that provide them, NULL-terminated */
	/* "udp 51820": what its hosts say to each other on the underlay; NULL-terminated. */
	const char *const *ports;
	const struct driver_role *roles;
	size_t role_count;
	struct driver_phase_steps phases[DRIVER_STOP + 1];
	const struct driver_variant *variants;
	size_t variant_count;
	/* Where the overlay address is found; exactly one, or none for the bare link. */
	const char *address_interface;
	const char *const *address_run;
	bool is_extra;         /* not among `all`: beyond the scenarios that belong together */
	bool takes_ipv6;       /* what it writes is right with IPv6 addresses of hosts, too */
	bool packages_have_it; /* next to advice: its packages are another way; filled with it */
	/* A command that tells how a host sees its mesh, or NULL. */
	const char *const *observe;
	/*
	 * Which of its programs run: filled by who chose them. driver_load leaves what is on PATH:
	 * `label` is the name, with its variant; the others are NULL.
	 */
	const char *label;  /* for people and plans: "nebula", "nebula+relay", "nebula@1.9.7" */
	const char *bin;    /* the folder whose programs come before those on PATH */
	const char *absent; /* why the chosen version cannot run, with what to do */
	const char *advice; /* how to get programs that are missing, instead of its packages */
	/* What `meshbench check` reports although it is not an error; NULL-terminated, with places.
	 */
	const char *const *warnings;
};

MUST_CHECK int driver_load(
	struct arena *arena, const char *dir, struct driver *ret_driver, struct error *err);
/* One of its variants, which has label, title and folder of its own; NULL: the driver itself. */
MUST_CHECK int driver_load_variant(struct arena *arena, const char *dir, const char *variant,
	struct driver *ret_driver, struct error *err);

/* Whether a step with this `where` runs on the host with this index; never for "controller". */
bool driver_runs_on(const struct driver *driver, const char *where, size_t host);
bool driver_step_is_on_controller(const struct driver_step *step);
const struct driver_role *driver_role(const struct driver *driver, const char *name);
/* "prepare", "serve", "join", "stop" */
const char *driver_phase_name(enum driver_phase phase);
