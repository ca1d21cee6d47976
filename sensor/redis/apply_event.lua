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
	local flat = try('HGET', prefix .. 'settings', 'stream') == 'flat'
	local heal = try('HGET', prefix .. 'sweep', 'heal')
	return flat, heal and number(heal) > clock().s
end

-- Places in ARGV of the event at `at`: the pairs of the four kinds, and where the next event begins.
local function places(at)
	local a, b, c, d = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]),
		tonumber(ARGV[at + 6])
	local json = at + 7 + 2 * a
	local moving = json + 2
	local seldom = moving + 2 * b
	local detail = seldom + 2 * c
	return {hidden = at + 7, json = json, moving = moving, seldom = seldom, detail = detail,
		next = detail + 2 * d}
end

local function add_pairs(map, first, last)
	for i = first, last - 1, 2 do map[ARGV[i]] = ARGV[i + 1] end
end

local function event_at(place)
	local event = {}
	add_pairs(event, place.hidden, place.json)
	add_pairs(event, place.moving, place.seldom)
	-- By name: an event that has waited may be of a version with other numbers.
	if event.level_name then event.level = level_numbers[event.level_name] or event.level end
	if event.incident_level_name then
		event.incident_level = level_numbers[event.incident_level_name] or event.incident_level
	end
	return event
end

local function rest_at(place)
	if not place.rest then
		place.rest = {}
		add_pairs(place.rest, place.seldom, place.next)
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
local EXPOSURE_GONE, INCIDENT_GONE = {'closed_ms'}, {'closed', 'close_reason', 'changed_after',
	'changed_before', 'changed_disputed', 'closed_ms'}
for i = 1, #exposure_change do EXPOSURE_GONE[i + 1] = exposure_change[i] end
exposure_names[#exposure_names + 1] = 'closed_ms'
incident_names[#incident_names + 1] = 'closed_ms'

-- The reading half. What is merged is `x`: key, id, old, new, fresh, gone ...
local function read_exposure(event, place, heal)
	local x = {id = event.exposure, key = prefix .. 'exposure:' .. event.exposure, quitters = {}}
	local others
	x.old, others = read_object(x.key, exposure_names, exposure_own)
	x.new, x.fresh = merge_exposure(event, x.old, others, x.quitters)
	local new, old = x.new, x.old
	local digest = ARGV[place.next_digest]
	x.changed = old.digest ~= digest
	if x.changed then
		new.digest = digest
		for name, value in pairs(rest_at(place)) do new[name] = value end
	end
	x.gone = outdated(old, others, new, exposure_own, x.fresh)
	x.own_before = #others == 0 and old.state or old['state' .. mine]
	x.was_open, x.is_open = old.state and not is_over(old.state), not is_over(new.state)
	x.moved = heal or x.changed or x.was_open ~= x.is_open or score_of(new, old) ~= score_of(old, old)
	if x.moved and old.state then x.facets_before = read_facets(x.key) end
	in_ms(new, old, EXPOSURE_MS)
	if not new.closed then new.closed_ms = nil elseif not new.closed_ms then
		new.closed_ms = old.closed_ms
	end
	return x
end

local function read_incident(event, place)
	local x = {id = event.incident, key = prefix .. 'incident:' .. event.incident, quitters = {}}
	local others
	x.old, others = read_object(x.key, incident_names, incident_own)
	x.new, x.fresh = merge_incident(event, rest_at(place), x.old, others, x.quitters)
	x.gone = outdated(x.old, others, x.new, incident_own, x.fresh)
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

local function index_exposure(x, event, heal)
	local old, new, id = x.old, x.new, x.id
	local score = score_of(new, old)
	if x.is_open then
		if x.moved or old.last_seen ~= new.last_seen then
			touch(key_open)
			try('ZADD', key_open, 'GT', event.last_seen_s or 0, id)
		end
		if x.moved then
			add(key_severity, score, id)
			local facets = x.facets_before or {}
			local now_facets = {}
			for i = 1, #FACET_FIELDS do
				local name = FACET_FIELDS[i]
				now_facets[name] = new[name] or facets[name]
			end
			enter_facets(id, score, now_facets, facets)
		end
		if old.state == 'closed' or (heal and old.state) then try('ZREM', key_closed, id) end
	elseif x.was_open or heal then
		try('ZREM', key_open, id)
		try('ZREM', key_severity, id)
		leave_facets(id, x.facets_before or new)
	end
	hold_or_let_go(x, event.state, score, EXPOSURES, heal)
	if new.state == 'closed' and (old.state ~= 'closed' or old.closed ~= new.closed or heal) then
		close_in(key_closed, id, new.closed or event.ts)
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

local function write_members(event, exposure, incident)
	local key = prefix .. 'incident:' .. (event.incident or 'none') .. ':members'
	if exposure and event.incident and (run_keep > 0 or exposure.fresh or
		exposure.old.incident ~= event.incident) then
		try('SADD', key, exposure.id)
		keep(key, 'closed', 'open')
	end
	if not incident then return end
	local listed = {}
	for member in (event.incident_members or ''):gmatch('%S+') do listed[#listed + 1] = member end
	if #listed > 0 then try('SADD', key, unpack(listed)) end
	keep(key, incident.old.state, incident.new.state)
	local members = try('SCARD', key)
	if members > number(incident.new.member_count) then
		incident.new.member_count = tostring(members)
	end
end

-- What is counted, and comes only once the event is in the stream.
local function count(x, event)
	local old, new = x.old, x.new
	local severity = new.severity or severities[number(new.severity_number)] or 'info'
	local owner = new.owner or (x.facets_before and x.facets_before.owner)
	if event.kind == 'exposure.summary' then return end -- told anew
	local began = new.open_since or new.opened or event.ts
	if x.is_open and not x.was_open and old.state ~= 'merged' then
		tally(began, 'opened', severity, owner, 1)
		local opened, decided = ms_of(event.opened), ms_of(event.created)
		if event.kind == 'exposure.opened' and opened and decided then
			tally(began, 'detected', severity, owner, 1)
			tally(began, 'detect_ms', severity, owner, math.max(0, decided - opened))
		end
	elseif x.was_open and new.state == 'closed' then
		local since, closed = ms_of(began), ms_of(new.closed or event.ts)
		tally(new.closed or event.ts, 'closed', severity, owner, 1)
		if since and closed then
			tally(new.closed or event.ts, 'open_s', severity, owner,
				math.max(0, math.floor((closed - since) / 1000 + 0.5)))
		end
	end
end

-- The exposure's own story, which outlives the stream.
local function remember(x, event, entry)
	if event.kind == 'exposure.summary' and not x.fresh then return end
	local key = prefix .. 'history:' .. x.id
	local level, ms = tonumber(event.level), ms_of(event.ts)
	try('LPUSH', key, cjson.encode({kind = event.kind, at = event.ts, at_ms = ms, level = level,
		level_name = event.level_name, severity = event.severity, sensor = sensor,
		reason = event.reason, entry = entry}))
	call('LTRIM', key, 0, HISTORY - 1)
	keep(key, 'closed', x.new.state)
end

local function unmute(kind, x, over)
	local old, new = x.old, x.new
	if over or not old.state then return end
	local why = is_over(old.state) and 'it was opened again' or rose(new, old) and 'it got worse'
	if why then end_mute(kind, x.id, why, {severity = severities[number(new.severity_number)],
		severity_number = new.severity_number, group = new.group, owner = new.owner, rule = new.rule}, stream_length) end
end

local jsons = {}

local function write_event(event, place, exposure, incident, flat, heal)
	if exposure then
		replace(exposure.key, exposure.old, exposure.new, EXPOSURE_GONE, exposure.gone)
		index_exposure(exposure, event, heal)
	end
	write_members(event, exposure, incident)
	if incident then
		replace(incident.key, incident.old, incident.new, INCIDENT_GONE, incident.gone)
		index_incident(incident, event, heal)
	end
	local first, last = place.json, place.detail - 1
	if flat then first, last = place.hidden, place.next - 1 end
	touch(key_events)
	local entry = try('XADD', key_events, 'MAXLEN', '~', stream_length, '*', unpack(ARGV, first, last))
	if run_keep > 0 then
		touch(key_ids)
		call('SADD', key_ids, sensor .. ' ' .. event.id)
	end
	return entry
end

local function conclude(event, place, exposure, incident, entry)
	local json = ARGV[place.json + 1]
	jsons[#jsons + 1] = json
	call('PUBLISH', channel, json)
	if exposure then
		remember(exposure, event, entry)
		count(exposure, event)
		unmute('exposure', exposure, not exposure.is_open)
	end
	if incident then unmute('incident', incident, is_over(incident.new.state)) end
end

-- Applies the event at `at`; the mark `applied` is what stands before it. Returns where the next one
-- begins, and the new mark.
local function apply(at, applied, flat, heal)
	local place = places(at)
	place.next_digest = at + 2
	local epoch, sequence = ARGV[at], ARGV[at + 1]
	local last_epoch, last = applied:match('^(%S+) (%d+)$')
	if last_epoch == epoch and number(sequence) <= number(last) then return place.next, applied end
	local event, mark = event_at(place), epoch .. ' ' .. sequence
	local repeated = run_keep > 0 and try('SISMEMBER', key_ids, sensor .. ' ' .. event.id) == 1
	local exposure = event.exposure and not repeated and read_exposure(event, place, heal) or nil
	local incident = event.incident_state and not repeated and read_incident(event, place) or nil
	try('HSET', key_applied, sensor, mark)
	if repeated then return place.next, mark end
	local good, why = pcall(function()
		local entry = write_event(event, place, exposure, incident, flat, heal)
		conclude(event, place, exposure, incident, entry)
	end)
	if good then return place.next, mark end
	if applied ~= '' then
		call('HSET', key_applied, sensor, applied)
	else
		call('HDEL', key_applied, sensor)
	end
	error(why)
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
	local flat, heal = settings()
	if applied == '' and run_keep == 0 then
		try('ZADD', prefix .. 'sensors', 'NX', clock().s, sensor)
	end
	touch(key_applied)
	local at, done, problem_now = FIRST, 0, ''
	local good, why = pcall(function()
		for i = 1, tonumber(event_count) do
			at, applied = apply(at, applied, flat, heal)
			done = i
		end
	end)
	if not good then problem_now = reason_of(why) end
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
