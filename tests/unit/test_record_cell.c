/* SPDX-License-Identifier: MIT */
/* Single cells of a tree, as a run that goes on reads them. */
#include "record/record.h"

#include "record/layout.h"
#include "record/meta.h"

#include "base/json.h"
#include "folder.h"
#include "tap.h"

#include <math.h>

static const struct record_cell tcp_cell = {.vpn = "Nebula",
	.profile = "baseline",
	.position = 1,
	.source = "yuki",
	.target = "luna",
	.file = "tcp_iperf3.json"};

static struct record *opened(const struct folder *folder)
{
	struct record *record = NULL;
	struct error err = {0};

	if (record_open(folder->path, &record, &err))
		printf("# %s\n", err.text);
	return record;
}

TEST(a_cell_is_read_as_it_ended)
{
	TEMPORARY_FOLDER(folder);
	AUTO(record_closep) struct record *record = opened(&folder);
	json_auto_t *data = json_object(), *meta = json_pack("{s:{s:f}}", "figures", "x", 2.5);
	json_auto_t *after_success = NULL, *after_failure = NULL;
	struct record_result result = {.cause = CAUSE_SUCCESS, .data = data, .meta = meta};
	struct error err = {0};
	enum cause cause;

	CHECK(!record_read_cell(record, &tcp_cell, &cause, &after_success));
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	CHECK(record_read_cell(record, &tcp_cell, &cause, &after_success));
	CHECK(cause == CAUSE_SUCCESS && meta_figure(after_success, "x") == 2.5);
	CHECK(isnan(meta_figure(after_success, "y")));
	result = (struct record_result){.cause = CAUSE_STALLED, .evidence = "stopped"};
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	CHECK(record_read_cell(record, &tcp_cell, &cause, &after_failure));
	CHECK(cause == CAUSE_STALLED);
}

/* Published results name no cause. */
TEST(a_success_needs_no_cause_but_none_that_contradicts_it)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = opened(&folder);
	const char *path = layout_cell_file(arena, folder.path, &tcp_cell);
	json_auto_t *data = json_object();
	json_auto_t *plain = json_pack("{s:s, s:{}, s:{}}", "status", "success", "data", "meta");
	json_auto_t *torn = json_pack(
		"{s:s, s:{}, s:{s:s}}", "status", "success", "data", "meta", "cause", "stalled");
	const struct record_result result = {.cause = CAUSE_SUCCESS, .data = data};
	struct error err = {0};

	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err); /* makes the folders */
	CHECK_OK(json_write(path, plain, &err), err);
	CHECK(record_has_success(record, &tcp_cell));
	CHECK_OK(json_write(path, torn, &err), err);
	CHECK(!record_has_success(record, &tcp_cell));
}
