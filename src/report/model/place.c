/* SPDX-License-Identifier: MIT */
/* Where a tree was measured: in which time, on what machines, and within which limits. */
#include "report/model/results.h"

#include "base/json.h"

#include <string.h>

const char *results_clock(const struct report_results *results)
{
	const json_t *place = json_object_get(results->environment, "place");

	if (strcmp(json_string_at(place, "/kind", ""), "virtual") != 0)
		return NULL;
	return arena_printf(results->arena,
		"virtual time, on one processor of %.0f million instructions a second (Linux %s, %s)",
		json_number_at(place, "/mips", 0), json_string_at(place, "/kernel", "?"),
		json_string_at(place, "/qemu", "?"));
}

const char *results_hosts(const struct report_results *results)
{
	const json_t *place = json_object_get(results->environment, "place");

	const char *kind = json_string_at(place, "/kind", "");

	if (strcmp(kind, "ssh") == 0)
		return "real machines, each of which carried one host (run --on hosts.yml)";
	return strcmp(kind, "local") == 0
		       ? "far hosts, each served by a process of its own on one machine (run --on local)"
		       : NULL;
}

bool results_is_on_machines(const struct report_results *results)
{
	return strcmp(json_string_at(results->environment, "/place/kind", ""), "ssh") == 0;
}

const char *results_places(const struct report_results *first, const struct report_results *second)
{
	static const char shared[] = "hosts that share one machine";
	const char *one = results_hosts(first), *two = results_hosts(second);

	return arena_printf(first->arena,
		"A was measured on %s, B on %s: a difference may be that of the places.",
		one ? one : shared, two ? two : shared);
}

const char *results_limits(const struct report_results *results)
{
	const json_t *limits = json_at(results->environment, "/lab/limits");
	double processors = json_number_at(limits, "/processors", 0);
	double memory = json_number_at(limits, "/memory_bytes", 0);
	const char *text;

	if (!json_is_object(limits))
		return NULL;
	text = arena_printf(results->arena, "%s:", json_string_at(limits, "/board", "?"));
	if (processors > 0)
		text = arena_printf(results->arena, "%s %g of a processor%s", text, processors,
			memory > 0 ? "," : "");
	if (memory > 0)
		text = arena_printf(
			results->arena, "%s %.0f MB of memory", text, memory / (1 << 20));
	return text;
}
