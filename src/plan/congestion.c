/* SPDX-License-Identifier: MIT */
/* Names of congestion controls. */
#include "plan/congestion.h"

#include "base/arena.h"
#include "base/file.h"

#include <string.h>

enum {
	LIST_MAX_BYTES = 4096
};

/* Those of Linux 6.1 to 6.12 (net/ipv4/tcp_*.c and bpf examples left out). */
static const char *const of_linux[] = {"bbr", "bic", "cdg", "cubic", "dctcp", "highspeed", "htcp",
	"hybla", "illinois", "lp", "nv", "reno", "scalable", "vegas", "veno", "westwood", "yeah"};

/* A kernel may have others, such as bbr3. */
static bool has_this_kernel(const char *name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;
	char *text, *word;

	if (file_read(arena, "/proc/sys/net/ipv4/tcp_available_congestion_control", LIST_MAX_BYTES,
		    &text, NULL, &ignored))
		return false;
	while ((word = strsep(&text, " \n"))) {
		if (*word && strcmp(word, name) == 0)
			return true;
	}
	return false;
}

int congestion_check(const char *name, struct error *err)
{
	for (size_t i = 0; i < sizeof(of_linux) / sizeof(of_linux[0]); i++) {
		if (strcmp(name, of_linux[i]) == 0)
			return 0;
	}
	if (has_this_kernel(name))
		return 0;
	return fail(err, ERROR_USAGE,
		"'%s' is not a congestion control of Linux such as cubic or bbr, and this kernel does not have it",
		name);
}
