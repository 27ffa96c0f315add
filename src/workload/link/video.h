/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include <stdbool.h>
#include <stddef.h>

/* What the programs of the video workload print, as columns. */

/* ffmpeg's statistics, a line a second and a last one: columns of `count` values. */
struct video_encoder {
	size_t count;
	double *at_s; /* of the stream, not of the clock */
	double *frames, *fps, *bitrate_kbps, *bytes, *speeds;
	double last_frame, last_bytes, last_time_s, speed; /* of the last line, "Lsize=" */
};
struct video_encoder video_read_encoder(struct arena *arena, const char *text);
json_t *video_encoder_samples(const struct video_encoder *encoder);

/* What librist counts of the stream in each interval. */
enum video_counter {
	VIDEO_QUALITY, /* per cent */
	VIDEO_RECEIVED,
	VIDEO_LOST,
	VIDEO_RECOVERED,
	VIDEO_RETRIES,
	VIDEO_MISSING,
	VIDEO_DUPLICATES,
	VIDEO_REORDERED,
	VIDEO_DROPPED_LATE,
	VIDEO_BUFFER_MS,
	VIDEO_BITRATE, /* bits per second */
	VIDEO_COUNTERS
};

/* ristreceiver's reports: columns of `count` values. */
struct video_series {
	size_t count;
	double *at_s; /* since the receiver started */
	double *counters[VIDEO_COUNTERS];
	double *lost_raw; /* as printed; VIDEO_LOST is without what its counter wrapped */
	size_t wraps;     /* reports with a wrapped counter */
	double *rtts;     /* of each report, NAN where no peer told one */
	double *rtt_ms;   /* those that are there */
	size_t rtt_count;
};
struct video_series video_read_receiver(struct arena *arena, const char *text);
json_t *video_series_samples(const struct video_series *series);

/*
 * librist counts lost packets by 16-bit sequence numbers; where they start over it prints a
 * multiple of 65536 too much, or 65536 less what was sent. No interval of ours can lose half of
 * that.
 */
double video_without_wraps(double lost, bool *ret_has_wrapped);
