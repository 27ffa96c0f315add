/* SPDX-License-Identifier: MIT */
/*
 * A whole wire of three ports, fed by hosts that send what they like and by a lab that changes
 * parameters: nothing crashes, every buffer comes back, and known addresses stay private.
 */
#include "input.h"
#include "wire/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	PORTS = 3,
	MEMORY = 1 << 20
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches all that leaves, so that the sanitizer sees what does not belong there. */
static bool swallow(void *context, uint16_t port, const struct iovec *pieces, int count)
{
	uint64_t sum = 0, size = 0;

	(void)context;
	demand(port < PORTS);
	for (int i = 0; i < count; i++) {
		for (size_t k = 0; k < pieces[i].iov_len; k++)
			sum += ((const uint8_t *)pieces[i].iov_base)[k];
		size += pieces[i].iov_len;
	}
	demand(size <= VNET_SIZE + MAX_FRAME);
	return (sum & 1) == 0;
}

static int64_t no_time(void *context)
{
	(void)context;
	return 0;
}

static struct wire_params any_params(struct input *in)
{
	struct wire_params params = {0};
	struct netem_params *netem = &params.impairment;

	netem->model = (enum netem_model)(take(in) % 3);
	if (take(in) & 1)
		params.line_rate_bps = 1e9;
	params.merge_ns = take(in) * 1000;
	if (netem->model == NETEM_NONE)
		return params;
	netem->unit = (enum netem_unit)(take(in) % 2);
	netem->delay_ns = take(in) * 10000;
	netem->jitter_ns = netem->delay_ns / (1 + take(in));
	netem->loss = (struct netem_loss){
		.kind = NETEM_LOSS_RANDOM, .random = {take(in) / 512.0, take(in) / 512.0}};
	netem->duplicate = (struct netem_chance){take(in) / 256.0, 0};
	netem->corrupt = (struct netem_chance){take(in) / 256.0, 0};
	netem->limit_packets = netem->model == NETEM_KERNEL ? 1 + take(in) : 0;
	if (netem->delay_ns > 0 && take(in) & 1) {
		netem->reorder = (struct netem_chance){0.2, 0};
		netem->gap = netem->model == NETEM_KERNEL;
		netem->displacement = (enum netem_displacement)(take(in) % 4);
		netem->reorder_packets = 1 + take(in) % 8;
		netem->reorder_ns = 100000;
	}
	return params;
}

/* Any numbers at all: what makes no sense is refused. */
static void set_rules(struct fabric *fabric, struct input *in, int64_t now_ns)
{
	struct wire_rule list[3] = {WIRE_RULE_ANY, WIRE_RULE_ANY, WIRE_RULE_ANY};
	struct error err = {0};

	for (size_t i = 0; i < 3; i++) {
		struct wire_rule *rule = &list[i];

		if (take(in) & 1)
			rule->from = (uint16_t)(take(in) % PORTS);
		if (take(in) & 1)
			rule->protocol = take(in) & 1 ? 17 : 6;
		rule->least_bytes = take(in);
		rule->every = take(in) % 4;
		rule->change = (enum wire_change)(take(in) % (WIRE_CHANGES + 1));
		rule->copies = take(in) % (WIRE_MAX_COPIES + 3);
		rule->delay_ns = take(in) * INT64_C(100000);
		rule->amount = take(in);
		if (rule->amount & 64) {
			rule->after = rule->amount & 15;
			rule->copies = 0;
			rule->delay_ns = 0;
		}
	}
	(void)!ruled_set(fabric, list, take(in) % 4, now_ns, &err);
}

static void send_frame(struct fabric *fabric, struct input *in, int64_t now_ns)
{
	uint16_t port = (uint16_t)(take(in) % PORTS);
	size_t size = (take(in) << 8 | take(in)) % 20000;
	struct buffer *buffer = buffer_take(&fabric->pool, BUFFER_LARGE);

	if (!buffer)
		return;
	memset(buffer->data, 0, size + VNET_SIZE);
	memcpy(buffer->data, in->data, in->size < size ? in->size : size);
	if (in->size > 64) {
		in->data += 64;
		in->size -= 64;
	}
	if (fabric->ports[port].is_up)
		(void)fabric_input(fabric, port, now_ns, buffer, (uint32_t)size);
	buffer_drop(&fabric->pool, buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fabric fabric;
	struct input in = {data, size};
	struct error err = {0};
	int64_t now_ns = 1000000;
	uint16_t port;

	demand(fabric_init(&fabric, MEMORY, &err) == 0);
	fabric.output = swallow;
	fabric.now = no_time;
	for (int i = 0; i < PORTS; i++) {
		struct wire_params params = any_params(&in);

		if (fabric_add_port(&fabric, &params, now_ns, &port, &err))
			demand(fabric_add_port(&fabric, &(struct wire_params){0}, now_ns, &port,
				       &err) == 0);
	}
	while (in.size > 0) {
		unsigned what = take(&in);

		now_ns += what * 1000;
		fabric_run(&fabric, now_ns);
		port = (uint16_t)(what % PORTS);
		if (what < 240) {
			send_frame(&fabric, &in, now_ns);
		} else if (what < 244) {
			set_rules(&fabric, &in, now_ns);
		} else if (what < 252 && fabric.ports[port].is_up) {
			struct wire_params params = any_params(&in);

			(void)!fabric_set(&fabric, port, &params, NULL, now_ns, &err);
		} else if (fabric.ports[port].is_up) {
			fabric_remove_port(&fabric, port);
			demand(fabric_add_port(&fabric, &(struct wire_params){0}, now_ns, &port,
				       &err) == 0);
		}
	}
	/* What rules hold waits for other packets, of which none comes any more. */
	demand(ruled_set(&fabric, NULL, 0, now_ns, &err) == 0);
	while (fabric_next_ns(&fabric) != INT64_MAX) {
		now_ns = fabric_next_ns(&fabric);
		fabric_run(&fabric, now_ns);
	}
	demand(fabric.pool.in_use == 0 && fabric.held == 0);
	for (int i = 0; i < PORTS; i++) {
		struct wire_counters counters;

		fabric_counters(&fabric, (uint16_t)i, &counters);
		demand(counters.queued == 0);
	}
	fabric_done(&fabric);
	return 0;
}
