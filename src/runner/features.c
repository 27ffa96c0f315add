/* SPDX-License-Identifier: MIT */
/* features.json: what was read in the source code of the VPNs that run, for readers of the tree. */
#include "runner/internal.h"

#include "base/file.h"
#include "plan/feature.h"
#include "supply/supply.h"

/* What is installed has its version from its pin; what is on PATH is asked. */
static const char *version_that_runs(struct run *run, const struct driver *driver)
{
	const char *installed = choice_installed(run->arena, driver);
	struct error missing;

	if (installed)
		return installed;
	if (vpn_is_found(driver, &missing))
		return NULL;
	return vpn_version(run->arena, run->procs, driver);
}

/* A damaged file is a reason to know nothing, not to measure nothing. */
static void add_vpn(struct run *run, const struct feature_rows *rows, const struct driver *driver,
	json_t *document)
{
	struct feature_vpn vpn = {.name = driver->name};
	struct error damage;

	if (feature_vpn_load(run->arena, rows, driver->dir, &vpn, &damage)) {
		run_tell(run, NULL, NULL,
			arena_printf(run->arena, "%s; results do not say what %s can do",
				damage.text, driver->label));
		vpn = (struct feature_vpn){.name = driver->name};
	}
	feature_vpn_json(document, driver->folder, rows, &vpn,
		vpn.sheet_count ? version_that_runs(run, driver) : NULL);
}

int features_record(struct run *run, struct error *err)
{
	const char *path = plan_feature_rows(run->arena);
	json_auto_t *document = NULL;
	struct feature_rows rows;
	struct error damage;

	if (!path_exists(path))
		return 0;
	if (feature_rows_load(run->arena, path, &rows, &damage)) {
		run_tell(run, NULL, NULL,
			arena_printf(run->arena, "%s; results do not say what VPNs can do",
				damage.text));
		return 0;
	}
	document = feature_rows_json(&rows);
	for (size_t i = 0; i < run->plan->driver_count; i++)
		add_vpn(run, &rows, &run->plan->drivers[i], document);
	return record_write_features(run->record, document, err);
}
