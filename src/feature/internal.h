/* SPDX-License-Identifier: MIT */
#pragma once

#include "feature/feature.h"

#include <stdint.h>

/* The bytes of a mark in most trials: more than any packet that a VPN sends for itself. */
#define FEATURE_MARK_BYTES "400"
/* The words that let a rule meet those and what carries them, one way. */
#define FEATURE_DATA "from=source to=target larger=400"

/* trial.c */
const char *const *trial_words(
	struct arena *arena, const struct feature_way *way, const char *to, const char *words);
/* Arguments of `send`: "--count 200 --interval-us 500" to an address. */
void trial_send(struct feature_trial *trial, struct arena *arena, const struct feature_way *way,
	const char *to, const char *words);
/* The IPv4 address of the target there, or else its IPv6 address. */
const char *trial_target(const struct feature_way *way);
void trial_rule(struct feature_trial *trial, const char *text);

/* heard.c: numbers out of accounts; 0 where there is none. */
int64_t heard_marks(const json_t *account, const char *key);
int64_t heard_sent(const struct feature_heard *heard);
/* Packets of a kind: protocol of IP, and -1 is any; EtherType likewise. */
int64_t heard_packets(const json_t *account, int type, int protocol);
/* Marks in UDP: an ICMP error quotes what it is about, so that it has marks of its own. */
int64_t heard_delivered(const json_t *account);
/* Of UDP and TCP, without later fragments, which the kernel made. */
int64_t heard_datagrams(const json_t *account);
/* What carries the marks outside: the protocol of IP with the most bytes; -1: nothing. */
int heard_carrier(const json_t *account);
bool heard_carrier_is_reliable(const json_t *account);

void answer_is(struct feature_observation *answer, const char *is, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void answer_undecided(struct feature_observation *answer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Yes or no, or not decided when nothing was sent. */
bool answer_needs_marks(const struct feature_heard *heard, struct feature_observation *answer);

extern const struct feature_check check_device, check_ipv4, check_ipv6, check_carrier,
	check_altered, check_replay, check_stale, check_window, check_foreign, check_multicast,
	check_broadcast, check_frames, check_bridged, check_tos, check_congestion, check_replies,
	check_pieces, check_full, check_lossy, check_relay, check_quiet, check_padding,
	check_stranger, check_rekey;
