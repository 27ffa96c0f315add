/* SPDX-License-Identifier: MIT */
/* A kernel's counters as text: any bytes are read or refused. */
#include "lab/internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_losses losses;
	struct error err = {0};
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (losses_read(text, &losses, &err) && err.kind != ERROR_PARSE)
		abort();
	free(text);
	return 0;
}
