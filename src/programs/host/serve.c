/* SPDX-License-Identifier: MIT */
/* What the other end asks for, one message after the other. */
#include "programs/host/helper.h"

#include "base/fd.h"
#include "host/frames.h"
#include "host/inside.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the one host of this machine: in memory, gone with us. */
#define STATE_DIR NAMESPACE_MEMORY "/host"

void helper_say(struct helper *helper, const struct far_message *message)
{
	struct error err;

	if (far_connection_send(helper->connection, message, &err))
		far_connection_break(helper->connection, err.text);
}

void helper_say_failed(struct helper *helper, int64_t id, const struct error *err)
{
	helper_say(helper, &(struct far_message){.kind = FAR_FAILED,
				   .id = id,
				   .error_kind = err->kind,
				   .sys_errno = err->sys_errno,
				   .text = err->text});
}

static struct far_message booted(const struct helper *helper)
{
	return (struct far_message){.kind = FAR_BOOTED,
		.pid = host_pid(helper->host),
		.text = host_shortcoming(helper->host)};
}

/* They become words of nft and of a filter. */
static int keep_peers(struct helper *helper, const char *const *peers, struct error *err)
{
	const char **kept = helper->peers;
	size_t count = 0;

	for (; peers[count]; count++) {
		struct in_addr address;

		if (inet_pton(AF_INET, peers[count], &address) != 1)
			return fail(err, ERROR_USAGE, "'%s' is not an IPv4 address", peers[count]);
		snprintf(helper->peer_texts[count], sizeof(helper->peer_texts[count]), "%s",
			peers[count]);
		kept[count] = helper->peer_texts[count];
	}
	kept[count] = NULL;
	helper->card.peers = kept;
	return 0;
}

/* The host itself, or the network before its wire. */
static const struct host *place_of_card(const struct helper *helper)
{
	return helper->edge.place ? helper->edge.place : helper->host;
}

static int check_card(const struct helper *helper, struct error *err)
{
	bool is_shared = helper->card.network == FAR_SHARE, is_apart = helper->edge.is_apart;

	if (is_shared && !helper->edge.is_wanted)
		return fail(err, ERROR_USAGE, "a card is shared only with a wire before it");
	if (is_apart && (is_shared || helper->edge.is_wanted || !*helper->card.name))
		return fail(err, ERROR_USAGE, "a card is apart only without sharing and a wire");
	return 0;
}

static int boot(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	const struct namespace_host_spec spec = {
		.name = message->text, .state_dir = STATE_DIR, .visible = message->words};

	if (namespace_enter(err) || namespace_host_new(helper->procs, &spec, &helper->host, err))
		return -1;
	helper->card = (struct card){.procs = helper->procs};
	snprintf(helper->card.name, sizeof(helper->card.name), "%s", message->device);
	helper->card.network = (enum far_network)message->network;
	helper->card.ssh_port = (unsigned)message->port;
	if (keep_peers(helper, message->peers, err))
		return -1;
	helper->edge = edge_new(helper->procs, *message->device ? message->edge : 0);
	helper->edge.is_apart = message->at_card;
	if (check_card(helper, err))
		return -1;
	if ((helper->card.network != FAR_SHARE && edge_begin(&helper->edge, err)) ||
		card_give(&helper->card, place_of_card(helper), err) ||
		edge_start(&helper->edge, &helper->card, err) ||
		edge_plug(&helper->edge, &helper->card, helper->host, err))
		return -1;
	*ret_answer = booted(helper);
	return 0;
}

static int reboot(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)message;
	fd_closep(&helper->frames_fd);
	if (helper->edge.is_wanted ||
		helper->edge.is_apart) { /* the card is elsewhere, and stays */
		if (edge_unplug(&helper->edge, err) ||
			helper->host->ops->reboot(helper->host, err) ||
			edge_plug(&helper->edge, &helper->card, helper->host, err))
			return -1;
	} else if (card_take(&helper->card, helper->host, err) ||
		   helper->host->ops->reboot(helper->host, err) ||
		   card_give(&helper->card, helper->host, err)) {
		return -1;
	}
	*ret_answer = booted(helper);
	return 0;
}

static int check(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)message;
	(void)ret_answer;
	return helper->host->ops->check(helper->host, err);
}

static int wipe(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)message;
	(void)ret_answer;
	return helper->host->ops->wipe(helper->host, err);
}

static int set_names(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)ret_answer;
	return helper->host->ops->set_names(helper->host, message->text, err);
}

static int write_file(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)ret_answer;
	return helper->host->ops->write(helper->host, message->path, message->data, message->size,
		(mode_t)message->mode, err);
}

static int remove_file(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)ret_answer;
	return helper->host->ops->remove(helper->host, message->path, err);
}

static int tell_time(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)helper;
	(void)message;
	(void)err;
	*ret_answer = (struct far_message){.kind = FAR_TIME,
		.at_ns = clock_now_ns(),
		.wall_ns = (int64_t)(clock_wall_s() * 1e9)};
	return 0;
}

/* The first time there is nothing to say yet. */
static int count_frames(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	const struct inside leaves = {.host = helper->host,
		.name = helper->host->name,
		.device = "eth0",
		.open = frames_watch_out};
	const struct inside arrives = {.host = helper->edge.place,
		.name = helper->host->name,
		.device = FAR_SINGLES,
		.open = frames_watch_in};
	const struct inside *counted = helper->edge.is_apart ? &arrives : &leaves;
	unsigned count = 0;

	(void)message;
	if (helper->frames_fd < 0 && inside_open(counted, 1, &helper->frames_fd, err))
		return -1;
	if (frames_take(helper->frames_fd, &count, err))
		return -1;
	*ret_answer = (struct far_message){.kind = FAR_COUNTED, .frames = count};
	return 0;
}

static int hold_back(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	(void)ret_answer;
	(void)err;
	helper->holds_back = message->held;
	if (!helper->holds_back)
		children_speak(helper);
	return 0;
}

/* The answer lives as long as the helper's next one. */
static int ask_wire(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	struct wire_bytes answer;

	*ret_answer = (struct far_message){.kind = FAR_EDGED};
	if (message->size == 0)
		return helper->edge.is_wanted ? edge_renew(&helper->edge, err)
					      : fail(err, ERROR_USAGE, "this host has no wire");
	arena_freep(&helper->answer);
	helper->answer = arena_new();
	if (edge_answer(&helper->edge, (struct wire_bytes){message->data, message->size},
		    helper->answer, &answer, err))
		return -1;
	ret_answer->data = answer.data;
	ret_answer->size = answer.size;
	return 0;
}

/*
 * Requests have an answer, FAR_DONE unless they say another, or fail; `act` has none. The host's
 * own operations are called, because the other end puts the host's name before what fails.
 */
static const struct {
	int (*answer)(struct helper *helper, const struct far_message *message,
		struct far_message *ret_answer, struct error *err);
	void (*act)(struct helper *helper, const struct far_message *message);
	bool needs_host;
} table[FAR_KINDS] = {
	[FAR_BOOT] = {.answer = boot},
	[FAR_REBOOT] = {.answer = reboot, .needs_host = true},
	[FAR_CHECK] = {.answer = check, .needs_host = true},
	[FAR_WIPE] = {.answer = wipe, .needs_host = true},
	[FAR_NAMES] = {.answer = set_names, .needs_host = true},
	[FAR_WRITE] = {.answer = write_file, .needs_host = true},
	[FAR_REMOVE] = {.answer = remove_file, .needs_host = true},
	[FAR_CLOCK] = {.answer = tell_time},
	[FAR_START] = {.answer = child_start, .needs_host = true},
	[FAR_RELEASE] = {.act = child_release},
	[FAR_SIGNAL] = {.act = child_signal},
	[FAR_KILL] = {.act = child_kill},
	[FAR_FORGET] = {.act = child_forget},
	[FAR_USAGE] = {.answer = child_usage},
	[FAR_THREADS] = {.answer = child_threads},
	[FAR_IDENTIFY] = {.answer = child_identity},
	[FAR_FRAMES] = {.answer = count_frames, .needs_host = true},
	[FAR_HOLD] = {.answer = hold_back, .needs_host = true},
	[FAR_EDGE] = {.answer = ask_wire, .needs_host = true},
};

static int answer_one(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	if (table[message->kind].needs_host && !helper->host)
		return fail(err, ERROR_USAGE, "message '%s' came before the host was booted",
			far_kind_name(message->kind));
	if (message->kind == FAR_BOOT && helper->host)
		return fail(err, ERROR_USAGE, "the host was booted before");
	return table[message->kind].answer(helper, message, ret_answer, err);
}

/* What has ended by it, such as all children by a reboot, is known before its answer. */
static void serve(struct helper *helper, const struct far_message *message)
{
	struct far_message answer = {.kind = FAR_DONE};
	struct error err;

	if (table[message->kind].act) {
		table[message->kind].act(helper, message);
		return;
	}
	if (answer_one(helper, message, &answer, &err)) {
		helper_say_failed(helper, message->id, &err);
		return;
	}
	children_report(helper);
	answer.id = message->id;
	helper_say(helper, &answer);
	free((void *)answer.threads);
}

static void serve_all(struct helper *helper)
{
	for (bool is_there = true; is_there;) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct far_message message;

		is_there = far_connection_take(helper->connection, arena, &message);
		if (!is_there)
			continue;
		serve(helper, &message);
		helper->heard_ns = clock_now_ns();
		if (helper->lease_ns)
			notify("WATCHDOG=1");
	}
}

static void report_wire(struct helper *helper)
{
	const char *end = edge_obituary(&helper->edge);

	if (end)
		helper_say(helper, &(struct far_message){.kind = FAR_EDGE_ENDED, .text = end});
}

static struct deadline lease_end(const struct helper *helper)
{
	return helper->lease_ns ? (struct deadline){helper->heard_ns + helper->lease_ns}
				: deadline_in(INT64_MAX);
}

/* A card that is still in a host when that ends would come back by the kernel, some time later. */
void helper_end_host(struct helper *helper)
{
	struct error err;

	edge_stop(&helper->edge);
	if (helper->host && card_take(&helper->card, place_of_card(helper), &err))
		fprintf(stderr, "meshbench-host: %s\n", err.text);
	fd_closep(&helper->frames_fd);
	edge_end(&helper->edge);
	host_free(helper->host);
	helper->host = NULL;
	if (helper->card.is_noted && card_undo(helper->procs, &err))
		fprintf(stderr, "meshbench-host: %s\n", err.text);
}

void helper_serve(struct helper *helper)
{
	struct error ignored; /* a signal: it is known */

	helper->heard_ns = clock_now_ns();
	procs_count_stops(helper->procs);
	notify("READY=1");
	while (!far_connection_end(helper->connection) && !procs_is_cancelled(helper->procs)) {
		struct deadline due = deadline_earlier(children_due(helper), lease_end(helper));

		if (procs_step(helper->procs, due, &ignored))
			break;
		serve_all(helper);
		children_run_due(helper);
		children_report(helper);
		report_wire(helper);
		if (deadline_has_passed(lease_end(helper)))
			far_connection_break(helper->connection,
				"nothing was heard of the other end for too long");
	}
}
