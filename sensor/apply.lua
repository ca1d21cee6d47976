-- SPDX-License-Identifier: ISC
-- The only writer of spanwatch's keys in Redis: applies one message of a sensor, as a whole or not
-- at all. Redis does not undo what a script did before it failed, so an event is first read for and
-- merged, and nothing is written until nothing can fail any more. Contract: spanwatch-redis(7).
-- Redis 6.2 and later, no modules; in a cluster all KEYS are in one slot. ARGV[1] says what it is:
--
--   event      KEYS: events, applied, exposure, incident, members, open, open:severity, queue, ids,
--              queue:lost, open:incidents, schema
--              ARGV: sensor, epoch, sequence, after, stream length, queue length, seconds to keep
--              what is closed, seconds to keep a replay (0: live), channel, json, name, value, ...
--              Applied once for each (sensor, epoch, sequence). `after` is what must have been
--              applied last, "epoch sequence", or "": of a pipeline in which one event failed,
--              nothing behind that event may be applied. In a replay also once for each (sensor,
--              event id): to replay the same packets again changes nothing.
--   heartbeat  KEYS: sensor, schema    ARGV: seconds to live, name, value, ...
--   coverage   KEYS: coverage, schema  ARGV: sensor, seconds to keep (0: for ever), name, value, ...
--
-- Every message is first held against the schema version in KEYS[#KEYS]: of another major version
-- nothing is written but the heartbeat's few words that every version understands.
--
-- Times are texts of fixed width, which sort as they are. Numbers stay below 2^53.

-- Of the keys. Major: something has gone or means something else. Minor: something was added.
local MAJOR, MINOR = 1, 0
local SCHEMA = MAJOR .. '.' .. MINOR

local levels = {[0] = 'blocked', 'refused', 'reachable', 'answered', 'accessed', 'data-out',
	'destroyed'}
local severities = {[10] = 'info', [30] = 'low', [50] = 'medium', [70] = 'high',
	[90] = 'critical'}

local function pairs_from(first)
	local map = {}
	for i = first, #ARGV - 1, 2 do
		map[ARGV[i]] = ARGV[i + 1]
	end
	return map
end

local function read(key)
	local flat, map = redis.call('HGETALL', key), {}
	for i = 1, #flat, 2 do
		map[flat[i]] = flat[i + 1]
	end
	return map
end

-- In pieces: unpack() has a limit.
local function write(key, map)
	local flat = {}
	for name, value in pairs(map) do
		flat[#flat + 1] = name
		flat[#flat + 1] = value
		if #flat >= 1000 then
			redis.call('HSET', key, unpack(flat))
			flat = {}
		end
	end
	if #flat > 0 then
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

if ARGV[1] == 'heartbeat' then
	local words, problem = pairs_from(3), schema_problem(0)
	if problem then
		words = {sensor = words.sensor, site = words.site, version = words.version,
			time = words.time, events_waiting = words.events_waiting, state = 'incompatible'}
	end
	words.schema = SCHEMA
	redis.call('DEL', KEYS[1])
	write(KEYS[1], words)
	redis.call('EXPIRE', KEYS[1], ARGV[2])
	return problem and redis.error_reply(problem) or 1
end

if ARGV[1] == 'coverage' then
	local suffix, keep, new = '@' .. ARGV[2], number(ARGV[3]), pairs_from(4)
	local problem = schema_problem(keep)
	if problem then return redis.error_reply(problem) end
	for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
		if name:sub(-#suffix) == suffix and not new[name] then
			redis.call('HDEL', KEYS[1], name)
		end
	end
	write(KEYS[1], new)
	if keep > 0 then
		redis.call('EXPIRE', KEYS[1], keep)
	end
	return 1
end

local sensor, epoch, sequence, after = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local closed_keep, run_keep = number(ARGV[8]), number(ARGV[9])
local problem = schema_problem(run_keep)
if problem then return redis.error_reply(problem) end
local applied = redis.call('HGET', KEYS[2], sensor)
if applied then
	local last_epoch, last = applied:match('^(%S+) (%d+)$')
	if last_epoch == epoch and number(sequence) <= number(last) then
		return 0
	end
end
if after ~= '' and applied ~= after then
	return redis.error_reply('SPANWATCH an earlier event is missing')
end

local event = pairs_from(12)

-- What each sensor says of `name` is in the field `name@sensor`: said[name][sensor].
local function by_sensor(old)
	local said = {}
	for field, value in pairs(old) do
		local name, who = field:match('^(.-)@(.+)$')
		if name then
			said[name] = said[name] or {}
			said[name][who] = value
		end
	end
	return said
end

local function note(said, new, name, value)
	said[name] = said[name] or {}
	if value then
		said[name][sensor] = value
		new[name .. '@' .. sensor] = value
	end
	return said[name]
end

local function highest(said, new, name, value)
	local most
	for _, theirs in pairs(note(said, new, name, value)) do
		if not most or number(theirs) > most then most = number(theirs) end
	end
	if most then new[name] = string.format('%.0f', most) end
	return most
end

-- A counter that falls began again at 0: the sensor was restarted.
local function total(old, new, name, value)
	if not value then return end
	local before, now = number(old[name .. '@' .. sensor]), number(value)
	local grown = now >= before and now - before or now
	new[name .. '@' .. sensor] = value
	new[name] = string.format('%.0f', number(old[name]) + grown)
end

-- Open while any sensor says so.
local rank = {open = 3, unconfirmed = 2, closed = 1}

local function state_of(said, new, value)
	local merged, names = 'closed', {}
	for name, theirs in pairs(note(said, new, 'state', value)) do
		names[#names + 1] = name
		if rank[theirs] > rank[merged] then merged = theirs end
	end
	table.sort(names)
	new.sensors = table.concat(names, ',')
	new.state = merged
	return merged
end

-- The change happened between two moments; several sensors narrow them. An interval that does not
-- meet the old one is about a new change.
local function interval(old, new, from, to, fresh)
	local a, b = from, to
	if not fresh then
		a, b = latest(old.changed_after, from), earliest(old.changed_before, to)
		if a and b and a > b then a, b = from, to end
	end
	new.changed_after, new.changed_before = a, b
end

local function is_fresh(old, state)
	return not old.state or (old.state == 'closed' and state ~= 'closed')
end

local not_of_exposure = {kind = 1, id = 1, sequence = 1, ts = 1, created = 1, sensor = 1, alert = 1,
	exposure = 1, last_seen_s = 1}

local function merge_exposure(old)
	local new = {id = event.exposure, last_event = event.kind, updated = event.ts}
	local said = by_sensor(old)
	for name, value in pairs(event) do
		if not not_of_exposure[name] and name:sub(1, 9) ~= 'incident_' then new[name] = value end
	end
	local fresh = is_fresh(old, event.state)
	local state = state_of(said, new, event.state)
	new.opened = earliest(old.opened, event.opened)
	new.first_answer = earliest(old.first_answer, event.first_answer)
	new.last_answer = latest(old.last_answer, event.last_answer)
	new.last_seen = latest(old.last_seen, event.last_seen)
	interval(old, new, event.changed_after, event.changed_before, fresh)
	new.wall_was = new.changed_after and (event.wall_was or old.wall_was)
	if state ~= 'closed' then
		new.closed, new.close_reason = nil, nil
	else
		new.closed = latest(old.closed, event.closed)
	end
	new.level_name = levels[highest(said, new, 'level', event.level)]
	new.severity = severities[highest(said, new, 'severity_number', event.severity_number)]
	highest(said, new, 'clients', event.clients)
	highest(said, new, 'reopened', event.reopened)
	highest(said, new, 'users_tried', event.users_tried)
	highest(said, new, 'objects_read', event.objects_read)
	new['sources@' .. sensor] = event.sources
	for _, name in ipairs({'flows', 'bytes_in', 'bytes_out', 'logins_failed', 'logins_succeeded',
		'messages'}) do
		total(old, new, name, event[name])
	end
	return new
end

local function merge_incident(old)
	local new = {id = event.incident, last_event = event.kind, updated = event.ts}
	local said = by_sensor(old)
	for _, name in ipairs({'site', 'rule', 'group', 'owner', 'security_group'}) do
		new[name] = event[name]
	end
	if not event.exposure then new.reason = event.reason end
	local fresh = is_fresh(old, event.incident_state)
	local state = state_of(said, new, event.incident_state)
	new.opened = earliest(old.opened, event.incident_opened)
	new.last = latest(old.last, event.incident_last)
	interval(old, new, event.incident_changed_after, event.incident_changed_before, fresh)
	new.one_change = event.incident_one_change
	if state == 'closed' then new.closed = latest(old.closed, event.incident_closed) end
	new.level_name = levels[highest(said, new, 'level', event.incident_level)]
	new.severity = severities[highest(said, new, 'severity_number',
		event.incident_severity_number)]
	highest(said, new, 'open_count', event.incident_open_count)
	highest(said, new, 'member_count', event.incident_member_count)
	return new
end

-- Reading: a key of the wrong type fails here.
redis.call('XLEN', KEYS[1])
redis.call('LLEN', KEYS[8])
local repeated = run_keep > 0 and redis.call('SISMEMBER', KEYS[9], sensor .. ' ' .. event.id) == 1
local seen, exposure_old, exposure, incident_old, incident
if event.exposure then
	exposure_old = read(KEYS[3])
	seen = redis.call('ZSCORE', KEYS[6], event.exposure)
	redis.call('ZSCORE', KEYS[7], event.exposure)
	exposure = merge_exposure(exposure_old)
end
if event.incident then
	redis.call('SCARD', KEYS[5])
	if event.incident_state then
		redis.call('ZSCORE', KEYS[11], event.incident)
		incident_old = read(KEYS[4])
		incident = merge_incident(incident_old)
	end
end

-- Writing. The first command is one that a full Redis refuses.
redis.call('HSET', KEYS[2], sensor, epoch .. ' ' .. sequence)
if repeated then return 0 end

-- Keeps what is open, and lets what is closed end some time later.
local function keep(key, state)
	if run_keep > 0 then
		redis.call('EXPIRE', key, run_keep)
	elseif state == 'closed' then
		redis.call('EXPIRE', key, closed_keep)
	else
		redis.call('PERSIST', key)
	end
end

-- Writes what is different, and takes out those of `names` that the merged object no longer has.
local function replace(key, old, new, names)
	local different = {}
	for name, value in pairs(new) do
		if old[name] ~= value then different[name] = value end
	end
	for _, name in ipairs(names) do
		if old[name] and not new[name] then redis.call('HDEL', key, name) end
	end
	write(key, different)
	keep(key, new.state)
end

-- What can still fail is a right that was taken away in the middle. Merging twice is merging once,
-- and the stream comes last: undone is only the mark that the event was applied.
local good, why = pcall(function()
	if exposure then
		local id = event.exposure
		replace(KEYS[3], exposure_old, exposure,
			{'closed', 'close_reason', 'changed_after', 'changed_before', 'wall_was'})
		if exposure.state == 'closed' then
			redis.call('ZREM', KEYS[6], id)
			redis.call('ZREM', KEYS[7], id)
		else
			if not seen or number(event.last_seen_s) > number(seen) then
				redis.call('ZADD', KEYS[6], event.last_seen_s, id)
			end
			redis.call('ZADD', KEYS[7], number(exposure.severity_number) + number(exposure.level), id)
		end
	end
	if event.incident then
		if event.exposure then redis.call('SADD', KEYS[5], event.exposure) end
		for member in (event.incident_members or ''):gmatch('%S+') do
			redis.call('SADD', KEYS[5], member)
		end
		keep(KEYS[5], incident and incident.state or 'open')
	end
	if incident then
		local members = redis.call('SCARD', KEYS[5])
		if members > number(incident.member_count) then incident.member_count = tostring(members) end
		replace(KEYS[4], incident_old, incident, {'closed', 'changed_after', 'changed_before'})
		if incident.state == 'closed' then
			redis.call('ZREM', KEYS[11], event.incident)
		else
			redis.call('ZADD', KEYS[11],
				number(incident.severity_number) + number(incident.level), event.incident)
		end
	end
	local entry = {}
	for i = 12, #ARGV do
		entry[#entry + 1] = ARGV[i]
	end
	redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], '*', 'json', ARGV[11], unpack(entry))
	if run_keep > 0 then redis.call('SADD', KEYS[9], sensor .. ' ' .. event.id) end
end)
if not good then
	if applied then
		redis.call('HSET', KEYS[2], sensor, applied)
	else
		redis.call('HDEL', KEYS[2], sensor)
	end
	return type(why) == 'table' and why or redis.error_reply(tostring(why))
end
redis.call('PUBLISH', ARGV[10], ARGV[11])
if number(ARGV[7]) > 0 then
	local over = redis.call('RPUSH', KEYS[8], ARGV[11]) - number(ARGV[7])
	if over > 0 then
		redis.call('LTRIM', KEYS[8], over, -1)
		redis.call('INCRBY', KEYS[10], over)
	end
end
if run_keep > 0 then
	for _, key in ipairs({KEYS[1], KEYS[2], KEYS[6], KEYS[7], KEYS[8], KEYS[9],
		KEYS[10], KEYS[11]}) do
		redis.call('EXPIRE', key, run_keep)
	end
end
return 1
