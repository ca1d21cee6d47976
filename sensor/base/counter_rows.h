/* SPDX-License-Identifier: ISC */
/*
 * Everything that is counted: a counter is one row. From its row follow the member of the struct
 * that holds it, the sum over workers, the closing line of a run, /metrics, the heartbeat and
 * `spanwatch --counters`. Whatever is given up, refused or cut has a row.
 *
 *	X(in, member, kind, metric, field, told, meaning)
 *
 *  in       how to reach the struct from the one that the section is for: `worker.`, or nothing
 *  kind     COUNTER only grows, GAUGE is how much there is now; both add up over workers
 *  metric   name in /metrics, after spanwatch_. With labels: the family is written in metrics.c
 *  field    of the heartbeat in Redis; rows of the same field are told there as their sum
 *  told     after the number, in the closing line, if it is not 0; NULL: not told there. Rows with
 *           the same words are told as their sum, at the place of the first
 *  meaning  for the HELP of /metrics, --counters and spanwatch(8)
 *
 * A section is some members of one struct; the sections stand in the order of the closing line.
 * Names are a contract: a metric that only grows ends in _total, and a field never changes its
 * name.
 */
#ifndef SENSOR_COUNTER_ROWS_H
#define SENSOR_COUNTER_ROWS_H

#include <stdint.h>

/* For the struct that a section belongs to. */
#define COUNTER_MEMBER(in, member, kind, metric, field, told, meaning) uint64_t member;

/* clang-format off */

/* struct capture_stats */
#define COUNTERS_CAPTURE(X, in) \
X(in, received, COUNTER, "capture_received_total", "capture_received", NULL, "Packets that passed the filter, those that the kernel dropped included.") \
X(in, dropped_kernel, COUNTER, "capture_dropped_kernel_total", "dropped_kernel", "dropped by the kernel", "Packets dropped because the ring of a worker was full.") \
X(in, dropped_interface, COUNTER, "capture_dropped_interface_total", "dropped_interface", "dropped by the interface", "Packets dropped by the adapter or its driver.") \
X(in, refused, COUNTER, "capture_refused_total", "capture_refused", "datagrams of senders that may not send a mirror", "Datagrams that came to udp:// from others than ?from= names.")

/* struct worker_stats, decoded[]: a row for each result; the array is no X-list's. */
#define COUNTERS_DECODED(X, in) \
X(in, decoded[DECODE_OK], COUNTER, "decoded_total{result=\"decoded\"}", "decoded", NULL, "Packets whose headers were understood.") \
X(in, decoded[DECODE_NOT_IP], COUNTER, "decoded_total{result=\"not-ip\"}", "not_ip", NULL, "Frames that carry no IP.") \
X(in, decoded[DECODE_NOT_OURS], COUNTER, "decoded_total{result=\"other-protocol\"}", "other_protocol", NULL, "Packets of an IP protocol that carries no service.") \
X(in, decoded[DECODE_FRAGMENT], COUNTER, "fragments_total", "fragments", NULL, "IP fragments.") \
X(in, decoded[DECODE_UNSUPPORTED_LINK], COUNTER, "decoded_total{result=\"unsupported-link\"}", "unsupported_link", "frames of an unsupported link type", "Frames of a link type that is not understood.") \
X(in, decoded[DECODE_UNREAD], COUNTER, "decoded_total{result=\"unread\"}", "unread", "packets of kinds that are not read", "Packets of an ethertype, IP protocol or encapsulation that is not read.") \
X(in, decoded[DECODE_TRUNCATED], COUNTER, "decoded_total{result=\"truncated\"}", "truncated", "packets truncated in a header", "Packets that end inside a header.") \
X(in, decoded[DECODE_MALFORMED], COUNTER, "decoded_total{result=\"malformed\"}", "malformed", "malformed packets", "Packets with a header that contradicts itself.") \
X(in, decoded[DECODE_TUNNEL], COUNTER, "packets_unknown_tunnel_total", "tunnels_unknown", "packets in tunnels that are not understood", "Packets in tunnels that are not understood.") \
X(in, decoded[DECODE_TOO_DEEP], COUNTER, "packets_too_deep_total", "tunnels_too_deep", "packets nested too deep in tunnels", "Packets in more tunnels than are looked into.") \
X(in, decoded[DECODE_CHECKSUM], COUNTER, "packets_bad_checksum_total", "bad_checksums", "packets with a wrong checksum", "Packets with a wrong checksum, with --checksums.")

/* struct worker_stats */
#define COUNTERS_PACKETS(X, in) \
X(in, packets, COUNTER, "packets_total", "packets", NULL, "Packets looked at.") \
X(in, bytes, COUNTER, "bytes_total", "bytes", NULL, "Bytes of packets, as on the wire.") \
X(in, tunnelled, COUNTER, "packets_tunnelled_total", "tunnelled", NULL, "Packets that came in a tunnel that was looked into.") \
X(in, tunnels_claimed, COUNTER, "packets_claimed_total", "tunnels_claimed", "packets in tunnels that the policy does not list", "Packets in tunnels that are not believed.") \
X(in, tunnels_unnamed, COUNTER, "tunnels_unnamed_total", "tunnels_unnamed", NULL, "Tunnels without a place in the table of their names.") \
X(in, shaped, COUNTER, "packets_unlisted_tunnel_total", "tunnels_unlisted", "datagrams that look like a tunnel on a port that is not listed", "Datagrams that look like VXLAN, or are in a part of CAPWAP that is not read; they are read as datagrams.") \
X(in, ours, COUNTER, "packets_ours_total", "ours", NULL, "Packets with an address of the policy's on one side at least.") \
X(in, elsewhere, COUNTER, "packets_elsewhere_total", "elsewhere", NULL, "Packets that no rule could care about.") \
X(in, outbound, COUNTER, "packets_outbound_total", "outbound", NULL, "Packets of conversations begun by hosts of ours.") \
X(in, probes, COUNTER, "probes_total", "probes", NULL, "SYNs and first datagrams from outside.") \
X(in, probes_idle, COUNTER, "probes_idle_total", "probes_idle", "probes that prove nothing", "Probes without an answer that a listening host would have dropped as well.") \
X(in, probes_flooded, COUNTER, "probes_flooded_total", "probes_flooded", "probes not judged because of a flood", "Probes without an answer at an endpoint that was flooded.") \
X(in, early, COUNTER, "early_data_total", "early_data", NULL, "Packets of data out of nowhere, which make no conversation until something follows or answers.") \
X(in, compared, COUNTER, "packets_compared_total", "compared", NULL, "Packets that matter, compared with what came just before.") \
X(in, duplicates, COUNTER, "packets_duplicated_total", "duplicates", "duplicated packets", "Copies of packets that matter.") \
X(in, ignored, COUNTER, "segments_ignored_total", "segments_ignored", NULL, "Segments that the host they went to took no notice of.") \
X(in, fastopen_lost, COUNTER, "fastopen_lost_total", "fastopen_lost", "data of SYNs forgotten", "Data of SYNs (TCP Fast Open) forgotten before their answer.")

/* struct fragments_stats */
#define COUNTERS_FRAGMENTS(X, in) \
X(in, taken, COUNTER, "fragments_taken_total", "fragments_taken", NULL, "Fragments that were new and made sense.") \
X(in, waiting, GAUGE, "fragments_waiting", "fragments_waiting", NULL, "Datagrams that are not whole yet.") \
X(in, whole, COUNTER, "datagrams_whole_total", "fragments_whole", NULL, "Datagrams put together from fragments.") \
X(in, given_up, COUNTER, "datagrams_given_up_total", "fragments_given_up", "fragmented datagrams never whole", "Datagrams that never became whole.") \
X(in, no_room, COUNTER, "datagrams_no_room_total", "fragments_no_room", "fragmented datagrams without room (--fragments-mib)", "Datagrams given up because the room for fragments was full.") \
X(in, copies, COUNTER, "fragments_copied_total", "fragments_copied", NULL, "Fragments that were there already, whole.") \
X(in, overlaps, COUNTER, "fragments_overlapping_total", "fragments_overlapping", "fragments that overlap others", "Fragments with bytes that were there already.") \
X(in, conflicts, COUNTER, "fragments_conflicting_total", "fragments_contradicting", "fragments that contradict others", "Fragments with other bytes than were there already.") \
X(in, liars, COUNTER, "fragments_lying_total", "fragments_contradicting", "fragments that contradict others", "Fragments that contradict the length of their datagram.") \
X(in, tiny, COUNTER, "fragments_tiny_total", "fragments_tiny", NULL, "Datagrams whose first fragment ends inside the header of TCP or UDP.")

/* struct worker_stats */
#define COUNTERS_CUT(X, in) \
X(in, cut_frames, COUNTER, "packets_cut_total", "cut_frames", NULL, "Packets shorter in the capture than on the wire.") \
X(in, mirror_cut, COUNTER, "packets_cut_by_mirror_total", "mirror_cut", "packets cut off before they came here", "Packets whose end did not come in their frame.") \
X(in, cut_short, COUNTER, "payloads_cut_total", "cut_short", "packets with payload cut off", "Packets that matter whose payload was cut off.")

/* struct sessions_stats */
#define COUNTERS_STREAMS(X, in) \
X(in, gaps, COUNTER, "stream_gaps_total", "stream_gaps", "gaps in streams", "Gaps in streams that were read.") \
X(in, gap_bytes, COUNTER, "stream_gap_bytes_total", "stream_gap_bytes", NULL, "Bytes missing in gaps of streams.") \
X(in, names_lost, COUNTER, "names_lost_total", "names_lost", "names of users and objects not told apart", "Names of users and objects that were not told apart.")

/* struct worker_stats */
#define COUNTERS_FLOWS(X, in) \
X(in, flows, GAUGE, "table_used{table=\"flows\"}", "flows", NULL, "Conversations that matter, at the moment.") \
X(in, flows_created, COUNTER, "flows_created_total", "flows_created", NULL, "Conversations that matter.") \
X(in, flows_evicted, COUNTER, "flows_evicted_total", "flows_evicted", "conversations evicted (--max-flows)", "Conversations given up because the table was full.")

/* struct sessions_stats */
#define COUNTERS_SESSIONS(X, in) \
X(in, in_use, GAUGE, "table_used{table=\"sessions\"}", "sessions", NULL, "Conversations that are read, at the moment.") \
X(in, blocks_in_use, GAUGE, "table_used{table=\"reassembly-blocks\"}", "reassembly_blocks", NULL, "Blocks of 2 KiB that hold early segments.") \
X(in, evicted, COUNTER, "sessions_evicted_total", "sessions_evicted", "conversations no longer read (--max-sessions)", "Conversations no longer read because the table was full.") \
X(in, starved, COUNTER, "identification_starved_total", "identification_starved", "conversations whose identification had to wait for its budget", "Conversations not looked at for a while, or never, because identification had used up its share of a second.") \
X(in, reassembly_refused, COUNTER, "reassembly_refused_total", "reassembly_refused", "early segments without room (--reassembly-mib)", "Early segments without room.") \
X(in, crowded, COUNTER, "crowded_packets_total", "crowded_packets", "packets with more commands than are read", "Packets with more commands of a client than are read in full.") \
X(in, passed_bytes, COUNTER, "crowded_bytes_total", "crowded_bytes", NULL, "Bytes in them that were only looked through for words that destroy, execute or log in.") \
X(in, versions, COUNTER, "stream_versions_total", "stream_versions", NULL, "Other versions of the same bytes, read as well.") \
X(in, versions_refused, COUNTER, "stream_versions_refused_total", "stream_versions_refused", "other versions of the same bytes not read", "Other versions of the same bytes without room.")

/* struct unpackers_stats */
#define COUNTERS_UNPACK(X, in) \
X(in, in_use, GAUGE, "unpackers_in_use", "unpackers_in_use", NULL, "Compressed streams that are being unpacked, at the moment.") \
X(in, streams, COUNTER, "unpacked_total", "unpacked", NULL, "Compressed streams that were unpacked, as far as they are looked at.") \
X(in, plain, COUNTER, "unpacked_plain_total", "unpacked_plain", NULL, "Streams that were said to be compressed and are not: read as they are.") \
X(in, wrong, COUNTER, "unpacked_wrong_total", "unpacked_wrong", "compressed streams damaged or too costly", "Streams that could not be unpacked to the end: damaged, or made to take more memory than there is.") \
X(in, unread, COUNTER, "unpacked_unread_total", "unpacked_unread", "compressed streams of a kind that is not read", "Streams of a compression, or of several one inside the other, that is not read.") \
X(in, evicted, COUNTER, "unpackers_evicted_total", "unpackers_evicted", "compressed streams no longer read (--unpack-mib)", "Streams given up because all places were taken.") \
X(in, starved, COUNTER, "unpackers_starved_total", "unpackers_starved", "compressed streams given up for want of time", "Streams given up because unpacking had used up its share of a second.")

/* struct worker_stats */
#define COUNTERS_PROBED(X, in) \
X(in, probed_evicted, COUNTER, "probed_evicted_total", "probed_evicted", "probed endpoints forgotten (--max-probed)", "Probed endpoints forgotten because the table was full.") \
X(in, asked_forgotten, COUNTER, "attempts_forgotten_total", "attempts_forgotten", "attempts forgotten that had found no room to wait", "Attempts that found no room among those that wait, and were pushed out of the set behind them by others: an answer to one may be told as a guess.") \
X(in, outbound_forgotten, COUNTER, "outbound_forgotten_total", "outbound_forgotten", NULL, "Conversations begun by ours that were pushed out of their set by others.") \
X(in, inbound_forgotten, COUNTER, "inbound_forgotten_total", "inbound_forgotten", NULL, "Ended or idle conversations begun from outside whose roles were pushed out of their set by others.")

/* struct identify_stats */
#define COUNTERS_IDENTIFY(X, in) \
X(in, ndpi_packets, COUNTER, "ndpi_packets_total", "ndpi_packets", NULL, "Packets shown to nDPI.") \
X(in, ndpi_identified, COUNTER, "ndpi_identified_total", "ndpi_identified", NULL, "Conversations named by nDPI.") \
X(in, ndpi_refused, COUNTER, "ndpi_refused_total", "ndpi_refused", "conversations without room in nDPI's pool (--max-sessions)", "Conversations without room in nDPI's pool.")

/* struct sessions_stats */
#define COUNTERS_CLAIMS(X, in) \
X(in, claims, COUNTER, "client_claims_total", "client_claims", "claims about clients that were not believed", "Claims to speak for a client by somebody who is not a listed proxy.")

/* struct worker_stats */
#define COUNTERS_TOLD(X, in) \
X(in, carried, COUNTER, "carried_clients_total", "carried_clients", NULL, "Clients for whom listed proxies spoke, by connection.") \
X(in, carried_evicted, COUNTER, "carried_evicted_total", "carried_evicted", "carried clients concluded early", "Such clients concluded because too many took turns on one connection.") \
X(in, carried_nobody, COUNTER, "carried_nobody_total", "carried_nobody", "conversations in which a listed proxy names no client", "Conversations of listed proxies in which, by what can be read, no client is named for some or all of what was answered.") \
X(in, observations, COUNTER, "observations_total", "observations", NULL, "What workers told the main thread.") \
X(in, observations_refused, COUNTER, "observations_retried_total", "observations_retried", "observations told again later", "Observations that found the ring full and were told later.") \
X(in, observations_waiting, GAUGE, "observations_waiting", "observations_waiting", NULL, "Observations that wait for room in the ring.") \
X(in, observations_lost, COUNTER, "observations_lost_total", "observations_lost", "observations lost", "Observations that found the ring full, and no room to wait either.")

/* struct worker_stats, for --evidence: no label tells the interface */
#define COUNTERS_KEPT(X, in) \
X(in, evidence, COUNTER, "evidence_offered_total", "evidence_offered", NULL, "Packets that workers handed to the main thread as evidence.") \
X(in, evidence_lost, COUNTER, "evidence_lost_total", "evidence_errors", "packets for --evidence lost", "Packets of evidence that found the ring to the main thread full.")

/* struct pairs_stats */
#define COUNTERS_PAIRS(X, in) \
X(in, both, COUNTER, "watched_conversations_total{sight=\"both\"}", "conversations_both_ways", NULL, "Conversations of the sample whose two directions were seen.") \
X(in, one_way, COUNTER, "watched_conversations_total{sight=\"one-way\"}", "conversations_one_way", NULL, "Conversations of the sample of which one direction was seen.") \
X(in, bytes, COUNTER, "watched_bytes_total", "bytes_sent", NULL, "Bytes sent in the sample of conversations that sight is judged by.") \
X(in, unseen_bytes, COUNTER, "watched_bytes_unseen_total", "bytes_unseen", NULL, "Bytes of that sample that were acknowledged and never seen.")

/* struct engine_stats */
#define COUNTERS_ENGINE(X, in) \
X(in, exposures_open, GAUGE, "table_used{table=\"exposures\"}", "exposures_open", NULL, "Exposures that are open.") \
X(in, exposures_quiet, GAUGE, "exposures_quiet", "exposures_quiet", NULL, "Of the open exposures, those that only their incident counts.") \
X(in, exposures_waiting, GAUGE, "exposures_waiting", "exposures_waiting", NULL, "Of these, those that will be announced when there is budget again.") \
X(in, exposures_put_back, COUNTER, "exposures_put_back_total", "exposures_put_back", "exposures of a storm, counted by their incident first", "Exposures that were not announced at once, because there were too many of their client or in all.") \
X(in, exposures_opened, COUNTER, "exposures_opened_total", "exposures_opened", NULL, "Exposures opened, also again.") \
X(in, exposures_closed, COUNTER, "exposures_closed_total", "exposures_closed", NULL, "Exposures closed.") \
X(in, exposures_merged, COUNTER, "exposures_merged_total", "exposures_merged", NULL, "Exposures that became part of one of all ports of their host.") \
X(in, exposures_evicted, COUNTER, "exposures_evicted_total", "exposures_evicted", "exposures evicted (--max-exposures)", "Exposures forgotten because the table was full.") \
X(in, exposures_refused, COUNTER, "exposures_refused_total", "exposures_refused", "exposures not taken (--max-exposures)", "Reports of exposures not taken: the table was full of ones as serious.") \
X(in, exposures_untracked, COUNTER, "exposures_untracked_total", "exposures_untracked", "reports of endpoints too many to be followed (--max-exposures)", "Reports of quiet exposures that have no record: the table was full.") \
X(in, walls_evicted, COUNTER, "walls_evicted_total", "walls_evicted", "walls forgotten (--max-walls)", "Endpoints seen closed that were forgotten because the table was full.") \
X(in, incidents_open, GAUGE, "incidents_open", "incidents_open", NULL, "Incidents that are open.") \
X(in, incidents_evicted, COUNTER, "incidents_evicted_total", "incidents_evicted", "incidents forgotten (--max-incidents)", "Incidents forgotten because the table was full.")

/* struct evidence_stats: the closing line is its own */
#define COUNTERS_EVIDENCE(X, in) \
X(in, packets, COUNTER, "evidence_packets_total", "evidence_packets", NULL, "Packets kept as evidence.") \
X(in, bytes, COUNTER, "evidence_bytes_total", "evidence_bytes", NULL, "Bytes written as evidence.") \
X(in, refused, COUNTER, "evidence_refused_total", "evidence_refused", "packets beyond the limit of their file", "Packets beyond the limit of their file of evidence.") \
X(in, errors, COUNTER, "evidence_errors_total", "evidence_errors", "packets that could not be written", "Packets of evidence that could not be written.") \
X(in, evicted, COUNTER, "evidence_evicted_total", "evidence_evicted", "files deleted to make room", "Files of evidence deleted to make room.") \
X(in, files, GAUGE, "evidence_files", "evidence_files", NULL, "Files of evidence.") \
X(in, on_disk, GAUGE, "evidence_disk_bytes", "evidence_disk_bytes", NULL, "Bytes of the files of evidence.")

/* struct outputs_stats */
#define COUNTERS_OUTPUTS(X, in) \
X(in, events, COUNTER, "events_told_total", "events", NULL, "Events told, of all kinds.") \
X(in, alerts, COUNTER, "alerts_total", "alerts", NULL, "Events that somebody should be told at once.") \
X(in, waiting, GAUGE, "journal_waiting", "events_waiting", NULL, "Events that Redis has not confirmed.") \
X(in, journal_lost, COUNTER, "journal_lost_total", "events_lost", NULL, "Events pushed out of a full journal before Redis had them.") \
X(in, journal_lost_full, COUNTER, "journal_lost_full_total", "events_lost_full", NULL, "Of these, by the bounds of the journal (--journal-mib).") \
X(in, journal_lost_old, COUNTER, "journal_lost_old_total", "events_lost_old", NULL, "Of these, because they waited for too long (--journal-days).") \
X(in, journal_lost_memory, COUNTER, "journal_lost_memory_total", "events_lost_memory", NULL, "Of these, because the disk took nothing and memory was full.") \
X(in, journal_lost_damaged, COUNTER, "journal_lost_damaged_total", "events_lost_damaged", NULL, "Of these, because the journal's file was damaged.") \
X(in, journal_unwritten, GAUGE, "journal_unwritten", "journal_unwritten", NULL, "Events that the journal's file has not yet.") \
X(in, journal_early, COUNTER, "journal_early_total", "journal_early", NULL, "Events that went to Redis before the journal's file had them: the disk was slow, or took nothing.") \
X(in, journal_slow, COUNTER, "journal_slow_total", "journal_slow", NULL, "Commits and syncs of the journal that took more than a quarter of a second.") \
X(in, journal_errors, COUNTER, "journal_errors_total", "events_lost", NULL, "Events that could not be stored.") \
X(in, journal_failures, COUNTER, "journal_failures_total", "journal_failures", NULL, "Operations of the journal that failed, those that were tried again included.") \
X(in, out_errors, COUNTER, "output_errors_total", "output_errors", NULL, "Lines that standard output did not take.") \
X(in, redis_sent, COUNTER, "redis_sent_total", "redis_sent", NULL, "Events sent to Redis.") \
X(in, redis_confirmed, COUNTER, "redis_confirmed_total", "redis_confirmed", NULL, "Events that Redis has.") \
X(in, redis_in_flight, GAUGE, "redis_in_flight", "redis_in_flight", NULL, "Events sent and not confirmed.") \
X(in, redis_reconnects, COUNTER, "redis_reconnects_total", "redis_reconnects", NULL, "Connections to Redis.") \
X(in, redis_redirects, COUNTER, "redis_redirects_total", "redis_redirects", NULL, "Connections that a cluster sent elsewhere.") \
X(in, redis_errors, COUNTER, "redis_errors_total", "redis_errors", NULL, "Failures of Redis.") \
X(in, redis_rejected, COUNTER, "redis_rejected_total", "redis_rejected", NULL, "Events that Redis will never take.") \
X(in, redis_forgotten, COUNTER, "redis_forgotten_total", "redis_forgotten", NULL, "Events that Redis confirmed and lost, and that the journal keeps no more.") \
X(in, redis_losses, COUNTER, "redis_losses_total", "redis_losses", NULL, "Times that Redis had lost what is open, which is told anew then.") \
X(in, redis_mended, COUNTER, "redis_mended_total", "redis_mended", NULL, "Keys in Redis that were wrong and were mended.") \
X(in, redis_twins, COUNTER, "redis_twins_total", "redis_twins", NULL, "Answers of Redis that told of another sensor of this name.")

/* struct http_stats */
#define COUNTERS_HTTP(X, in) \
X(in, requests, COUNTER, "http_requests_total", "http_requests", NULL, "HTTP requests answered, with whatever status.") \
X(in, refused, COUNTER, "http_refused_total", "http_refused", NULL, "HTTP connections closed because there were too many.") \
X(in, dropped, COUNTER, "http_dropped_total", "http_dropped", NULL, "HTTP connections that came to nothing.")

/* clang-format on */

/* What a worker counts of packets, in order; `in` leads to its struct worker_stats. */
#define COUNTERS_WORKER(X, in)                                                                     \
	COUNTERS_DECODED(X, in)                                                                    \
	COUNTERS_PACKETS(X, in)                                                                    \
	COUNTERS_FRAGMENTS(X, in fragments.)                                                       \
	COUNTERS_CUT(X, in)                                                                        \
	COUNTERS_STREAMS(X, in sessions.)                                                          \
	COUNTERS_FLOWS(X, in)                                                                      \
	COUNTERS_SESSIONS(X, in sessions.)                                                         \
	COUNTERS_UNPACK(X, in sessions.unpack.)                                                    \
	COUNTERS_PROBED(X, in)                                                                     \
	COUNTERS_IDENTIFY(X, in sessions.identify.)                                                \
	COUNTERS_CLAIMS(X, in sessions.)                                                           \
	COUNTERS_TOLD(X, in)                                                                       \
	COUNTERS_PAIRS(X, in pairs.)

#endif
