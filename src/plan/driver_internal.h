/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/driver.h"
#include "plan/driver_schema.h"
#include "plan/yaml_file.h"

/* What loading a driver works with; shared by the driver_*.c files only. */
struct driver_source {
	struct arena *arena;
	struct yaml_file file;
	const char *dir;
	const char *variant; /* or NULL */
	const struct written_driver *written;
};

/* All variants, and that each of their files stands for a template or script of the driver. */
MUST_CHECK int driver_take_variants(
	const struct driver_source *source, struct driver *driver, struct error *err);
/* The name of a template or script: that of the variant where there is one. */
const char *driver_file_name(const struct driver_source *source, const char *file);

/* The steps of a phase with all that one step can be wrong in by itself. */
MUST_CHECK int driver_take_steps(const struct driver_source *source, enum driver_phase phase,
	struct driver *driver, struct error *err);
/* Every name in words, files and templates has a value when its step runs; collects warnings. */
MUST_CHECK int driver_check_names(
	const struct driver_source *source, struct driver *driver, struct error *err);

/* What every host has from the start: its name, number, dir, underlay and overlay. */
bool driver_is_fact(const char *member);

/* Splits a value into words; refuses one that is all blanks. */
MUST_CHECK int driver_take_words(const struct driver_source *source, const struct yaml_value *value,
	const char *text, const char *const **ret_words, struct error *err);
