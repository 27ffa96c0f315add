/* SPDX-License-Identifier: MIT */
/*
 * A 4K test pattern sent over RIST (main profile, 400 ms of buffer) by ffmpeg to ristreceiver of
 * librist: what a viewer gets of a live stream on a path that loses and delays.
 *
 * Encoding it takes several processors. Where there are few, the stream is encoded once and then
 * replayed at its own pace, so that what is measured is the path and not a starving encoder.
 */
#include "workload/link/video.h"

#include "document/complaint.h"
#include "document/silence.h"
#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/attribute.h"
#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	RECEIVER,
	SENDER,
	LINGER,
	COMMANDS
};

enum {
	FIRST_PORT = 40052, /* published */
	FRAMES_PER_S = 30,
	NOMINAL_KBPS = 25000,
	PACKET_BYTES = 1316, /* seven of MPEG's packets of 188 bytes */
	LIVE_PROCESSORS = 8, /* as many as the published machines had */
	REPLAY_MAX_S = 60    /* longer streams are the same again */
};

static const char *const sources[] = {"auto", "live", "replay", NULL};
static const struct setting video_source = {"video", SETTING_WORD, "auto", sources,
	.argument = "HOW", .help = "the source of video: live, replay or auto"};

static bool video_is_live(const struct workload_case *c)
{
	const char *video = setting_text(c->options, &video_source);

	if (strcmp(video, "auto") == 0)
		return c->processors >= LIVE_PROCESSORS;
	return strcmp(video, "live") == 0;
}

static unsigned whole_seconds(const struct workload_case *c)
{
	return c->seconds < 1 ? 1 : (unsigned)ceil(c->seconds);
}

static unsigned replay_seconds(const struct workload_case *c)
{
	unsigned seconds = whole_seconds(c);

	return seconds < REPLAY_MAX_S ? seconds : REPLAY_MAX_S;
}

static double estimate_s(const struct workload_case *c)
{
	return whole_seconds(c) + 3;
}

enum {
	MAX_WORDS = 48
};

struct words {
	const char **list;
	size_t count;
};

static void add(struct words *words, const char *const more[])
{
	for (; *more && words->count + 1 < MAX_WORDS; more++)
		words->list[words->count++] = *more;
}

/* The published command up to its output. */
static void add_encoder(struct words *words, struct arena *arena, unsigned seconds)
{
	add(words, (const char *const[]){"-f", "lavfi", "-i",
			   arena_printf(arena, "testsrc=size=3840x2160:rate=%d:duration=%u",
				   FRAMES_PER_S, seconds),
			   "-f", "lavfi", "-i",
			   arena_printf(arena, "sine=frequency=1000:duration=%u", seconds), NULL});
	add(words, (const char *const[]){"-c:v", "libx264", "-preset", "ultrafast", "-tune",
			   "zerolatency", "-b:v", "25M", "-maxrate", "25M", "-bufsize", "2M", "-g",
			   "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k", NULL});
}

static struct words ffmpeg(struct arena *arena)
{
	struct words words = {arena_alloc(arena, const char *, MAX_WORDS), 0};

	add(&words, (const char *const[]){"ffmpeg", "-hide_banner", "-nostdin", NULL});
	return words;
}

static void prepare(
	const struct workload_case *c, struct arena *arena, struct workload_artefact *ret_artefact)
{
	static const char *const version[] = {"ffmpeg", "-version", NULL};
	static const char *const *const versions[] = {version, NULL};
	struct workload_command *command = arena_alloc(arena, struct workload_command, 1);
	struct words words = ffmpeg(arena);

	*ret_artefact = (struct workload_artefact){0};
	if (video_is_live(c))
		return;
	add_encoder(&words, arena, replay_seconds(c));
	add(&words, (const char *const[]){
			    "-f", "mpegts", arena_printf(arena, "%s/video.ts", c->artefact), NULL});
	*command = (struct workload_command){.what = "encode the video",
		.argv = words.list,
		/* A slow processor encodes a frame a second. */
		.limit_ns = (60 + INT64_C(30) * replay_seconds(c)) * NS_PER_S};
	*ret_artefact = (struct workload_artefact){command, 1, versions};
}

static const char *at_address(struct arena *arena, const char *address, unsigned port)
{
	return arena_printf(
		arena, strchr(address, ':') ? "rist://[%s]:%u" : "rist://%s:%u", address, port);
}

static struct workload_command receiver(
	const struct workload_case *c, struct arena *arena, unsigned port)
{
	struct words words = {arena_alloc(arena, const char *, MAX_WORDS), 0};

	add(&words, (const char *const[]){"ristreceiver", "-i",
			    arena_printf(arena, "rist://@[::]:%u?buffer=400", port), "-o",
			    arena_printf(arena, "udp://127.0.0.1:%u", port + 1000), "-S", "1000",
			    "-p", "1", "-v", "6", NULL});
	return (struct workload_command){.what = "ristreceiver",
		.side = WORKLOAD_TARGET,
		.argv = words.list,
		.is_server = true,
		.ready = "Starting receiver protocol loop",
		.merge = true,
		/* A report a second, of a kilobyte and a half; and what it says of peers that come
		 * and go. */
		.keep_bytes = ((size_t)256 << 10) + (size_t)16384 * whole_seconds(c)};
}

static struct workload_command sender(
	const struct workload_case *c, struct arena *arena, unsigned port)
{
	struct words words = ffmpeg(arena);
	const char *seconds = arena_printf(arena, "%u", whole_seconds(c));

	add(&words, (const char *const[]){"-re", NULL});
	if (video_is_live(c))
		add_encoder(&words, arena, whole_seconds(c));
	else
		add(&words, (const char *const[]){"-stream_loop", "-1", "-i",
				    arena_printf(arena, "%s/video.ts",
					    c->artefact ? c->artefact : "/nonexistent"),
				    "-t", seconds, "-c", "copy", NULL});
	add(&words, (const char *const[]){"-f", "mpegts", "-stats", "-stats_period", "1",
			    at_address(arena, c->target_address, port), NULL});
	return (struct workload_command){.what = "ffmpeg",
		.side = WORKLOAD_SOURCE,
		.argv = words.list,
		/* An encoder that falls behind goes on until it is through. */
		.limit_ns = (30 + INT64_C(3) * whole_seconds(c)) * NS_PER_S,
		.keep_bytes = ((size_t)64 << 10) + (size_t)1024 * whole_seconds(c)};
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	unsigned port = FIRST_PORT + 2 * (unsigned)c->link;
	static const char *const linger[] = {"sleep", "1.6", NULL};

	list[RECEIVER] = receiver(c, arena, port);
	list[SENDER] = sender(c, arena, port);
	/* The buffer of 0.4 s runs empty, and the next report of each second tells of it. */
	list[LINGER] = (struct workload_command){.what = "wait for the last report",
		.side = WORKLOAD_TARGET,
		.argv = linger,
		.wave = 1,
		.limit_ns = 10 * NS_PER_S};
	*ret_commands = list;
	*ret_count = COMMANDS;
}

static double sum_of(const struct video_series *series, enum video_counter counter)
{
	double sum = 0;

	for (size_t i = 0; i < series->count; i++)
		sum += series->counters[counter][i];
	return sum;
}

/* Frames that a stream of this length has and the sender did not send. */
static double dropped_frames(const struct workload_case *c, const struct video_encoder *encoder)
{
	return fmax(0, (double)whole_seconds(c) * FRAMES_PER_S - encoder->last_frame);
}

static json_t *encoding_json(const struct workload_case *c, const struct video_encoder *encoder)
{
	double dropped = dropped_frames(c, encoder);
	bool is_live = video_is_live(c);

	return json_make("{s:o, s:o, s:o, s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:b}",
		"bitrate_kbps", summary_json(encoder->bitrate_kbps, encoder->count), "fps",
		summary_json(encoder->fps, encoder->count), "dropped_frames",
		summary_json(&dropped, 1), "source", is_live ? "live" : "replay", "rule",
		strcmp(setting_text(c->options, &video_source), "auto") == 0
			? "live on at least 8 processors, otherwise replay"
			: "as the plan says",
		"processors", (int)c->processors, "nominal_bitrate_kbps", NOMINAL_KBPS, "frames",
		encoder->last_frame, "sent_bytes", encoder->last_bytes, "stream_seconds",
		encoder->last_time_s, "speed", encoder->speed, "kept_pace", encoder->speed >= 0.95);
}

static json_t *network_json(const struct video_series *series, json_t *totals)
{
	return json_make("{s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "packets_dropped",
		summary_json(series->counters[VIDEO_LOST], series->count), "packets_recovered",
		summary_json(series->counters[VIDEO_RECOVERED], series->count), "rtt_ms",
		summary_json(series->rtt_ms, series->rtt_count), "quality",
		summary_json(series->counters[VIDEO_QUALITY], series->count), "bitrate_bps",
		summary_json(series->counters[VIDEO_BITRATE], series->count), "totals", totals,
		"counter_wraps", (int)series->wraps);
}

static json_t *totals_json(const struct video_series *series)
{
	double received = sum_of(series, VIDEO_RECEIVED), lost = sum_of(series, VIDEO_LOST);

	return json_make("{s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "received_packets", received,
		"lost_packets", lost, "recovered_packets", sum_of(series, VIDEO_RECOVERED),
		"retries", sum_of(series, VIDEO_RETRIES), "duplicates",
		sum_of(series, VIDEO_DUPLICATES), "reordered", sum_of(series, VIDEO_REORDERED),
		"delivered_percent",
		received + lost > 0 ? json_real(100 * received / (received + lost)) : json_null());
}

/* The receiver begins to report with the stream, and some time after it was started. */
static bool has_stalled(const struct video_series *series)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *end_s = arena_alloc(arena, double, series->count + 1);

	for (size_t i = 0; i < series->count; i++)
		end_s[i] = series->at_s[i] - series->at_s[0];
	return silence_of(end_s, series->counters[VIDEO_RECEIVED], series->count).lasts_to_the_end;
}

static void blame_sender(const struct workload_output *output, struct workload_reading *reading)
{
	int length;
	const char *line = symptom_last_line(output->errout, &length);

	symptom_blame(reading, complaint_cause(output->errout, CAUSE_TOOL), SENDER,
		"ffmpeg ended with status %d: %.*s", output->exit_code, length, line);
}

static void judge(const struct workload_output *outputs, const struct video_encoder *encoder,
	const struct video_series *series, struct workload_reading *reading)
{
	if (symptom_of_end("ffmpeg", outputs, SENDER, reading))
		return;
	if (outputs[RECEIVER].ended_ns < outputs[SENDER].ended_ns)
		symptom_blame(reading, CAUSE_TOOL, RECEIVER,
			"ristreceiver ended before the stream did, with status %d, signal %d",
			outputs[RECEIVER].exit_code, outputs[RECEIVER].signal);
	else if (outputs[SENDER].exit_code != 0)
		blame_sender(&outputs[SENDER], reading);
	else if (encoder->count == 0)
		symptom_unread("ffmpeg printed no statistics", outputs[SENDER].errout, outputs,
			SENDER, reading);
	else if (outputs[RECEIVER].dropped_bytes || outputs[SENDER].dropped_bytes)
		symptom_blame(reading, CAUSE_PARSE, RECEIVER,
			"the output is longer than can be kept, so the series has a gap");
	else if (!(sum_of(series, VIDEO_RECEIVED) > 0))
		symptom_blame(reading, CAUSE_UNREACHABLE, RECEIVER,
			"no packet of the stream arrived at ristreceiver");
	else if (has_stalled(series))
		symptom_blame(reading, CAUSE_STALLED, RECEIVER,
			"the stream stopped arriving before it ended");
}

static void describe(const struct video_series *series, struct workload_reading *reading)
{
	double recovered = sum_of(series, VIDEO_RECOVERED), lost = sum_of(series, VIDEO_LOST);
	double quality = json_number_at(reading->data, "/network/quality/average", 0);

	reading->figures[0] = quality;
	reading->figures[1] = lost;
	reading->figures[2] = recovered;
	reading->figures[3] = json_number_at(reading->data, "/network/rtt_ms/average", NAN);
	snprintf(reading->headline, sizeof(reading->headline),
		"quality %.1f %%, %.0f lost, %.0f recovered", quality, lost, recovered);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct video_encoder encoder = video_read_encoder(arena, outputs[SENDER].errout);
	struct video_series series = video_read_receiver(arena, outputs[RECEIVER].out);

	(void)count;
	*ret_reading = (struct workload_reading){0};
	judge(outputs, &encoder, &series, ret_reading);
	ret_reading->samples =
		json_make("{s:s, s:s, s:o, s:o}", "from", c->source, "to", c->target, "encoder",
			video_encoder_samples(&encoder), "receiver", video_series_samples(&series));
	if (encoder.count && series.count)
		ret_reading->data = json_make("{s:o, s:o}", "encoding", encoding_json(c, &encoder),
			"network", network_json(&series, totals_json(&series)));
	ret_reading->bytes_moved =
		fmin(encoder.last_bytes, PACKET_BYTES * sum_of(&series, VIDEO_RECEIVED));
	if (ret_reading->cause == CAUSE_SUCCESS)
		describe(&series, ret_reading);
}

const struct workload workload_video = {
	.name = "video",
	.file = "rist_stream.json",
	.settings = (const struct setting *const[]){&video_source, NULL},
	.title = "A 4K test pattern over RIST (ffmpeg, librist)",
	.figures = {"quality_percent", "lost_packets", "recovered_packets", "rtt_ms"},
	.figures_title = "% quality / packets lost / recovered / ms round trip",
	.ports = (const char *const[]){"udp 40052", NULL},
	.needs = (const char *const[]){"ffmpeg", "ristreceiver", NULL},
	.packages = (const char *const[]){"ffmpeg", "rist-tools", NULL},
	.estimate_s = estimate_s,
	.prepare = prepare,
	.commands = commands,
	.read = read_outputs,
};
