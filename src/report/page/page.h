/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/charts/chart.h"
#include "report/findings/situation.h"
#include "report/findings/verdict.h"
#include "report/page/page_overlay.h"
#include "report/tables/tables.h"

#include <stdio.h>

/* Everything the page shows, made once. */
struct page {
	const char *title;
	const struct report_results *results;
	const struct report_tuned *tuned;
	const struct tables *tables;
	const struct findings *findings;
	const struct charts *charts;
	const struct answer *answers;
	const struct situation *situations;
	const struct verdict *verdict;
	const struct page_overlay *overlay; /* of two trees, which have no answers; or NULL */
	/* Where the tree is, seen from the page: "", or a path with a slash behind. NULL: far away,
	 * and then files are named without links. */
	const char *tree_url;
	const char *second_url; /* the same of the second tree */
};

/* One HTML file that needs nothing else, readable without its script. */
void page_write(FILE *out, const struct page *page);

/* Its parts. */
void page_verdict(FILE *out, const struct page *page);
void page_overlay(FILE *out, const struct page *page);
void page_summary(FILE *out, const struct page *page);
/* Nothing where no question is about what was measured. */
void page_answers(FILE *out, const struct page *page);
void page_findings(FILE *out, const struct page *page);
/* Nothing where the tree does not say what VPNs can do. */
void page_features(FILE *out, const struct page *page);
void page_cautions(FILE *out, const struct page *page);
void page_charts(FILE *out, const struct page *page);
void page_map(FILE *out, const struct page *page);
/* Nothing where hosts were in one flat network. */
void page_topology(FILE *out, const struct page *page);
bool page_has_topology(const struct page *page);
void page_tables(FILE *out, const struct page *page);
void page_samples(FILE *out, const struct page *page);
void page_about(FILE *out, const struct page *page);

/* A link to a file of the tree, with its path as text. */
void page_file_link(FILE *out, const struct page *page, const char *path);
/* A link to a finding around a text. */
void page_finding_link(
	FILE *out, const struct page *page, const struct finding *finding, const char *text);
/* A link to the samples of "Wireguard/baseline" around a text. */
void page_sample_link(FILE *out, const struct page *page, const char *place, const char *text);
/* Where such links lead: to a file of the tree (NULL where files have no links), */
const char *page_file_href(const struct page *page, const char *path);
/* to samples, */
const char *page_sample_href(const struct page *page, const char *place);
/* and to what a finding shows about a VPN. */
const char *page_evidence_href(
	const struct page *page, const struct finding *finding, const struct report_vpn *vpn);

/* Embedded files, NUL-terminated; the script is empty when it was not built. */
extern const char page_style[], page_script[];
