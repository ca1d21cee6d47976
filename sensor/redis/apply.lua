-- SPDX-License-Identifier: ISC
-- The only writer of spanwatch's keys in Redis: applies one message of a sensor, as a whole or not
-- at all. Redis does not undo what a script did before it failed, so an event is first read for and
-- merged, and nothing is written until nothing can fail any more. Contract: spanwatch-redis(7).
-- Redis 6.2 and later, no modules; in a cluster all KEYS are in one slot. ARGV[1] says what it is:
--
--   event      KEYS: events, applied, exposure, incident, members, open, open:severity, queue, ids,
--              queue:lost, open:incidents, sensors, schema
--              ARGV: sensor, epoch, sequence, after, stream length, queue length, seconds to keep
--              what is closed, seconds to keep a replay (0: live), channel, last, digest, "json",
--              the JSON, name, value, ...
--              Applied once for each (sensor, epoch, sequence). `after` is what must have been
--              applied last, "epoch sequence", or "": of a pipeline in which one event failed,
--              nothing behind that event may be applied. In a replay also once for each (sensor,
--              event id): to replay the same packets again changes nothing. Up to ARGV[last] the
--              values are those that are merged or move with each event; what follows seldom
--              changes, and `digest` tells whether it has.
--   heartbeat  KEYS: sensor, sensors, sensors:state, coverage, open, open:incidents, schema
--              ARGV: sensor, seconds to live, seconds to keep a silent sensor, prefix of the keys,
--              seconds to keep what is closed, name, value, ...  Returns Redis's clock, in
--              milliseconds.
--   coverage   KEYS: coverage, schema  ARGV: sensor, seconds to keep (0: for ever), name, value, ...
--
-- One event costs Redis about a tenth of a millisecond, so: what is read is asked for by name, what
-- did not change is not written, and the pairs go from ARGV to the stream as they are.
--
-- Every message is first held against the schema version in KEYS[#KEYS]: of another major version
-- nothing is written but the heartbeat's few words that every version understands.
--
-- Times are texts of fixed width, which sort as they are. Numbers stay below 2^53.
--
-- What an exposure has, and how it is merged, are rows of sensor/event/exposure_fields.h. From them
-- the program puts lists of names before this text, as locals: exposure_newest, exposure_earliest,
-- exposure_latest, exposure_highest, exposure_total, exposure_change (what a change leaves behind),
-- exposure_merged, exposure_own, exposure_others, and policy_texts (what events copy from the policy).

-- Of the keys. Major: something has gone or means something else. Minor: something was added.
local MAJOR, MINOR = 2, 0
local SCHEMA = MAJOR .. '.' .. MINOR

local function pairs_from(first, last)
	local map = {}
	for i = first, last - 1, 2 do
		map[ARGV[i]] = ARGV[i + 1]
	end
	return map
end

-- In pieces: unpack() has a limit.
local function write(key, map)
	local flat, n = {}, 0
	for name, value in pairs(map) do
		flat[n + 1] = name
		flat[n + 2] = value
		n = n + 2
		if n >= 1000 then
			redis.call('HSET', key, unpack(flat))
			flat, n = {}, 0
		end
	end
	if n > 0 then
		redis.call('HSET', key, unpack(flat))
	end
end

local function number(value)
	return tonumber(value or '0') or 0
end

local function earliest(a, b)
	if a and b then return a < b and a or b end
	return a or b
end

local function latest(a, b)
	if a and b then return a > b and a or b end
	return a or b
end

-- What is wrong with the keys that are there, or nil: then they are of our schema, or are now.
local function schema_problem(keep)
	local key = KEYS[#KEYS]
	local held = redis.pcall('GET', key)
	if held == SCHEMA and keep == 0 then return nil end
	local major, minor = tostring(held or SCHEMA):match('^(%d%d?%d?)%.(%d%d?%d?)$')
	if number(major) ~= MAJOR then
		return 'SPANWATCH-SCHEMA the keys have schema ' .. (major and held or '?') ..
			', this sensor writes ' .. SCHEMA .. ' and so nothing: bring all sensors of ' ..
			'the site to one version (SCHEMA VERSION in spanwatch-redis(7))'
	end
	if not held or number(minor) < MINOR then redis.call('SET', key, SCHEMA) end
	if keep > 0 then redis.call('EXPIRE', key, keep) end
	return nil
end

-- Reads what is asked for by name: flat is faster than a hash of everything.
local function read(key, names)
	local values, map = redis.call('HMGET', key, unpack(names)), {}
	for i = 1, #names do
		map[names[i]] = values[i] or nil
	end
	return map
end

-- Nothing of it is open any more that no other object tells: what is merged goes on in "all ports".
local function is_over(state)
	return state == 'closed' or state == 'merged'
end

-- KEYS and ARGV have their names here and where each kind of message begins.
local key_sensors, key_states, key_coverage, sensor, prefix, closed_keep

-- A sensor that has been silent for so long, in seconds, does not hold open what another has proved
-- to be closed.
local SILENT = 3600
local SAMPLE = 16 -- objects looked at with each heartbeat, so that all are sooner or later

-- What has not been heard of for long is forgotten, and with it what it covered.
local function forget(before)
	for _, who in ipairs(redis.call('ZRANGEBYSCORE', key_sensors, '-inf', before, 'LIMIT', 0, 10)) do
		redis.call('ZREM', key_sensors, who)
		redis.call('HDEL', key_states, who)
		for _, name in ipairs(redis.call('HKEYS', key_coverage)) do
			if name:sub(-#who - 1) == '@' .. who then redis.call('HDEL', key_coverage, name) end
		end
	end
end

-- True if a sensor that is listed, or whose heartbeat is there, says that it is not closed.
local function is_held(key, names)
	for who in names:gmatch('[^,]+') do
		local word = redis.call('HGET', key, 'state@' .. who)
		if word and not is_over(word) and word ~= 'gone' and (redis.call('ZSCORE', key_sensors, who) or
			redis.call('HGET', prefix .. 'sensor:' .. who, 'sensor')) then
			return true
		end
	end
	return false
end

-- Closes what only sensors kept open that are not listed any more. These keys cannot be declared;
-- they are in the slot of those that are.
local function release(set, kind, ranks, at)
	for _, id in ipairs(redis.call('ZRANDMEMBER', set, SAMPLE)) do
		local key = prefix .. kind .. id
		local names = redis.pcall('HGET', key, 'sensors')
		if type(names) == 'string' and not is_held(key, names) then
			redis.call('HSET', key, 'state', 'closed', 'close_reason', 'sensor-gone', 'closed', at)
			redis.call('EXPIRE', key, closed_keep)
			redis.call('ZREM', set, id)
			redis.call('ZREM', ranks, id)
		end
	end
end

if ARGV[1] == 'heartbeat' then
	local key_sensor, key_open, key_open_incidents, live_s, silent_keep, _
	key_sensor, key_sensors, key_states, key_coverage, key_open, key_open_incidents = unpack(KEYS)
	_, sensor, live_s, silent_keep, prefix, closed_keep = unpack(ARGV, 1, 6)
	local words, problem = pairs_from(7, #ARGV), schema_problem(0)
	local time = redis.call('TIME')
	if problem then
		words = {sensor = words.sensor, site = words.site, version = words.version,
			time = words.time, events_waiting = words.events_waiting, state = 'incompatible'}
	end
	words.schema = SCHEMA
	redis.call('DEL', key_sensor)
	write(key_sensor, words)
	redis.call('EXPIRE', key_sensor, live_s)
	if problem then return redis.error_reply(problem) end
	redis.call('ZADD', key_sensors, time[1], sensor)
	redis.call('HSET', key_states, sensor, words.state or '')
	forget(time[1] - silent_keep)
	release(key_open, 'exposure:', prefix .. 'open:severity', words.time or '')
	release(key_open_incidents, 'incident:', key_open_incidents, words.time or '')
	return time[1] * 1000 + math.floor(time[2] / 1000)
end

if ARGV[1] == 'coverage' then
	local _, keep
	key_coverage, _, sensor, keep = KEYS[1], unpack(ARGV, 1, 3)
	keep = number(keep)
	local suffix, new = '@' .. sensor, pairs_from(4, #ARGV)
	local problem = schema_problem(keep)
	if problem then return redis.error_reply(problem) end
	for _, name in ipairs(redis.call('HKEYS', key_coverage)) do
		if name:sub(-#suffix) == suffix and not new[name] then
			redis.call('HDEL', key_coverage, name)
		end
	end
	write(key_coverage, new)
	if keep > 0 then
		redis.call('EXPIRE', key_coverage, keep)
	end
	return 1
end

local key_events, key_applied, key_exposure, key_incident, key_members, key_open, key_open_severity,
	key_queue, key_ids, key_queue_lost, key_open_incidents
local _, epoch, sequence, after, stream_length, queue_length, run_keep, channel, last_moving, digest, json
key_events, key_applied, key_exposure, key_incident, key_members, key_open, key_open_severity,
	key_queue, key_ids, key_queue_lost, key_open_incidents, key_sensors = unpack(KEYS)
_, sensor, epoch, sequence, after, stream_length, queue_length, closed_keep, run_keep, channel,
	last_moving, digest, _, json = unpack(ARGV, 1, 14)
closed_keep, run_keep, last_moving = number(closed_keep), number(run_keep), number(last_moving)
local problem = schema_problem(run_keep)
if problem then return redis.error_reply(problem) end
local applied = redis.call('HGET', key_applied, sensor)
if applied then
	local last_epoch, last = applied:match('^(%S+) (%d+)$')
	if last_epoch == epoch and number(sequence) <= number(last) then
		return 0
	end
end
if after ~= '' and applied ~= after then
	return redis.error_reply('SPANWATCH an earlier event is missing')
end

local levels = {[0] = 'blocked', 'refused', 'reachable', 'answered', 'accessed', 'data-out',
	'executed', 'destroyed'}
local severities = {[10] = 'info', [30] = 'low', [50] = 'medium', [70] = 'high',
	[90] = 'critical'}
local json_at, pairs_at = 13, 15 -- in ARGV
local event = pairs_from(pairs_at, last_moving)
-- By name: an event that has waited may be of a version with other numbers.
for number_now = 0, #levels do
	if levels[number_now] == event.level_name then event.level = tostring(number_now) end
	if levels[number_now] == event.incident_level_name then
		event.incident_level = tostring(number_now)
	end
end
local mine = '@' .. sensor

-- What one sensor says of `name` is in the field `name@sensor`; of a merged object `old` has the
-- merged fields and ours, `others` those of the other sensors: others[i].name, others[i].word. The
-- names of an exposure's are exposure_merged, exposure_own and exposure_others.
local incident_merged = {'state', 'sensors', 'opened', 'last', 'changed_after', 'changed_before',
	'changed_disputed', 'closed', 'close_reason', 'level', 'severity_number', 'open_count', 'member_count',
	'unannounced_count', 'untracked_count', 'ports'}
local incident_own = {'state', 'level', 'severity_number', 'open_count', 'member_count',
	'unannounced_count', 'untracked_count', 'changed'}

local function read_object(key, names, own, of_others)
	for i = 1, #own do
		names[#names + 1] = own[i] .. mine
	end
	local old, others = read(key, names), {}
	if not old.sensors or old.sensors == sensor then return old, others end
	for name in old.sensors:gmatch('[^,]+') do
		if name ~= sensor then
			local asked = {}
			for i = 1, #of_others do
				asked[i] = of_others[i] .. '@' .. name
			end
			local said, word = redis.call('HMGET', key, unpack(asked)), {}
			for i = 1, #of_others do
				word[of_others[i]] = said[i] or nil
			end
			others[#others + 1] = {name = name, word = word}
		end
	end
	return old, others
end

local function highest(old, others, new, name, value)
	local most = value or old[name .. mine]
	if value then new[name .. mine] = value end
	for i = 1, #others do
		local theirs = others[i].word[name]
		if theirs and (not most or number(theirs) > number(most)) then most = theirs end
	end
	if most then new[name] = most end
	return number(most)
end

-- A counter that falls began again at 0: the sensor was restarted.
local function total(old, new, name, value)
	local own = name .. mine
	local before = old[own]
	if not value or value == before then return end
	new[own] = value
	local now, until_now = number(value), number(before)
	if old[name] == before and now >= until_now then
		new[name] = value
	else
		local grown = now >= until_now and now - until_now or now
		new[name] = string.format('%.0f', number(old[name]) + grown)
	end
end

local now_s

local function is_gone(name)
	if run_keep > 0 then return false end
	now_s = now_s or number(redis.call('TIME')[1])
	local heard = redis.call('ZSCORE', key_sensors, name)
	return not heard or now_s - heard > SILENT
end

-- Open while any sensor says so; against proof that it is closed, any that is still there.
local rank = {open = 5, closing = 4, unconfirmed = 3, merged = 2, closed = 1}

local function state_of(old, others, new, value)
	local merged = value
	new['state' .. mine] = value
	for i = 1, #others do
		local name, theirs = others[i].name, others[i].word.state
		if value == 'closed' and (rank[theirs] or 0) > 1 and is_gone(name) then
			new['state@' .. name] = 'gone'
		elseif (rank[theirs] or 0) > (rank[merged] or 0) then
			merged = theirs
		end
	end
	if not old['state' .. mine] then
		local names = {sensor}
		for i = 1, #others do
			names[#names + 1] = others[i].name
		end
		table.sort(names)
		new.sensors = table.concat(names, ',')
	end
	new.state = merged
	return merged
end

-- "after before" of one sensor, "-" for what is not known.
local function moments(text)
	if not text then return nil, nil end
	local from, to = text:match('^(%S+) (%S+)$')
	return from ~= '-' and from or nil, to ~= '-' and to or nil
end

-- The change happened between two moments. A sensor narrows what it has said itself; an interval
-- that does not meet its old one is about a new change. Several sensors narrow each other; where
-- their intervals do not meet, because their clocks differ, it is told as the widest, and as such.
local function interval(old, others, new, from, to, fresh)
	if not fresh then
		local a, b = moments(old['changed' .. mine])
		a, b = latest(a, from), earliest(b, to)
		if not (a and b and a > b) then from, to = a, b end
	end
	if from or to then new['changed' .. mine] = (from or '-') .. ' ' .. (to or '-') end
	local after, before, first, last = from, to, from, to
	for i = 1, fresh and 0 or #others do
		if others[i].word.changed then
			local a, b = moments(others[i].word.changed)
			after, before = latest(after, a), earliest(before, b)
			first, last = first and a and earliest(first, a), last and b and latest(last, b)
		end
	end
	if after and before and after > before then
		after, before, new.changed_disputed = first or nil, last or nil, '1'
	end
	new.changed_after, new.changed_before = after, before
end

-- What the others said of an earlier change is not about this one.
local function outdated(others, fresh)
	local names = {}
	for i = 1, fresh and #others or 0 do
		if others[i].word.changed then names[#names + 1] = 'changed@' .. others[i].name end
	end
	return names
end

local function is_fresh(old, state)
	return not old.state or (is_over(old.state) and not is_over(state))
end

local function merge_exposure(old, others)
	local new = {id = event.exposure, last_event = event.kind, updated = event.ts,
		incident = event.incident}
	local fresh = is_fresh(old, event.state)
	local state = state_of(old, others, new, event.state)
	for _, name in ipairs(exposure_newest) do new[name] = event[name] end
	for _, name in ipairs(exposure_earliest) do new[name] = earliest(old[name], event[name]) end
	for _, name in ipairs(exposure_latest) do new[name] = latest(old[name], event[name]) end
	for _, name in ipairs(exposure_highest) do highest(old, others, new, name, event[name]) end
	for _, name in ipairs(exposure_total) do total(old, new, name, event[name]) end
	interval(old, others, new, event.changed_after, event.changed_before, fresh)
	new.wall_was = new.changed_after and (event.wall_was or old.wall_was)
	if state == 'closed' then
		new.closed = latest(old.closed, event.closed)
		new.close_reason, new.close_odds = event.close_reason, event.close_odds
	end
	new.level_name = levels[number(new.level)]
	new.severity = severities[number(new.severity_number)]
	new['sources' .. mine] = event.sources
	if old.digest ~= digest then
		new.digest = digest
		for i = last_moving + 1, #ARGV - 1, 2 do
			new[ARGV[i]] = ARGV[i + 1]
		end
	end
	return new
end

local function merge_incident(old, others)
	local new = {id = event.incident, last_event = event.kind, updated = event.ts}
	local rest = pairs_from(last_moving + 1, #ARGV)
	new.site = rest.site
	for _, name in ipairs(policy_texts) do new[name] = rest[name] end
	if not event.exposure then new.reason = event.reason end
	local fresh = is_fresh(old, event.incident_state)
	local state = state_of(old, others, new, event.incident_state)
	new.opened = earliest(old.opened, event.incident_opened)
	new.last = latest(old.last, event.incident_last)
	interval(old, others, new, event.incident_changed_after, event.incident_changed_before, fresh)
	new.one_change = event.incident_one_change
	if state == 'closed' then new.closed = latest(old.closed, event.incident_closed) end
	new.level_name = levels[highest(old, others, new, 'level', event.incident_level)]
	new.severity = severities[highest(old, others, new, 'severity_number',
		event.incident_severity_number)]
	highest(old, others, new, 'open_count', event.incident_open_count)
	highest(old, others, new, 'member_count', event.incident_member_count)
	highest(old, others, new, 'unannounced_count', event.incident_unannounced_count)
	highest(old, others, new, 'untracked_count', event.incident_untracked_count)
	new.ports = event.incident_ports
	return new
end

-- Reading: a key of the wrong type fails here. Of those keys that are not read anyway only the
-- first event of a pipeline asks: an event that failed is always the first one when it comes again.
if after == '' then
	redis.call('XLEN', key_events)
	redis.call('LLEN', key_queue)
	redis.call('ZSCORE', key_open, sensor)
	redis.call('ZSCORE', key_open_severity, sensor)
	redis.call('ZSCORE', key_open_incidents, sensor)
	redis.call('SISMEMBER', key_members, sensor)
end
local repeated = run_keep > 0 and redis.call('SISMEMBER', key_ids, sensor .. ' ' .. event.id) == 1
local exposure_old, exposure, exposure_gone, incident_old, incident, incident_gone, others
if event.exposure then
	exposure_old, others = read_object(key_exposure, exposure_merged, exposure_own, exposure_others)
	exposure = merge_exposure(exposure_old, others)
	exposure_gone = outdated(others, is_fresh(exposure_old, event.state))
end
if event.incident_state then
	incident_old, others = read_object(key_incident, incident_merged, incident_own, incident_own)
	incident = merge_incident(incident_old, others)
	incident_gone = outdated(others, is_fresh(incident_old, event.incident_state))
end

-- Writing. The first command is one that a full Redis refuses.
redis.call('HSET', key_applied, sensor, epoch .. ' ' .. sequence)
if repeated then return 0 end
if not applied and run_keep == 0 then
	redis.call('ZADD', key_sensors, 'NX', redis.call('TIME')[1], sensor)
end

-- Keeps what is open, and lets what is closed end some time later.
local function keep(key, before, state)
	if run_keep > 0 then
		redis.call('EXPIRE', key, run_keep)
	elseif is_over(state) then
		redis.call('EXPIRE', key, closed_keep)
	elseif is_over(before) then
		redis.call('PERSIST', key)
	end
end

-- Writes what is different, and takes out those of `names` that the merged object no longer has,
-- and all of `gone`.
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
	if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
	if n > 0 then redis.call('HSET', key, unpack(flat)) end
	keep(key, old.state, new.state)
end

-- Worst first: severity and level.
local function rank_by_severity(key, id, old, new)
	if is_over(new.state) then
		redis.call('ZREM', key, id)
	elseif old.state ~= new.state or old.level ~= new.level or
		old.severity_number ~= new.severity_number then
		redis.call('ZADD', key, number(new.severity_number) + number(new.level), id)
	end
end

-- What can still fail is a right that was taken away in the middle, or a key that somebody replaced
-- by one of another type. Merging twice is merging once, and the stream comes last: undone is only
-- the mark that the event was applied.
local good, why = pcall(function()
	if exposure then
		local id, old = event.exposure, exposure_old
		replace(key_exposure, old, exposure, exposure_change, exposure_gone)
		if is_over(exposure.state) then
			redis.call('ZREM', key_open, id)
		elseif old.state ~= exposure.state or old.last_seen ~= exposure.last_seen then
			redis.call('ZADD', key_open, 'GT', event.last_seen_s, id)
		end
		rank_by_severity(key_open_severity, id, old, exposure)
		if event.incident and (run_keep > 0 or is_fresh(old, event.state) or
			old.incident ~= event.incident) then
			redis.call('SADD', key_members, id)
			keep(key_members, 'closed', 'open')
		end
	end
	if incident then
		local listed = {}
		for member in (event.incident_members or ''):gmatch('%S+') do
			listed[#listed + 1] = member
		end
		if #listed > 0 then redis.call('SADD', key_members, unpack(listed)) end
		keep(key_members, incident_old.state, incident.state)
		local members = redis.call('SCARD', key_members)
		if members > number(incident.member_count) then incident.member_count = tostring(members) end
		replace(key_incident, incident_old, incident, {'closed', 'close_reason', 'changed_after',
			'changed_before', 'changed_disputed'}, incident_gone)
		rank_by_severity(key_open_incidents, event.incident, incident_old, incident)
	end
	redis.call('XADD', key_events, 'MAXLEN', '~', stream_length, '*', unpack(ARGV, json_at))
	if run_keep > 0 then redis.call('SADD', key_ids, sensor .. ' ' .. event.id) end
end)
if not good then
	if applied then
		redis.call('HSET', key_applied, sensor, applied)
	else
		redis.call('HDEL', key_applied, sensor)
	end
	return type(why) == 'table' and why or redis.error_reply(tostring(why))
end
redis.call('PUBLISH', channel, json)
if number(queue_length) > 0 then
	local over = redis.call('RPUSH', key_queue, json) - number(queue_length)
	if over > 0 then
		redis.call('LTRIM', key_queue, over, -1)
		redis.call('INCRBY', key_queue_lost, over)
	end
end
if run_keep > 0 then
	for _, key in ipairs({key_events, key_applied, key_open, key_open_severity, key_queue, key_ids,
		key_queue_lost, key_open_incidents}) do
		redis.call('EXPIRE', key, run_keep)
	end
end
return 1
