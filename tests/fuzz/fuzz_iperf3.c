/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include "../options_by_hand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_udp = size > 0 && data[0] == 'u';
	bool is_parallel = size > 0 && data[0] == 'p';
	bool is_by_two = is_udp || (size > 0 && data[0] == '2');
	struct options_by_hand options = {0};
	struct workload_case c = {.source = "lom", .target = "yuki", .seconds = 3};
	const struct workload *workload = is_udp        ? &workload_udp
					  : is_parallel ? &workload_parallel
							: &workload_tcp;
	size_t count = is_by_two ? 4 : 2;
	struct workload_output outputs[OUTPUTS_MAX] = {0};
	struct workload_reading reading;
	char *text = outputs_of_input(data, size, outputs, count);

	option_by_hand(&options, "udp_tool", "iperf3");
	c.options = option_by_hand(&options, "tcp_clients", is_by_two ? "two" : "one");
	workload->read(&c, outputs, count, &reading);
	check_reading(&reading);
	free(text);
	return 0;
}
