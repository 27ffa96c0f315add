/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/feature.h"
#include "plan/yaml_file.h"

/* What the loaders of rows and sheets have in common. Stays inside this room. */
struct feature_reading {
	const struct yaml_file *file;
	struct error *err;
};

int feature_check_schema(const struct feature_reading *r);
/* A line of at most `most` characters, none of which moves a terminal's cursor; arena-owned. */
int feature_take_text(const struct feature_reading *r, const struct yaml_value *value, size_t most,
	const char **ret_text);
/* The ids of rows, for near_name(). */
const char *feature_row_id(const void *context, size_t index);
/* The sheet of the version that runs; NULL: nobody has read that one. */
const struct feature_sheet *feature_sheet_of(const struct feature_vpn *vpn, const char *ran);
/* "design", "property", "known" */
const char *feature_caution_name(enum feature_caution_kind kind);
/* "observe", "read", "both" */
const char *feature_by_name(enum feature_by by);
