/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A named value that a user may set: a key of a plan, or what a workload wants to know from one.
 * Values are kept as they were written and are checked once, where they come from.
 */
enum setting_kind {
	SETTING_TEXT,
	SETTING_WORD,    /* one of `words` */
	SETTING_INTEGER, /* within low..high */
	SETTING_SECONDS, /* above zero and up to a day */
	SETTING_LIST,    /* of texts; only plans have these */
};

struct setting {
	const char *name; /* "ping_count"; its option is --ping-count */
	enum setting_kind kind;
	const char *standard;     /* what holds unless somebody says otherwise; NULL-able */
	const char *const *words; /* NULL-terminated */
	int64_t low, high;
	/* What the kind cannot say, NULL-able; `text` is a value, or one of a list. */
	int (*check)(const char *text, struct error *err);
	const char *follows; /* a change of that key undoes what a plan says here; NULL-able */
	const char *argument, *help; /* of its option; help NULL: it has none */
};

/* Ended by one without a setting; borrowed. */
struct setting_value {
	const struct setting *setting;
	const char *text;
};

/* ERROR_USAGE says what is wrong with the text, without the setting's name. */
MUST_CHECK int setting_check(const struct setting *setting, const char *text, struct error *err);

/* Of checked values; the standard where there is none. `values` is NULL-able. */
const char *setting_text(const struct setting_value *values, const struct setting *setting);
int64_t setting_integer(const struct setting_value *values, const struct setting *setting);
/* 0 when there is neither a value nor a standard. */
double setting_seconds(const struct setting_value *values, const struct setting *setting);

/* A copy of the list with this value in place of, or behind, the others; NULL text: without it. */
const struct setting_value *setting_put(struct arena *arena, const struct setting_value *values,
	const struct setting *setting, const char *text);
