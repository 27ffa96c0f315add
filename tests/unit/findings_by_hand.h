/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/findings/finding.h"

#include "by_hand.h"

/* What the finding with this id says about a VPN, or with NULL about the tree. */
static inline const struct about *find(
	const struct findings *findings, const char *id, const char *vpn)
{
	const struct finding *finding = finding_with(findings, id);

	return finding ? finding_about(finding, vpn) : NULL;
}
