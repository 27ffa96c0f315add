/* SPDX-License-Identifier: MIT */
/* What a connection check tells about the VPN's own share of the time. */
#include "report/model/metric.h"

#include <math.h>

void contacts_of_ours(struct report_results *results)
{
	if (!results->environment)
		return;
	for (struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (struct report_condition *c = vpn->conditions; c; c = c->next)
			for (struct report_link *link = c->links; link; link = link->next)
				link->connect.step_s = link->reboot.step_s = 0;
}

/* The longest wait of those who answered; NAN when nobody did. */
static double slowest(const struct report_contact *contacts)
{
	double slowest_s = NAN;

	for (const struct report_contact *contact = contacts; contact; contact = contact->next)
		if (contact->is_success)
			slowest_s = fmax(slowest_s, contact->took_s);
	return slowest_s;
}

double contact_outside_s(const struct report_connect *connect)
{
	return connect->is_there ? slowest(connect->outside) : NAN;
}

double contact_first_s(const struct report_connect *connect)
{
	const struct report_contact *contact = connect->is_there ? connect->inside : NULL;

	while (contact && !contact->is_success)
		contact = contact->next;
	return contact ? contact->took_s : NAN;
}

/* From the last answer outside to the last one inside, whatever the check can tell. */
static double beyond_outside_s(const struct report_connect *connect)
{
	double outside = contact_outside_s(connect);

	if (!connect->is_there || connect->checks_on_vpn)
		return NAN;
	return slowest(connect->inside) - (isnan(outside) ? 0 : outside);
}

static bool answered_at_once(const struct report_connect *connect)
{
	for (const struct report_contact *c = connect->inside; c; c = c->next)
		if (!c->is_success || c->was_asked_again)
			return false;
	return connect->inside != NULL;
}

static bool is_too_short(const struct report_connect *connect)
{
	return beyond_outside_s(connect) < connect->step_s && answered_at_once(connect);
}

double contact_vpn_only_s(const struct report_connect *connect)
{
	return is_too_short(connect) ? NAN : beyond_outside_s(connect);
}

/* The hosts may have answered outside for as long as a step before that was seen. */
double contact_below_s(const struct report_connect *connect)
{
	return is_too_short(connect) ? beyond_outside_s(connect) + connect->step_s : NAN;
}
