/* SPDX-License-Identifier: MIT */
/* The per-packet log: records in a mapped file, so that a packet costs no system call. */
#include "wire/internal.h"

void log_event(struct wire_log *log, const struct log_event *event)
{
	const struct frame *frame = &event->buffer->frame;
	uint32_t bytes = 0;

	if (log->written == log->room) {
		log->missed++;
		return;
	}
	for (uint32_t i = event->first; i < event->first + event->count; i++)
		bytes += frame_segment_bytes(frame, i);
	log->records[log->written] = (struct wire_record){.in_ns = event->buffer->in_ns,
		.out_ns = event->out_ns,
		.index = event->buffer->index + event->first,
		.flow = event->buffer->flow,
		.bytes = bytes,
		.in_port = event->in_port,
		.out_port = event->out_port,
		.packets = (uint16_t)event->count,
		.verdict = (uint8_t)event->verdict,
		.is_clone = event->is_clone,
		.rule = event->buffer->rule == NO_RULE ? 0 : event->buffer->rule & 127U};
	/* Others map the log and read it while it is written. */
	__atomic_store_n(&log->written, log->written + 1, __ATOMIC_RELEASE);
}
