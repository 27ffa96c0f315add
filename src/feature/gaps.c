/* SPDX-License-Identifier: MIT */
/* Rows of the matrix that could be observed and have no check here: each says why. */
#include "feature/feature.h"

#define UNSPOKEN                                                                                   \
	"routers of the wire do not answer it, so that punch shows what needs no such mapping"
#define HIDDEN "what hosts say of addresses is inside their packets"
#define RELAYS "needs two relays"
#define BLOCKED "the workload punch measures it in the topology udp-blocked"
#define SWITCHED "needs a setting that drivers do not have"
#define ELSEWHERE(workload) "the workload " workload " measures it"
#define LEARNT                                                                                     \
	"that a host comes back without the coordinator does not show from what it knows the others"
#define LONG "takes longer than a check may"
#define INSIDE "needs a look into the daemon's calls"

const struct feature_gap feature_gaps[] = {
	{"tcp_fallback", BLOCKED},
	{"quic_transport", SWITCHED},
	{"websocket_transport", SWITCHED},
	{"underlay_ipv6", "links to a host with IPv6 alone show it, in the topology ipv6"},
	{"multipath", "needs two cards for each host"},
	{"default_port", "drivers set the port"},
	{"dead_peer_timeout", LONG},
	{"roaming", ELSEWHERE("roam")},
	{"forward_secrecy", "only its handshake says it, which is read"},
	{"post_quantum", "only its handshake says it, which is read"},
	{"end_to_end_through_relay", "needs the state of a host that forwards"},
	{"encryption_can_be_off", SWITCHED},
	{"multi_threaded", ELSEWHERE("tcp")},
	{"batch_receive", INSIDE},
	{"batch_send", INSIDE},
	{"large_batches", INSIDE},
	{"udp_gso", ELSEWHERE("tcp")},
	{"udp_gro", INSIDE},
	{"tun_offload", INSIDE},
	{"large_socket_buffers", INSIDE},
	{"userspace_tcp", INSIDE},
	{"reordering_tolerance", INSIDE},
	{"preserves_order", ELSEWHERE("reorder")},
	{"conservative_mtu", ELSEWHERE("mtu")},
	{"path_mtu_discovery", ELSEWHERE("mtu")},
	{"endpoint_caching", LEARNT},
	{"keepalive_efficient", ELSEWHERE("idle")},
	{"tunnel_compression", SWITCHED},
	{"stateful_filter", SWITCHED},
	{"fine_grained_acl", SWITCHED},
	{"certificate_pinning", SWITCHED},
	{"privilege_separation", "in the lab every daemon is root of its own namespace"},
	{"sandboxing", "units of the distribution do not run in the lab"},
	{"local_admin_api", "needs a list of what each daemon asks its own sockets"},
	{"public_servers_by_default", "drivers switch them off, since the lab has no way out"},
	{"key_revocation", SWITCHED},
	{"stun", HIDDEN},
	{"multiple_stun", HIDDEN},
	{"nat_type_detection", HIDDEN},
	{"upnp", UNSPOKEN},
	{"nat_pmp", UNSPOKEN},
	{"pcp", UNSPOKEN},
	{"udp_hole_punching", ELSEWHERE("punch")},
	{"symmetric_nat", ELSEWHERE("punch")},
	{"rendezvous", HIDDEN},
	{"automatic_relay_selection", RELAYS},
	{"tcp_relay", BLOCKED},
	{"peer_relay", "who forwards is not seen from the ends"},
	{"lan_discovery", SWITCHED},
	{"direct_path_advertisement", HIDDEN},
	{"lan_preference", "needs two paths of the same pair, and sites have one uplink each"},
	{"trusted_path", SWITCHED},
	{"lan_only_mode", SWITCHED},
	{"subnet_routes", SWITCHED},
	{"full_tunnel", SWITCHED},
	{"split_tunnel", "the tree's vpn.json lists what the VPN changed on its hosts"},
	{"existing_connections_survive", ELSEWHERE("restart")},
	{"local_state_cache", LEARNT},
	{"cached_credentials", ELSEWHERE("reboot")},
	{"graceful_degradation", ELSEWHERE("restart")},
	{"self_hosted_control", "the driver does it, or there would be no mesh"},
	{"controller_redundancy", SWITCHED},
	{"relay_redundancy", RELAYS},
	{"offline_start",
		"the workload restart restarts one host without the coordinator, and not two"},
	{"preauth_keys", "the driver does it, where there are such keys"},
	{"cli_auth", "the driver does it, or there would be no mesh"},
	{"admin_approval", SWITCHED},
	{"automated_enrollment", "the driver does it, or there would be no mesh"},
	{"node_expiry", LONG},
	{"stable_identity", "the workloads restart and roam measure it together"},
	{"identity_portability", SWITCHED},
	{"live_reload", SWITCHED},
	{"linux", "it runs, or there would be no mesh"},
	{"kernel_datapath", "every run says what moved packets"},
	{"userspace_datapath", "every run says what moved packets"},
	{"no_tun_mode", SWITCHED},
	{"built_in_dns", SWITCHED},
};

const size_t feature_gap_count = sizeof(feature_gaps) / sizeof(feature_gaps[0]);
