/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include "programs/rate/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one side may say to the other over the network. */
static void hear(const uint8_t *data, size_t size, const char *text)
{
	struct rate_message message;
	struct rate_head head;
	uint64_t cards[RATE_CARDS];
	struct error err;

	assert(rate_cards_read(text, cards) <= RATE_CARDS);
	if (rate_head_read(data, size, &head))
		assert(size >= sizeof(head));
	if (rate_message_read(text, &message, &err) == 0) {
		char line[RATE_LINE_BYTES];

		assert(rate_message_write(&message, line) < sizeof(line));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_auto_t *wire = json_pack(
		"{s:[{s:s, s:I}]}", "ports", "host", "yuki", "out_bytes", (json_int_t)123456789);
	const struct workload_case c = {
		.source = "lom", .target = "yuki", .seconds = 3, .wire = wire};
	struct workload_output outputs[OUTPUTS_MAX] = {0};
	struct workload_reading reading;
	char *text = outputs_of_input(data, size, outputs, 2);

	hear(data, size, text);
	workload_rate.read(&c, outputs, 2, &reading);
	check_reading(&reading);
	free(text);
	return 0;
}
