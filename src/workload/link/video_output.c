/* SPDX-License-Identifier: MIT */
/* Reads what ffmpeg and ristreceiver print while a stream is on its way. */
#include "workload/link/video.h"

#include "base/attribute.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

/* The number after "fps=" and blanks; false when there is none, as in "bitrate=N/A". */
static bool number_after(
	const char *line, const char *label, double *ret_value, const char **ret_end)
{
	const char *at = strstr(line, label);
	char *end = NULL;
	double value;

	if (!at)
		return false;
	value = strtod(at + strlen(label), &end);
	if (end == at + strlen(label) || !isfinite(value) || fabs(value) > 1e15)
		return false;
	*ret_value = value;
	if (ret_end)
		*ret_end = end;
	return true;
}

/* "time=00:00:04.96"; a stream that has not begun shows as "-577014:32:22.77" or "N/A". */
static bool read_time(const char *line, double *ret_seconds)
{
	const char *at = strstr(line, "time=");
	double parts[3];

	if (!at)
		return false;
	at += strlen("time=");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *end = NULL;

		parts[i] = strtod(at, &end);
		if (end == at || !(parts[i] >= 0 && parts[i] < 1e6) || (i < 2 && *end != ':'))
			return false;
		at = end + 1;
	}
	*ret_seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
	return true;
}

/* "size=    1836kB", in newer versions "KiB"; "Lsize=" in the last line. */
static bool read_size(const char *line, double *ret_bytes)
{
	const char *end;

	if (!number_after(line, "size=", ret_bytes, &end) || *ret_bytes < 0)
		return false;
	if (text_starts_with(end, "kB") || text_starts_with(end, "KiB"))
		*ret_bytes *= 1024;
	return true;
}

/* "frame=  150 fps=4.5 q=0.0 Lsize=  1853kB time=00:00:05.01 bitrate=3026.0kbits/s speed=0.152x" */
static void read_statistics(const char *line, struct video_encoder *encoder)
{
	double frame, fps, bytes, time_s, bitrate_kbps = 0, speed = 0;

	if (!number_after(line, "frame=", &frame, NULL) ||
		!number_after(line, "fps=", &fps, NULL) || !read_size(line, &bytes) ||
		!read_time(line, &time_s))
		return;
	encoder->last_frame = frame;
	encoder->last_bytes = bytes;
	encoder->last_time_s = time_s;
	number_after(line, "speed=", &speed, NULL);
	encoder->speed = speed;
	/* Before anything was sent there is no rate. */
	if (bytes == 0 || !number_after(line, "bitrate=", &bitrate_kbps, NULL))
		return;
	encoder->at_s[encoder->count] = time_s;
	encoder->frames[encoder->count] = frame;
	encoder->fps[encoder->count] = fps;
	encoder->bytes[encoder->count] = bytes;
	encoder->speeds[encoder->count] = speed;
	encoder->bitrate_kbps[encoder->count++] = bitrate_kbps;
}

struct video_encoder video_read_encoder(struct arena *arena, const char *text)
{
	size_t lines = count_of(text, "frame=") + 1;
	struct video_encoder encoder = {.at_s = arena_alloc(arena, double, lines),
		.frames = arena_alloc(arena, double, lines),
		.fps = arena_alloc(arena, double, lines),
		.bitrate_kbps = arena_alloc(arena, double, lines),
		.bytes = arena_alloc(arena, double, lines),
		.speeds = arena_alloc(arena, double, lines)};
	char *rest = arena_strdup(arena, text), *line;

	while ((line = strsep(&rest, "\r\n"))) {
		if (text_starts_with(line, "frame="))
			read_statistics(line, &encoder);
	}
	return encoder;
}

static json_t *column(const double *values, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, isfinite(values[i]) ? json_real(values[i]) : json_null());
	return list;
}

json_t *video_encoder_samples(const struct video_encoder *encoder)
{
	return json_make("{s:o, s:o, s:o, s:o, s:o, s:o}", "stream_s",
		column(encoder->at_s, encoder->count), "frames",
		column(encoder->frames, encoder->count), "fps",
		column(encoder->fps, encoder->count), "bitrate_kbps",
		column(encoder->bitrate_kbps, encoder->count), "sent_bytes",
		column(encoder->bytes, encoder->count), "speed",
		column(encoder->speeds, encoder->count));
}

/* In the order of the enumeration. */
static const struct {
	const char *printed, *kept;
} counters[VIDEO_COUNTERS] = {
	[VIDEO_QUALITY] = {"quality", "quality_percent"},
	[VIDEO_RECEIVED] = {"received", "received_packets"},
	[VIDEO_LOST] = {"lost", "lost_packets"},
	[VIDEO_RECOVERED] = {"recovered_total", "recovered_packets"},
	[VIDEO_RETRIES] = {"retries", "retries"},
	[VIDEO_MISSING] = {"missing", "missing_packets"},
	[VIDEO_DUPLICATES] = {"duplicates", "duplicates"},
	[VIDEO_REORDERED] = {"reordered", "reordered_packets"},
	[VIDEO_DROPPED_LATE] = {"dropped_late", "dropped_late_packets"},
	[VIDEO_BUFFER_MS] = {"avg_buffer_time", "buffer_ms"},
	[VIDEO_BITRATE] = {"bitrate", "bitrate_bps"},
};

double video_without_wraps(double lost, bool *ret_has_wrapped)
{
	const double sequences = 65536;
	double rest = fmod(lost, sequences);

	*ret_has_wrapped = lost >= sequences / 2;
	return rest >= sequences / 2 ? 0 : rest;
}

/* The mean over the peers that tell one; a bonded sender has several. */
static double rtt_of(const json_t *flow)
{
	const json_t *peers = json_object_get(flow, "peers"), *peer;
	double sum = 0;
	size_t i, told = 0;

	json_array_foreach (peers, i, peer) {
		double rtt = json_number_at(peer, "/stats/avg_rtt", 0);

		if (rtt > 0) {
			sum += rtt;
			told++;
		}
	}
	return told ? sum / (double)told : NAN;
}

static void add_report(const json_t *flow, double at_s, struct video_series *series)
{
	const json_t *stats = json_object_get(flow, "stats");
	size_t n = series->count;
	bool has_wrapped;

	if (!json_is_object(stats))
		return;
	for (size_t i = 0; i < VIDEO_COUNTERS; i++) {
		double value = json_number_value(json_object_get(stats, counters[i].printed));

		series->counters[i][n] = value > 0 ? value : 0;
	}
	series->at_s[n] = at_s;
	series->lost_raw[n] = series->counters[VIDEO_LOST][n];
	series->counters[VIDEO_LOST][n] = video_without_wraps(series->lost_raw[n], &has_wrapped);
	series->wraps += has_wrapped;
	series->rtts[n] = rtt_of(flow);
	if (isfinite(series->rtts[n]))
		series->rtt_ms[series->rtt_count++] = series->rtts[n];
	series->count++;
}

/* "1795169981.840406|0.0|[INFO] {"receiver-stats":{"flowinstant":{...}}}" */
static void read_line(const char *line, double *began_s, struct video_series *series)
{
	const char *json = strstr(line, "{\"receiver-stats\":");
	json_t *report = NULL;
	struct error ignored;
	char *end = NULL;
	double at_s = strtod(line, &end);

	if (end == line || *end != '|' || !isfinite(at_s) || fabs(at_s) > 1e12)
		at_s = NAN;
	if (isnan(*began_s))
		*began_s = at_s;
	if (!json || json_parse(json, strlen(json), "a report of ristreceiver", &report, &ignored))
		return;
	add_report(json_at(report, "/receiver-stats/flowinstant"), at_s - *began_s, series);
	json_decref(report);
}

struct video_series video_read_receiver(struct arena *arena, const char *text)
{
	size_t reports = count_of(text, "\"receiver-stats\"") + 1;
	struct video_series series = {.at_s = arena_alloc(arena, double, reports),
		.lost_raw = arena_alloc(arena, double, reports),
		.rtts = arena_alloc(arena, double, reports),
		.rtt_ms = arena_alloc(arena, double, reports)};
	char *rest = arena_strdup(arena, text), *line;
	double began_s = NAN;

	for (size_t i = 0; i < VIDEO_COUNTERS; i++)
		series.counters[i] = arena_alloc(arena, double, reports);
	while ((line = strsep(&rest, "\n")))
		read_line(line, &began_s, &series);
	return series;
}

json_t *video_series_samples(const struct video_series *series)
{
	json_t *samples = json_make("{s:o, s:o, s:o}", "at_s", column(series->at_s, series->count),
		"rtt_ms", column(series->rtts, series->count), "lost_packets_as_printed",
		column(series->lost_raw, series->count));

	for (size_t i = 0; i < VIDEO_COUNTERS; i++)
		json_object_set_new(
			samples, counters[i].kept, column(series->counters[i], series->count));
	return samples;
}
