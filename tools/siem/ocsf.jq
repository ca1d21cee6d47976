# SPDX-License-Identifier: ISC
# Events of spanwatch as OCSF 1.2 Detection Findings (class 2004, https://schema.ocsf.io/1.2.0/classes/
# detection_finding), one for each event of an exposure or an incident; others are left out:
#   spanwatch --json … | jq -c -f ocsf.jq
# finding_info.uid is the exposure's or incident's id: the same in Create, Update and Close.

def ms: (.[0:19] + "Z" | fromdateiso8601) * 1000 + (.[20:23] | tonumber);
def some: with_entries(select(.value != null and .value != "" and .value != [] and .value != {}));

def activity:
  if endswith(".opened") then [1, "Create"] elif endswith(".closed") then [3, "Close"]
  else [2, "Update"] end;
def severity:
  {info: [1, "Informational"], low: [2, "Low"], medium: [3, "Medium"], high: [4, "High"],
   critical: [5, "Critical"]}[.];
def endpoint:
  if . == null then null else {ip, port} | some end;

# In the order of OCSF's page.
def finding($what):
  (.event.action | activity) as $activity
  | (.spanwatch.severity | severity) as $severity
  | {
      activity_id: $activity[0], activity_name: $activity[1],
      category_uid: 2, category_name: "Findings",
      class_uid: 2004, class_name: "Detection Finding",
      type_uid: (200400 + $activity[0]), type_name: ("Detection Finding: " + $activity[1]),
      time: (."@timestamp" | ms),
      start_time: (.event.start | if . then ms else null end),
      end_time: (.event.end | if . then ms else null end),
      severity_id: $severity[0], severity: $severity[1],
      status_id: (if $what.state == "closed" then 4 else 1 end),
      status: (if $what.state == "closed" then "Resolved" else "New" end),
      message: .message,
      metadata: {
        version: "1.2.0", uid: .event.id, sequence: .event.sequence, event_code: .event.action,
        log_name: .event.dataset, logged_time: (.event.created | ms), tenant_uid: .spanwatch.site,
        product: {vendor_name: "spanwatch", name: "spanwatch", version: .observer.version,
                  uid: .observer.name}
      },
      finding_info: ({
        uid: $what.id,
        title: (if $what.members then "Group " + ($what.group // "?") + " is exposed"
                else ($what.level_name + ": " + (.network.protocol // "a service") + " on "
                      + (.destination.ip // "?")) end),
        desc: .message,
        types: [.event.dataset, $what.level_name],
        created_time: ($what.opened | if . then ms else null end),
        first_seen_time: ($what.first_answer // $what.opened | if . then ms else null end),
        last_seen_time: ($what.last_seen // $what.last | if . then ms else null end),
        modified_time: (."@timestamp" | ms),
        analytic: (if .rule then {type_id: 1, type: "Rule", name: .rule.name, uid: .rule.id}
                   else null end),
        related_events: ([$what.incident // empty, ($what.members // [])[].exposure]
                         | map({uid: .}))
      } | some),
      evidences: (if .destination or .source then [{
        src_endpoint: (.source | endpoint),
        dst_endpoint: ((.destination | endpoint) as $server
                       | if $server then ($server + {svc_name: .network.protocol} | some) else null end),
        connection_info: {direction_id: (if .network.direction == "outbound" then 2 else 1 end),
                          protocol_name: .network.transport, uid: .network.community_id} | some
      } | some] else null end),
      resources: ([$what.members // [{ip: .destination.ip, port: .destination.port}] | .[]
                   | {uid: (.exposure // $what.id),
                      name: ((.ip // "?") + (if .port then ":" + (.port | tostring) else "" end)),
                      type: "endpoint", owner: (if $what.owner then {name: $what.owner} else null end),
                      group: (if $what.group then {name: $what.group} else null end)} | some]),
      observables: [(.related.ip // [])[] | {name: "related.ip", type_id: 2, type: "IP Address",
                                              value: .}],
      unmapped: {spanwatch: .spanwatch}
    } | some;

if .spanwatch.exposure then finding(.spanwatch.exposure)
elif .spanwatch.incident then finding(.spanwatch.incident)
else empty end
