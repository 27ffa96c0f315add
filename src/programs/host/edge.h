/* SPDX-License-Identifier: MIT */
#pragma once

#include "host/host.h"
#include "programs/host/card.h"
#include "wire/wire.h"

/*
 * A wire with two ports between the host and its network card, so that packets meet fates here as
 * they do in a lab on one machine. The card is in a network of its own, where nothing has an
 * address; the host has a TAP with the card's MAC address and MTU. Or the card is apart: in such a
 * network, too, where the other end joins it with the host.
 */
struct edge {
	struct procs *procs;
	bool is_wanted, is_apart;
	uint32_t number;    /* of the host's port, by which its fates are drawn */
	struct host *place; /* the card's network */
	struct proc *program;
	struct wire *wire;
	bool has_reported_end;
	int card_fd, tap_fd; /* held, so that both outlive a wire that ends; -1: not there */
};

/* `wanted`: as FAR_BOOT has it. */
struct edge edge_new(struct procs *procs, int64_t wanted);
/* The network for the card. */
MUST_CHECK int edge_begin(struct edge *edge, struct error *err);
/* The wire, with the card that was given to edge->place, or that the machine keeps. */
MUST_CHECK int edge_start(struct edge *edge, const struct card *card, struct error *err);
/* The host gets its TAP, at first and after a reboot, before which edge_unplug() is called. */
MUST_CHECK int edge_plug(
	struct edge *edge, const struct card *card, const struct host *host, struct error *err);
MUST_CHECK int edge_unplug(struct edge *edge, struct error *err);
/* A fresh wire at the same card and TAP. */
MUST_CHECK int edge_renew(struct edge *edge, struct error *err);
/* Of a question that came from far_host_carry(); the answer lies in the arena. */
MUST_CHECK int edge_answer(struct edge *edge, struct wire_bytes question, struct arena *arena,
	struct wire_bytes *ret_answer, struct error *err);
/* How the wire ended, once, if it did although nobody asked it to; else NULL. */
const char *edge_obituary(struct edge *edge);
/* The wire ends, and packets with it; the card stays where it is. */
void edge_stop(struct edge *edge);
void edge_end(struct edge *edge);
