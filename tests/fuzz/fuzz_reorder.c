/* SPDX-License-Identifier: MIT */
#include "outputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload_case c = {.source = "lom", .target = "yuki", .seconds = 1};
	struct workload_output outputs[OUTPUTS_MAX] = {0};
	struct workload_reading reading;
	char *text = outputs_of_input(data, size, outputs, 6);

	workload_reorder.read(&c, outputs, 6, &reading);
	check_reading(&reading);
	c.line_bps = 1e6; /* then there is one stream only */
	workload_reorder.read(&c, outputs, 2, &reading);
	check_reading(&reading);
	free(text);
	return 0;
}
