-- SPDX-License-Identifier: ISC
-- Events, up to 32 in one call. Each is read for and merged, then written; the mark that it was
-- applied is written first, because a full Redis refuses it, and taken back if the event fails after
-- all: merging twice is merging once, and what counts comes last.

local FIRST = 10 -- in ARGV
local HISTORY = 32

local after, stream_length, queue_length, event_count = unpack(ARGV, 6, 9)
local key_events, key_applied, key_ids = prefix .. 'events', prefix .. 'applied', prefix .. 'ids'
local channel = prefix .. 'live'

-- "stream": with all flat fields, for readers of before 2.1; "heal": everything is renewed.
local function settings()
	local held = try('HMGET', prefix .. 'settings', 'stream', 'heal')
	return held[1] == 'flat', held[2] and number(held[2]) > clock().s
end

local flat, heal

-- Places in ARGV of the event at `at`: the pairs of each kind, and where the next event begins. `whole`:
-- with those that seldom change.
local function places(at)
	local index = {string.byte(ARGV[at + 3], 1, -1)}
	local derived = at + 4
	local hashed = derived + 2 * index[1]
	local both = hashed + 2 * index[2]
	local shown = both + 2 * index[3]
	local json = shown + 2 * index[4]
	local detail = json + 2 + 2 * index[5]
	local hidden = detail + 2 * index[6]
	return {digest = ARGV[at + 2], index = index, before = at + 3, derived = derived, hashed = hashed,
		both = both, shown = shown, json = json, detail = detail, hidden = hidden,
		next = hidden + 2 * index[7], whole = hidden > detail}
end

local function value_of(place, at)
	local offset = place.index[at]
	return offset > 0 and ARGV[place.before + offset] or nil
end

local function add_pairs(map, first, last)
	for i = first, last - 1, 2 do map[ARGV[i]] = ARGV[i + 1] end
end

-- All that moves, by name.
local function event_at(place)
	local event = {}
	add_pairs(event, place.hashed, place.json)
	add_pairs(event, place.hidden, place.next)
	-- By name: an event that has waited may be of a version with other numbers.
	if event.level_name then event.level = level_numbers[event.level_name] or event.level end
	if event.incident_level_name then
		event.incident_level = level_numbers[event.incident_level_name] or event.incident_level
	end
	return event
end

-- What seldom changes, by name.
local function rest_at(place)
	if not place.rest then
		place.rest = {}
		add_pairs(place.rest, place.json + 2, place.hidden)
	end
	return place.rest
end

-- Keeps what is open, and lets what is closed end some time later.
local function keep(key, before, state)
	if run_keep > 0 then
		touch(key)
	elseif is_over(state) then
		call('EXPIRE', key, closed_keep)
	elseif is_over(before) then
		call('PERSIST', key)
	end
end

-- Writes what is different, and takes out those of `names` that the merged object no longer has, and
-- all of `gone`.
local function replace(key, old, new, names, gone)
	local flat, n = {}, 0
	for name, value in pairs(new) do
		if old[name] ~= value then
			flat[n + 1], flat[n + 2], n = name, value, n + 2
		end
	end
	for i = 1, #names do
		local name = names[i]
		if old[name] and not new[name] then gone[#gone + 1] = name end
	end
	if #gone > 0 then call('HDEL', key, unpack(gone)) end
	if n > 0 then call('HSET', key, unpack(flat)) end
	keep(key, old.state, new.state)
end

local function score_of(new, old)
	return number(new.severity_number or old.severity_number) + number(new.level or old.level)
end

local function rose(new, old)
	return number(new.level) > number(old.level) or
		number(new.severity_number) > number(old.severity_number)
end

-- In milliseconds too, what has moved.
local function in_ms(new, old, pairs_of_names)
	for i = 1, #pairs_of_names, 2 do
		local name = pairs_of_names[i]
		if new[name] and new[name] ~= old[name] then
			local ms = ms_of(new[name])
			if ms then new[pairs_of_names[i + 1]] = whole(ms) end
		end
	end
end

local EXPOSURE_MS = {'opened', 'opened_ms', 'closed', 'closed_ms', 'last_seen', 'last_seen_ms',
	'open_since', 'open_since_ms'}
local INCIDENT_MS = {'opened', 'opened_ms', 'closed', 'closed_ms', 'last', 'last_ms'}
local INCIDENT_GONE = {'closed', 'close_reason', 'changed_after', 'changed_before', 'changed_disputed',
	'closed_ms'}

-- --- An exposure that only this sensor sees ----------------------------------------------------
--
-- Nearly all are, and then what the event says is what the hash must have: it is written as it came,
-- unless a counter or a moment goes back, because the sensor was restarted, or it was closed before.

local PLAIN = {'state', 'sensors', 'digest', 'incident', 'level', 'severity_number', 'opened',
	'first_answer', 'last_answer', 'last_seen', 'changed_after', 'changed_before', 'changed_disputed',
	'restarted', 'open_since', 'state' .. mine}
local PLAIN_TOTALS = #PLAIN
local TOTALS = {'flows', 'bytes_in', 'bytes_out', 'logins_failed', 'logins_succeeded', 'messages'}
local V_TOTALS = {V_flows, V_bytes_in, V_bytes_out, V_logins_failed, V_logins_succeeded, V_messages}
for i = 1, #TOTALS do PLAIN[PLAIN_TOTALS + i] = TOTALS[i] end

local function is_plain(held, place)
	local state = held[1]
	if level_numbers[value_of(place, V_level_name)] ~= value_of(place, V_level) then return false end
	if not state then return true end
	if held[2] ~= sensor or held[13] or held[14] or held[16] or is_over(state) then return false end
	local index, before = place.index, place.before
	local first, last, seen = index[V_first_answer], index[V_last_answer], index[V_last_seen]
	if ARGV[before + index[V_state]] == 'merged' or held[7] ~= ARGV[before + index[V_opened]] then
		return false
	end
	if held[8] and (first == 0 or held[8] ~= ARGV[before + first]) then return false end
	if held[9] and (last == 0 or held[9] > ARGV[before + last]) then return false end
	if held[10] and (seen == 0 or held[10] > ARGV[before + seen]) then return false end
	if (held[11] or nil) ~= value_of(place, V_changed_after) or (held[12] or nil) ~= value_of(place, V_changed_before) then
		return false
	end
	for i = 1, #V_TOTALS do
		local was, offset = held[PLAIN_TOTALS + i], index[V_TOTALS[i]]
		if was and offset > 0 then
			local value = ARGV[before + offset]
			if was ~= value and number(value) < number(was) then return false end
		end
	end
	return true
end

local function rank_of(severity_number, level)
	return (tonumber(severity_number) or 0) + (tonumber(level) or 0)
end

local function read_plain(place, key, heal)
	local held = try('HMGET', key, unpack(PLAIN))
	if not is_plain(held, place) then return nil end
	local new = {state = value_of(place, V_state), level = value_of(place, V_level),
		severity_number = value_of(place, V_severity_number), severity = value_of(place, V_severity),
		closed = value_of(place, V_closed), opened = value_of(place, V_opened),
		last_seen = value_of(place, V_last_seen), open_since = held[15] or nil}
	local old = {state = held[1] or nil, level = held[5] or nil, severity_number = held[6] or nil,
		incident = held[4] or nil, last_seen = held[10] or nil}
	local x = {plain = true, id = value_of(place, V_exposure), key = key, old = old, new = new,
		fresh = not old.state, changed = held[3] ~= place.digest, own_before = old.state, quitters = {},
		was_open = old.state, is_open = not is_over(new.state)}
	x.moved = heal or x.changed or x.was_open and not x.is_open or
		rank_of(new.severity_number, new.level) ~= rank_of(old.severity_number, old.level)
	if x.moved and old.state then x.facets_before = read_facets(key) end
	return x
end

-- --- Any other: the reading half of merging ----------------------------------------------------

local function read_merged(place, key, heal)
	local event, m = event_at(place), merging()
	local x = {id = event.exposure, key = key, quitters = {}}
	local others
	x.old, others = m.read_object(x.key, m.exposure_names, exposure_own)
	x.new, x.fresh = m.merge_exposure(event, x.old, others, x.quitters)
	local new, old = x.new, x.old
	x.changed = old.digest ~= place.digest
	if x.changed then
		new.digest = place.digest
		for name, value in pairs(rest_at(place)) do new[name] = value end
	end
	x.gone = m.outdated(old, others, new, exposure_own, x.fresh)
	if old.closed_ms and not new.closed then x.gone[#x.gone + 1] = 'closed_ms' end
	x.own_before = #others == 0 and old.state or old['state' .. mine]
	x.was_open, x.is_open = old.state and not is_over(old.state), not is_over(new.state)
	x.moved = heal or x.changed or x.was_open ~= x.is_open or score_of(new, old) ~= score_of(old, old)
	if x.moved and old.state then x.facets_before = read_facets(x.key) end
	in_ms(new, old, EXPOSURE_MS)
	if new.closed and not new.closed_ms then new.closed_ms = old.closed_ms end
	return x
end

local WHOLE = 'SPANWATCH-WHOLE what seldom changes is needed '

local function read_exposure(place, heal)
	local key = prefix .. 'exposure:' .. value_of(place, V_exposure)
	local x = read_plain(place, key, heal) or read_merged(place, key, heal)
	if not place.whole and (x.changed or flat) then error(WHOLE .. (flat and 'always' or 'now'), 0) end
	return x
end

local function read_incident(event, place)
	local x = {id = event.incident, key = prefix .. 'incident:' .. event.incident, quitters = {},
		event = event}
	local others
	local m = merging()
	x.old, others = m.read_object(x.key, m.incident_names, m.incident_own)
	x.new, x.fresh = m.merge_incident(event, rest_at(place), x.old, others, x.quitters)
	x.gone = m.outdated(x.old, others, x.new, m.incident_own, x.fresh)
	x.own_before = #others == 0 and x.old.state or x.old['state' .. mine]
	in_ms(x.new, x.old, INCIDENT_MS)
	if x.new.closed and not x.new.closed_ms then x.new.closed_ms = x.old.closed_ms end
	return x
end

-- What a sensor holds open itself.
local function hold_or_let_go(x, state, score, suffix, heal)
	local was = x.own_before and not is_over(x.own_before)
	if not is_over(state) then
		if not was or x.moved or heal then suffix.hold(sensor, score, x.id) end
	elseif was or heal then
		suffix.let_go(sensor, x.id)
	end
	for i = 1, #x.quitters do suffix.let_go(x.quitters[i], x.id) end
end

local EXPOSURES = {hold = hold, let_go = let_go}
local INCIDENTS = {
	hold = function(who, score, id) add(prefix .. 'open:incidents:sensor:' .. who, score, id) end,
	let_go = function(who, id) try('ZREM', prefix .. 'open:incidents:sensor:' .. who, id) end,
}

local function index_exposure(x, place, heal)
	local old, new, id = x.old, x.new, x.id
	local score = score_of(new, old)
	local facets = x.facets_before or {}
	if x.is_open then
		if x.moved or old.last_seen ~= new.last_seen then
			touch(key_open)
			try('ZADD', key_open, 'GT', value_of(place, V_last_seen_s) or 0, id)
		end
		if x.moved then
			add(key_severity, score, id)
			local rest, now_facets = x.changed and rest_at(place) or facets, {}
			for i = 1, #FACET_FIELDS do
				local name = FACET_FIELDS[i]
				now_facets[name] = rest[name] or facets[name]
			end
			enter_facets(id, score, now_facets, facets)
		end
		if old.state == 'closed' or (heal and old.state) then try('ZREM', key_closed, id) end
	elseif x.was_open or heal then
		try('ZREM', key_open, id)
		try('ZREM', key_severity, id)
		leave_facets(id, x.facets_before or rest_at(place))
	end
	hold_or_let_go(x, value_of(place, V_state), score, EXPOSURES, heal)
	if new.state == 'closed' and (old.state ~= 'closed' or old.closed ~= new.closed or heal) then
		close_in(key_closed, id, new.closed or value_of(place, V_ts))
	end
end

local function index_incident(x, event, heal)
	local old, new, id = x.old, x.new, x.id
	local score = score_of(new, old)
	x.moved = heal or old.state ~= new.state or score ~= score_of(old, old)
	if is_over(new.state) then
		try('ZREM', key_open_incidents, id)
		if old.state ~= 'closed' or old.closed ~= new.closed or heal then
			close_in(key_closed_incidents, id, new.closed or event.ts)
		end
	elseif x.moved then
		add(key_open_incidents, score, id)
		if is_over(old.state) then try('ZREM', key_closed_incidents, id) end
	end
	hold_or_let_go(x, event.incident_state, score, INCIDENTS, heal)
end

local function write_members(place, exposure, incident)
	local named = value_of(place, V_incident)
	local key = prefix .. 'incident:' .. (named or 'none') .. ':members'
	if exposure and named and (run_keep > 0 or exposure.fresh or exposure.old.incident ~= named) then
		try('SADD', key, exposure.id)
		keep(key, 'closed', 'open')
	end
	if not incident then return end
	local listed = {}
	for member in (incident.event.incident_members or ''):gmatch('%S+') do
		listed[#listed + 1] = member
	end
	if #listed > 0 then try('SADD', key, unpack(listed)) end
	keep(key, incident.old.state, incident.new.state)
	local members = try('SCARD', key)
	if members > number(incident.new.member_count) then
		incident.new.member_count = tostring(members)
	end
end

-- What is counted, and comes only once the event is in the stream.
local function count(x, place)
	local kind, old, new = value_of(place, V_kind), x.old, x.new
	if kind == 'exposure.summary' then return end -- told anew
	local opens = x.is_open and not x.was_open and old.state ~= 'merged'
	if not opens and not (x.was_open and new.state == 'closed') then return end
	local severity = new.severity or severities[number(new.severity_number)] or 'info'
	local owner = (x.changed and rest_at(place) or x.facets_before or {}).owner
	local ts = value_of(place, V_ts)
	local began = new.open_since or new.opened or ts
	if opens then
		tally(began, 'opened', severity, owner, 1)
		local opened, decided = ms_of(value_of(place, V_opened)), ms_of(value_of(place, V_created))
		if kind == 'exposure.opened' and opened and decided then
			tally(began, 'detected', severity, owner, 1)
			tally(began, 'detect_ms', severity, owner, math.max(0, decided - opened))
		end
		return
	end
	local ended = new.closed or ts
	local since, closed = ms_of(began), ms_of(ended)
	tally(ended, 'closed', severity, owner, 1)
	if since and closed then
		tally(ended, 'open_s', severity, owner, math.max(0, math.floor((closed - since) / 1000 + 0.5)))
	end
end

-- The exposure's own story, which outlives the stream.
local function remember(x, place, entry)
	local kind, at = value_of(place, V_kind), value_of(place, V_ts)
	if kind == 'exposure.summary' and not x.fresh then return end
	local key = prefix .. 'history:' .. x.id
	try('LPUSH', key, cjson.encode({kind = kind, at = at, at_ms = ms_of(at), entry = entry,
		level = tonumber(value_of(place, V_level)), level_name = value_of(place, V_level_name),
		severity = value_of(place, V_severity), sensor = sensor, reason = value_of(place, V_reason)}))
	if not x.fresh or x.old.state then call('LTRIM', key, 0, HISTORY - 1) end
	if run_keep > 0 or not x.is_open or (x.old.state and not x.was_open) then
		keep(key, 'closed', x.new.state)
	end
end

local function unmute(kind, x, over)
	local old, new = x.old, x.new
	if over or not old.state then return end
	local why = is_over(old.state) and 'it was opened again' or rose(new, old) and 'it got worse'
	if why then end_mute(kind, x.id, why, {severity = severities[number(new.severity_number)],
		severity_number = new.severity_number, group = new.group, owner = new.owner, rule = new.rule}, stream_length) end
end

local jsons, marked, in_stream = {}, false, nil

-- As it came: what moves; what seldom changes, if it has.
local function write_plain(x, place)
	call('HSET', x.key, unpack(ARGV, place.derived, place.shown - 1))
	if x.fresh then
		call('HSET', x.key, 'id', x.id, 'sensors', sensor, 'digest', place.digest,
			unpack(ARGV, place.json + 2, place.hidden - 1))
	elseif x.changed then
		call('HSET', x.key, 'digest', place.digest, unpack(ARGV, place.json + 2, place.hidden - 1))
	end
	if run_keep > 0 or not x.is_open then keep(x.key, x.old.state, x.new.state) end
end

local function write_event(place, exposure, incident)
	if exposure then
		if exposure.plain then
			write_plain(exposure, place)
		else
			replace(exposure.key, exposure.old, exposure.new, exposure_change, exposure.gone)
		end
		index_exposure(exposure, place, heal)
	end
	write_members(place, exposure, incident)
	if incident then
		replace(incident.key, incident.old, incident.new, INCIDENT_GONE, incident.gone)
		index_incident(incident, incident.event, heal)
	end
	local first, last = place.both, place.detail - 1
	if flat then first, last = place.hashed, place.next - 1 end
	touch(key_events)
	local entry = try('XADD', key_events, 'MAXLEN', '~', stream_length, '*', unpack(ARGV, first, last))
	if run_keep > 0 then
		touch(key_ids)
		call('SADD', key_ids, sensor .. ' ' .. value_of(place, V_id))
	end
	return entry
end

local function conclude(place, exposure, incident, entry)
	local json = ARGV[place.json + 1]
	jsons[#jsons + 1] = json
	call('PUBLISH', channel, json)
	if exposure then
		remember(exposure, place, entry)
		count(exposure, place)
		if exposure.moved then unmute('exposure', exposure, not exposure.is_open) end
	end
	if incident then unmute('incident', incident, is_over(incident.new.state)) end
end

-- Applies the event at `at`; `applied` is what was applied before it, or "". Returns where the next one
-- begins, and what is applied now. Of the events of one call the first one writes the mark, because
-- that is what a full Redis refuses, and apply_all() the last one's.
local function apply(at, applied, last_epoch, last)
	local place = places(at)
	local epoch, sequence = ARGV[at], ARGV[at + 1]
	if last_epoch == epoch and tonumber(sequence) <= last then return place.next, applied end
	local mark = epoch .. ' ' .. sequence
	local repeated = run_keep > 0 and
		try('SISMEMBER', key_ids, sensor .. ' ' .. value_of(place, V_id)) == 1
	local exposure, incident
	if not repeated then
		if place.index[V_exposure] > 0 then exposure = read_exposure(place, heal) end
		if place.index[V_incident_state] > 0 then incident = read_incident(event_at(place), place) end
	end
	if not marked then
		try('HSET', key_applied, sensor, mark)
		marked = true
	end
	if repeated then return place.next, mark end
	local entry = write_event(place, exposure, incident)
	in_stream = mark -- it is applied, whatever becomes of the rest
	conclude(place, exposure, incident, entry)
	return place.next, mark
end

-- The mark of what is applied indeed.
local function settle(applied)
	if applied ~= '' then
		call('HSET', key_applied, sensor, applied)
	else
		call('HDEL', key_applied, sensor)
	end
end

local function push_queue()
	local most, key = number(queue_length), prefix .. 'queue'
	if most == 0 or #jsons == 0 then return end
	touch(key)
	local over = try('RPUSH', key, unpack(jsons)) - most
	if over > 0 then
		call('LTRIM', key, over, -1)
		touch(prefix .. 'queue:lost')
		try('INCRBY', prefix .. 'queue:lost', over)
	end
end

-- A replay is listed among those of its site.
local function note_run()
	if run_keep == 0 then return end
	local site, run = prefix:match('^(.-})' .. ':run:(.*):$')
	if not site then return end
	local key = site .. ':runs'
	call('ZADD', key, clock().s, run)
	call('ZREMRANGEBYSCORE', key, '-inf', clock().s - run_keep)
	call('EXPIRE', key, run_keep)
end

local function apply_all()
	local problem = schema_problem()
	if problem then return 0, problem end
	local applied = try('HGET', key_applied, sensor) or ''
	if applied ~= after then
		return 0, 'SPANWATCH-LOST the last event that is here is "' .. applied .. '", not "' .. after .. '"'
	end
	flat, heal = settings()
	if applied == '' and run_keep == 0 then
		try('ZADD', prefix .. 'sensors', 'NX', clock().s, sensor)
	end
	touch(key_applied)
	local at, done, problem_now = FIRST, 0, ''
	local last_epoch, last = applied:match('^(%S+) (%d+)$')
	last = number(last)
	local good, why = pcall(function()
		for i = 1, tonumber(event_count) do
			at, applied = apply(at, applied, last_epoch, last)
			done, in_stream = i, nil
		end
	end)
	if not good then problem_now = reason_of(why) end
	if in_stream then
		applied, done = in_stream, done + 1
	end
	if marked and (done > 1 or not good) then settle(applied) end
	good, why = pcall(function()
		push_queue()
		flush_tallies()
		note_run()
		expire_touched()
	end)
	if not good and problem_now == '' then problem_now = reason_of(why) end
	return done, problem_now
end

local done, problem = apply_all()
return {done, problem, mended, said or ''}
