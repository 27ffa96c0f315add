/* SPDX-License-Identifier: MIT */
#include "outputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct workload_case c = {.source = "lom", .target = "yuki"};
	struct workload_output outputs[OUTPUTS_MAX] = {0};
	struct workload_reading reading;
	char *text = outputs_of_input(data, size, outputs, 4);

	workload_wake.read(&c, outputs, 4, &reading);
	check_reading(&reading);
	free(text);
	return 0;
}
