/* SPDX-License-Identifier: MIT */
#pragma once

/* One figure in two trees, in words. */
struct page_difference {
	struct page_difference *next;
	const char *vpn; /* its folder, for the filters */
	const char *title, *profile, *what, *before, *after, *factor;
};

/* What a page of two trees says instead of a verdict. */
struct page_overlay {
	const char *first, *second; /* what the trees are called */
	const struct page_difference *differences;
	const char *const *remarks; /* NULL-terminated */
};
