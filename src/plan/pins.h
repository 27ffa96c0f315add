/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Where the programs of VPNs come from, and which versions: drivers/pins.yml. */
enum pin_source {
	PIN_GO,     /* modules, built by the go command */
	PIN_CARGO,  /* crates, built by cargo */
	PIN_DEBIAN, /* packages, which become part of the system; its version is called "system" */
};

/* What one client builds from one module or crate. */
struct pin_module {
	const char *name;            /* the module's path or the crate */
	const char *at;              /* its version as its registry knows it */
	const char *sum;             /* go: "h1:...", cargo: 64 hexadecimal digits */
	const char *const *packages; /* go: folders of the module, "." is the module itself */
	const char *const *programs; /* what they become, in the same order; NULL-terminated */
	const char *const *features; /* cargo's features or go's tags; NULL-terminated */
	const char *stamp;           /* go: the variable that holds the version, or NULL */
	const char *const *link;     /* go: flags of its linker; NULL-terminated */
};

/* What building needs in addition to the client: a program and the Debian package that has it. */
struct pin_need {
	const char *program, *package;
};

struct pin_version {
	const char *version;
	enum pin_source source;
	const struct pin_module *modules; /* none for PIN_DEBIAN */
	size_t module_count;
	const char *const *packages; /* PIN_DEBIAN: NULL-terminated */
	const struct pin_need *needs;
	size_t need_count;
	int64_t seconds; /* of a build with two processors, roughly; 0: nobody knows */
};

struct pin {
	const char *name; /* of the VPN */
	const struct pin_version *versions;
	size_t version_count;
	const char *own; /* how its project distributes it, when no client does; else NULL */
};

struct pins {
	const struct pin *list;
	size_t count;
};

/* The version that stands for what is on PATH. */
#define PIN_SYSTEM "system"

/* Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int pins_load(
	struct arena *arena, const char *path, struct pins *ret_pins, struct error *err);
/* NULL when the file says nothing about that VPN. */
const struct pin *pins_named(const struct pins *pins, const char *vpn);
const struct pin_version *pin_version_named(const struct pin *pin, const char *version);
/* "go", "cargo", "debian" */
const char *pin_source_name(enum pin_source source);
