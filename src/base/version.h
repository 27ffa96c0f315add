/* SPDX-License-Identifier: MIT */
#pragma once

/* "0.2.0 (1a2b3c4d5e)": the release and, when built from a checkout, its commit; "-dirty" after it:
 * with changes. */
extern const char version_text[];
