/* SPDX-License-Identifier: MIT */
/* What a profile did to every port, in the published form and in plain words. */
#include "record/settings.h"

#include "base/json.h"

/* Doubled in the published files, except for the correlation; the line does not count as impairment
 * there. */
static json_t *published(const struct settings *settings)
{
	if (!settings->is_impaired)
		return json_null();
	return json_make("{s:n,s:f,s:f,s:f,s:f,s:f}", "bandwidth_mbit", "latency_ms",
		2 * (double)settings->delay_ns / 1e6, "jitter_ms",
		2 * (double)settings->jitter_ns / 1e6, "packet_loss_percent",
		2 * settings->loss * 100, "reorder_percent", 2 * settings->reorder * 100,
		"reorder_correlation", settings->reorder_correlation * 100);
}

json_t *settings_json(const struct settings *settings)
{
	json_t *rate =
		settings->line_rate_bps > 0 ? json_real(settings->line_rate_bps) : json_null();
	json_t *limit =
		settings->limit_packets > 0 ? json_integer(settings->limit_packets) : json_null();

	return json_make("{s:s,s:o,s:{s:s,s:o,s:f,s:f,s:f,s:f,s:f,s:o},s:O*}", "alias",
		settings->alias, "settings", published(settings), "one_way", "model",
		settings->model, "line_rate_bits_per_second", rate, "delay_ms",
		(double)settings->delay_ns / 1e6, "jitter_ms", (double)settings->jitter_ns / 1e6,
		"loss_percent", settings->loss * 100, "reorder_percent", settings->reorder * 100,
		"reorder_correlation_percent", settings->reorder_correlation * 100, "limit_packets",
		limit, "parameters", settings->parameters);
}
