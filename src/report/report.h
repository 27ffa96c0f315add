/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The commands that read result trees. All print their data to `out`; what is wrong with the
 * user's folder or flags is ERROR_USAGE. A file that is there with other content is only replaced
 * with `force`.
 */
struct report_options {
	const char *dir;
	const char *second_dir; /* a tree to put next to it, NULL-able: then only a page is made */
	const char *tuned_dir; /* the same VPNs with tuned hosts, NULL-able: kernel_tuning tables */
	const char *html; /* a file to write; NULL: DIR/report.html unless another form is asked */
	const char *csv_dir, *latex_dir; /* folders to write into, NULL-able */
	bool json, markdown;             /* to `out` */
	FILE *verdict; /* where the verdict is printed for people; NULL: nowhere */
	bool force;
};
MUST_CHECK int report_run(const struct report_options *options, FILE *out, struct error *err);

/*
 * Of trees with a topology each (NULL-terminated folders): who suits behind routers, in all of them
 * together, for people. False: that was not asked in any.
 */
bool report_places(const char *const *dirs, FILE *out);

struct trend_options {
	const char *path;    /* a history: report/history.h */
	const char *html;    /* a file to write; NULL: the history's name with .html, unless another
			      * form    is asked */
	bool json, markdown; /* to `out` */
	FILE *people;        /* where it is printed for people; NULL: nowhere */
	bool force;
};
MUST_CHECK int trend_run(const struct trend_options *options, FILE *out, struct error *err);

struct recompute_options {
	const char *dir;
	const char *out_dir; /* NULL: DIR/General/comparison */
	bool force;
};
MUST_CHECK int recompute_run(const struct recompute_options *options, FILE *out, struct error *err);

struct compare_options {
	const char *const *before, *const *after; /* result trees, a run each; NULL-terminated */
	const char *const *vpns; /* "Tinc" or "Tinc=Tinc@1.1", NULL-terminated; NULL: all */
	double margin_percent;   /* the smallest difference that counts */
	bool json;
};
/* Worse: a verdict, or something that worked and now fails. */
MUST_CHECK int compare_run(
	const struct compare_options *options, FILE *out, bool *ret_is_worse, struct error *err);
