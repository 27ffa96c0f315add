/* SPDX-License-Identifier: MIT */
/* An Ethernet line in virtual time: frames follow each other with preamble, checksum and gap. */
#include "wire/internal.h"

void line_set(struct line *line, double rate_bps, uint64_t buffer_bytes)
{
	if (buffer_bytes == 0)
		buffer_bytes = WIRE_DEFAULT_LINE_BUFFER_BYTES;
	line->ns_per_byte = rate_bps > 0 ? 8e9 / rate_bps : 0;
	line->buffer_ns = (int64_t)((double)buffer_bytes * line->ns_per_byte);
}

double line_frame_ns(const struct line *line, uint32_t bytes)
{
	if (bytes < WIRE_LINE_MIN_BYTES)
		bytes = WIRE_LINE_MIN_BYTES;
	return (bytes + WIRE_LINE_OVERHEAD_BYTES) * line->ns_per_byte;
}

int64_t line_send(struct line *line, int64_t at_ns, uint32_t bytes, bool is_lossless)
{
	int64_t start_ns = line->free_ns > at_ns ? line->free_ns : at_ns;

	if (!is_lossless && start_ns - at_ns > line->buffer_ns)
		return INT64_MIN;
	line->free_ns = start_ns + (int64_t)(line_frame_ns(line, bytes) + 0.5);
	return line->free_ns;
}
