-- SPDX-License-Identifier: ISC
-- What a sensor says of itself, and what its heartbeats keep true: whoever has gone is forgotten, sets
-- and hashes agree, what has been lost is noticed. Everything in small portions; a heartbeat costs
-- Redis about a tenth of a millisecond.

-- Not for events: even functions that are not called take time to make.
if what ~= 'events' then

local key_sensors, key_states, key_run = prefix .. 'sensors', prefix .. 'sensors:state', prefix .. 'sensors:run'
local key_fleet, key_blind, key_gone = prefix .. 'fleet', prefix .. 'sensors:blind', prefix .. 'sensors:gone'
local key_sweep, key_all = prefix .. 'sweep', prefix .. 'coverage:all'
local SAMPLE = 16               -- objects of a sensor that has gone, in one heartbeat
local PAGE_LEAST, PAGE_MOST = 16, 1000
local SMALL = 40                -- so few are looked at one by one
local MANY = 200                -- of so many sensors each does a part of the work
local TWIN_MS = 120000          -- so long a refused twin is told
local APPLIED_KEEP = 400 * 86400

local function pairs_from(first, last)
	local map = {}
	for i = first, last - 1, 2 do
		map[ARGV[i]] = ARGV[i + 1]
	end
	return map
end

-- --- Two sensors of one name -------------------------------------------------------------------

-- The other one's last event is kept: if it comes back, it goes on there.
local function take_over(identity, held, was, before)
	local key = prefix .. 'applied'
	call('PERSIST', key_run)
	call('HSET', key_run, sensor, identity)
	if not held then return end
	local applied = try('HGET', key, sensor)
	call('HSET', key_run, was, held .. ' ' .. (applied or ''))
	local who, mark = (before or ''):match('^(%S+) (.*)$')
	if who ~= identity then return end
	if mark ~= '' then call('HSET', key, sensor, mark) else call('HDEL', key, sensor) end
end

-- The one that was started last is the sensor of its name, as long as its heartbeat is there; the other
-- one is refused. The first write is one that a full Redis takes.
local function twin_problem(identity)
	local told, was = 'twin:' .. sensor, 'was:' .. sensor
	local known = try('HMGET', key_run, sensor, told, was)
	local held, last = known[1], known[2]
	if held == identity then return nil, last end
	local state = held and redis.pcall('HGET', prefix .. 'sensor:' .. sensor, 'state')
	if not held or identity > held or type(state) ~= 'string' or state == 'stopping' then
		take_over(identity, held, was, known[3])
		return nil, last
	end
	call('PERSIST', key_run)
	call('HSET', key_run, told, whole(clock().ms))
	if not last or clock().ms - number(last) > TWIN_MS then
		say(prefix, 'sensor.twin', 'spanwatch', 'two sensors have the name ' .. sensor ..
			': the one that was started first is refused', nil, {cause = 'twin', twin = sensor})
	end
	return 'SPANWATCH-TWIN another sensor has the name ' .. sensor .. ', was started later and is ' ..
		'alive: give one of the two another --sensor, or stop it'
end

if what == 'hello' then
	local problem = run_keep == 0 and twin_problem(ARGV[6])
	if problem then return redis.error_reply(problem) end
	return {clock().ms, try('HGET', prefix .. 'applied', sensor) or ''}
end

-- --- Indices that agree with the hashes --------------------------------------------------------

local EXPOSURE_READ = {'state', 'sensors', 'severity_number', 'level', 'last_seen', 'closed', 'opened',
	'opened_ms', 'group', 'owner', 'service', 'server_zone', 'rule'}
local lost = 0

local function note_mended(words)
	mended, said = mended + 1, said or words
end

local function read_map(key, names)
	local values, map = try('HMGET', key, unpack(names)), {}
	for i = 1, #names do map[names[i]] = values[i] or nil end
	return map
end

-- Puts an exposure into the sets where it belongs, and out of the others.
local function reindex(id)
	local key = prefix .. 'exposure:' .. id
	local x = read_map(key, EXPOSURE_READ)
	if not x.state then return end
	if not x.opened_ms and ms_of(x.opened) then
		call('HSET', key, 'opened_ms', whole(ms_of(x.opened)))
	end
	if is_over(x.state) then
		try('ZREM', key_open, id)
		try('ZREM', key_severity, id)
		leave_facets(id, x)
		if x.state == 'closed' then close_in(key_closed, id, x.closed) end
		return
	end
	local score, seen = number(x.severity_number) + number(x.level), ms_of(x.last_seen)
	try('ZADD', key_open, 'GT', whole((seen or clock().ms) / 1000), id)
	add(key_severity, score, id)
	enter_facets(id, score, x)
	local alone = x.sensors and not x.sensors:find(',', 1, true)
	for who in (x.sensors or ''):gmatch('[^,]+') do
		local word = alone and x.state or call('HGET', key, 'state@' .. who)
		if word and word ~= 'gone' and not is_over(word) then hold(who, score, id) end
	end
end

local function reindex_incident(id)
	local key = prefix .. 'incident:' .. id
	local x = read_map(key, {'state', 'sensors', 'severity_number', 'level', 'closed'})
	if not x.state then return end
	if is_over(x.state) then
		try('ZREM', key_open_incidents, id)
		close_in(key_closed_incidents, id, x.closed)
		return
	end
	local score = number(x.severity_number) + number(x.level)
	add(key_open_incidents, score, id)
	for who in (x.sensors or ''):gmatch('[^,]+') do
		add(prefix .. 'open:incidents:sensor:' .. who, score, id)
	end
end

-- An id without a hash.
local function drop(id)
	try('ZREM', key_open, id)
	try('ZREM', key_severity, id)
	note_mended('an exposure that was open has gone')
end

local few -- everything that is open is looked at

-- Which of these ids have no hash.
local function missing(kind, ids)
	local keys, gone = {}, {}
	for i = 1, #ids do keys[i] = prefix .. kind .. ids[i] end
	if not few and call('EXISTS', unpack(keys)) == #ids then return gone end
	for i = 1, #ids do
		if not try('HGET', keys[i], 'state') then gone[#gone + 1] = ids[i] end
	end
	return gone
end

local function not_in(set, ids)
	local scores, without = try('ZMSCORE', set, unpack(ids)), {}
	for i = 1, #ids do
		if not scores[i] then without[#without + 1] = ids[i] end
	end
	return without
end

local function reindex_missing(set, ids)
	for _, id in ipairs(not_in(set, ids)) do
		reindex(id)
		note_mended('an open exposure was in no set')
	end
end

-- The next portion of what this sensor holds open.
local function sweep_own(page)
	local key = prefix .. 'open:sensor:' .. sensor
	local answer = try('ZSCAN', key, call('HGET', key_sweep, sensor) or '0', 'COUNT', page)
	local ids = {}
	for i = 1, math.min(#answer[2], 2 * PAGE_MOST), 2 do ids[#ids + 1] = answer[2][i] end
	call('HSET', key_sweep, sensor, answer[1])
	if #ids == 0 then return end
	for _, id in ipairs(missing('exposure:', ids)) do
		drop(id)
		let_go(sensor, id)
		lost = lost + 1
	end
	reindex_missing(key_severity, ids)
	reindex_missing(key_open, ids)
end

local function sweep_own_incidents()
	local key = prefix .. 'open:incidents:sensor:' .. sensor
	local ids = try('ZRANDMEMBER', key, 8)
	if #ids == 0 then return end
	for _, id in ipairs(missing('incident:', ids)) do
		call('ZREM', key, id)
		try('ZREM', key_open_incidents, id)
		note_mended('an incident that was open has gone')
		lost = lost + 1
	end
	for _, id in ipairs(not_in(key_open_incidents, ids)) do reindex_incident(id) end
end

-- Ids that nobody knows.
local function sweep_open()
	local ids = try('ZRANDMEMBER', key_open, few and SMALL or 8)
	if #ids > 0 then
		for _, id in ipairs(missing('exposure:', ids)) do drop(id) end
	end
	ids = try('ZRANDMEMBER', key_open_incidents, 8)
	if #ids > 0 then
		for _, id in ipairs(missing('incident:', ids)) do
			call('ZREM', key_open_incidents, id)
			note_mended('an incident that was open has gone')
		end
	end
end

local function sweep_facets()
	local facet = try('SRANDMEMBER', key_facets)
	if not facet then return end
	local key = prefix .. 'open:' .. facet
	local ids = try('ZRANDMEMBER', key, SAMPLE)
	if #ids == 0 then
		call('SREM', key_facets, facet)
		return
	end
	for _, id in ipairs(not_in(key_open, ids)) do call('ZREM', key, id) end
end

-- It was closed so long ago that no set has it any more.
local function is_old(closed)
	return (ms_of(closed) or 0) < (clock().s - closed_keep) * 1000
end

local function look_at(key)
	local kind, id = key:sub(#prefix + 1):match('^(%l+):([^:]+)$')
	if kind == 'exposure' then
		local x = read_map(key, {'state', 'severity_number', 'level', 'opened_ms', 'closed'})
		local over = is_over(x.state)
		if over and is_old(x.closed) then return end
		local score = x.state and call('ZSCORE', over and key_closed or key_severity, id)
		local right = over and (score or x.state == 'merged') or
			not over and tonumber(score or '') == number(x.severity_number) + number(x.level)
		if x.state and (not right or not x.opened_ms) then
			reindex(id)
			if not right then note_mended('an exposure was not in the set where it belongs') end
		end
	elseif kind == 'incident' then
		local x = read_map(key, {'state', 'closed'})
		if is_over(x.state) and is_old(x.closed) then return end
		local set = is_over(x.state) and key_closed_incidents or key_open_incidents
		if x.state and not call('ZSCORE', set, id) then
			reindex_incident(id)
			note_mended('an incident was not in the set where it belongs')
		end
	end
end

-- Hashes that no set knows: the keys of this Redis in turn, whoever they belong to.
local function sweep_keys(count)
	local answer = call('SCAN', call('HGET', key_sweep, 'scan:') or '0', 'MATCH', prefix .. '[ei]*:*',
		'COUNT', count)
	call('HSET', key_sweep, 'scan:', answer[1])
	for _, key in ipairs(answer[2]) do look_at(key) end
end

-- True in one of four heartbeats, and always where there are few sensors.
local function is_turn(turn, sensors)
	return sensors < MANY or clock().us % 4 == turn
end

local function is_complete(expected, waiting)
	local held = try('ZCARD', prefix .. 'open:sensor:' .. sensor)
	local counted = number(try('HGET', key_counts, sensor))
	if held == counted and (held > 0 or expected == 0 or waiting > 0) then return end
	call('HSET', key_counts, sensor, held)
	lost = lost + math.max(1, counted - held)
end

local function sweep(expected, waiting, sensors)
	local open, heal = try('ZCARD', key_open), try('HGET', prefix .. 'settings', 'heal')
	local differ = open ~= try('ZCARD', key_severity)
	local page = sensors < MANY and math.floor(open / math.max(1, sensors)) + 1 or 0
	few, heal = open <= SMALL, heal and number(heal) > clock().s
	is_complete(expected, waiting)
	if is_turn(0, sensors) or is_turn(2, sensors) then
		sweep_own(math.min(math.max(page, PAGE_LEAST), PAGE_MOST))
	end
	if is_turn(0, sensors) then sweep_own_incidents() end
	if is_turn(1, sensors) or differ then sweep_open() end
	if is_turn(2, sensors) then sweep_facets() end
	if is_turn(3, sensors) or heal then sweep_keys(heal and 200 or sensors < MANY and 20 or 4) end
	if lost > 0 or differ and not heal then
		try('HSET', prefix .. 'settings', 'heal', clock().s + HEAL)
	end
	if lost > 0 then said = said or 'what this sensor holds open was lost in part' end
end

-- --- Who has gone ------------------------------------------------------------------------------

-- True if a sensor that is listed, or whose heartbeat is there, says that it is not closed.
local function is_held(key, names)
	local alone = not names:find(',', 1, true)
	for who in names:gmatch('[^,]+') do
		local word = redis.call('HGET', key, alone and 'state' or 'state@' .. who)
		if word and not is_over(word) and word ~= 'gone' and (redis.call('ZSCORE', key_sensors, who) or
			redis.call('EXISTS', prefix .. 'sensor:' .. who) == 1) then
			return true
		end
	end
	return false
end

local function close_for(who, kind, mine, sets, id, at)
	local key = prefix .. kind .. id
	local names = redis.pcall('HGET', key, 'sensors')
	call('ZREM', mine, id)
	if type(names) ~= 'string' or is_held(key, names) then return end
	call('HSET', key, 'state', 'closed', 'close_reason', 'sensor-gone', 'closed', at)
	call('EXPIRE', key, closed_keep)
	call('EXPIRE', prefix .. 'history:' .. id, closed_keep)
	for i = 1, #sets do try('ZREM', sets[i], id) end
	if kind == 'exposure:' then
		leave_facets(id, read_facets(key))
		close_in(key_closed, id, at)
	else
		close_in(key_closed_incidents, id, at)
	end
end

-- Closes what only a sensor kept open that is not listed any more.
local function release(at)
	local who = try('SRANDMEMBER', key_gone)
	if not who then return end
	local mine, incidents = prefix .. 'open:sensor:' .. who, prefix .. 'open:incidents:sensor:' .. who
	if call('ZSCORE', key_sensors, who) or call('EXISTS', prefix .. 'sensor:' .. who) == 1 then
		call('SREM', key_gone, who)
		return
	end
	local ids, open = try('ZRANGE', mine, 0, SAMPLE - 1), try('ZRANGE', incidents, 0, SAMPLE - 1)
	for _, id in ipairs(ids) do
		close_for(who, 'exposure:', mine, {key_open, key_severity}, id, at)
	end
	for _, id in ipairs(open) do
		close_for(who, 'incident:', incidents, {key_open_incidents}, id, at)
	end
	if #ids < SAMPLE and #open < SAMPLE then
		call('DEL', mine, incidents)
		call('SREM', key_gone, who)
		call('HDEL', key_counts, who)
	end
end

local function forget_coverage(who)
	local key = prefix .. 'coverage:' .. who
	local lines = try('HKEYS', key)
	for i = 1, #lines do
		try('HDEL', prefix .. 'coverage', lines[i] .. '@' .. who)
		try('ZREM', key_all, lines[i])
	end
	call('DEL', key)
end

local function is_gone_now(who)
	call('HDEL', key_states, who)
	call('HDEL', key_fleet, who)
	call('HDEL', key_run, who, 'twin:' .. who, 'was:' .. who)
	call('HDEL', key_sweep, who)
	try('ZREM', key_blind, who)
	try('ZADD', prefix .. 'sensors:forgotten', clock().s, who)
	try('SADD', key_gone, who)
	forget_coverage(who)
end

-- What has not been heard of for long is forgotten, and what was taken out by hand.
local function forget(before, sensors)
	for _, who in ipairs(try('ZRANGEBYSCORE', key_sensors, '-inf', before, 'LIMIT', 0, 4)) do
		call('ZREM', key_sensors, who)
		is_gone_now(who)
	end
	if try('HLEN', key_states) ~= sensors then
		for _, who in ipairs(call('HKEYS', key_states)) do
			if not call('ZSCORE', key_sensors, who) then is_gone_now(who) end
		end
	end
	if not is_turn(1, sensors) then return end
	local old = try('ZRANGEBYSCORE', prefix .. 'sensors:forgotten', '-inf', clock().s - APPLIED_KEEP,
		'LIMIT', 0, 4)
	for _, who in ipairs(old) do
		call('ZREM', prefix .. 'sensors:forgotten', who)
		if not call('ZSCORE', key_sensors, who) then call('HDEL', prefix .. 'applied', who) end
	end
end

local function end_mutes()
	for _, id in ipairs(try('ZRANGEBYSCORE', prefix .. 'ops:muted', '-inf', clock().s, 'LIMIT', 0, 4)) do
		local kind = redis.call('HGET', prefix .. 'ops:' .. id, 'kind') or 'exposure'
		call('ZREM', prefix .. 'ops:muted', id)
		end_mute(kind, id, 'its time is over', nil)
	end
end

local function trim()
	local before = clock().s - closed_keep
	try('ZREMRANGEBYSCORE', key_closed, '-inf', before)
	try('ZREMRANGEBYSCORE', key_closed_incidents, '-inf', before)
	try('ZREMRANGEBYSCORE', prefix .. 'hours', '-inf', clock().s - HOUR_KEEP)
	end_mutes()
end

-- --- The heartbeat itself ----------------------------------------------------------------------

local BEAT_FIRST = 12

-- The first write is one that a full Redis takes, so that it does not look like a dead sensor. True: it
-- has only heard of changes, and does not know what has not changed.
local function beat(full, live_s)
	local key = prefix .. 'sensor:' .. sensor
	if full then
		call('DEL', key)
		call('HSET', key, 'schema', SCHEMA, unpack(ARGV, BEAT_FIRST))
	elseif call('EXPIRE', key, live_s) == 0 then
		return true
	elseif #ARGV >= BEAT_FIRST then
		call('HSET', key, unpack(ARGV, BEAT_FIRST))
	end
	call('EXPIRE', key, live_s)
	return false
end

-- The few words that every version understands.
local function say_incompatible(words, live_s)
	local key = prefix .. 'sensor:' .. sensor
	call('DEL', key)
	for _, name in ipairs({'sensor', 'site', 'version', 'time', 'events_waiting'}) do
		if words[name] then call('HSET', key, name, words[name]) end
	end
	call('HSET', key, 'state', 'incompatible', 'schema', SCHEMA)
	call('EXPIRE', key, live_s)
end

local function keep_house(silent_keep, expected, waiting)
	local sensors = call('ZCARD', key_sensors)
	forget(clock().s - silent_keep, sensors)
	if is_turn(3, sensors) then release(text_of(clock().s, clock().us)) end
	if is_turn(1, sensors) then trim() end
	sweep(number(expected), number(waiting), sensors)
end

if what == 'heartbeat' then
	local identity, live_s, silent_keep, expected, waiting, state = unpack(ARGV, 6, 11)
	local full, fleet = state:match('^(%S+) (%S+)')
	state, fleet = fleet, state:match('^%S+ %S+ (.*)$')
	local problem = schema_problem()
	if problem then
		say_incompatible(pairs_from(BEAT_FIRST, #ARGV), live_s)
		return redis.error_reply(problem)
	end
	local twin
	problem, twin = twin_problem(identity)
	if problem then return redis.error_reply(problem) end
	if beat(full == 'full', live_s) then
		return redis.error_reply('SPANWATCH-WHOLE the heartbeat is needed now')
	end
	try('ZADD', key_sensors, clock().s, sensor)
	if try('HGET', key_states, sensor) ~= state then
		try('HSET', key_states, sensor, state)
		if state == 'blind' then
			try('ZADD', key_blind, 'NX', clock().s, sensor)
		else
			try('ZREM', key_blind, sensor)
		end
	end
	try('HSET', key_fleet, sensor, fleet)
	local good, why = pcall(keep_house, silent_keep, expected, waiting)
	local twin_now = twin and clock().ms - number(twin) < TWIN_MS
	if twin and not twin_now then call('HDEL', key_run, 'twin:' .. sensor) end
	return {clock().ms, try('HGET', prefix .. 'applied', sensor) or '', lost, mended,
		twin_now and 1 or 0, good and (said or '') or reason_of(why)}
end

-- --- Coverage ----------------------------------------------------------------------------------

-- When a line was last tested, seconds since 1970; 0: never.
local function tested(text)
	if not text:find('"last_', 1, true) then return 0 end
	local probe = ms_of(text:match('"last_probe":"([^"]*)"')) or 0
	local answer = ms_of(text:match('"last_answer":"([^"]*)"')) or 0
	return math.floor(math.max(probe, answer) / 1000)
end

-- Pairs, in pieces: unpack() has a limit.
local function in_pieces(command, key, flat, more)
	for first = 1, #flat, 1000 do
		local last = math.min(first + 999, #flat)
		if more then
			try(command, key, more, unpack(flat, first, last))
		else
			try(command, key, unpack(flat, first, last))
		end
	end
end

-- `lines`: all that this sensor has now.
local function drop_lines(own, all, lines)
	for _, line in ipairs(try('HKEYS', own)) do
		if not lines[line] then
			call('HDEL', own, line)
			try('HDEL', all, line .. '@' .. sensor)
			try('ZREM', key_all, line)
		end
	end
end

if what == 'coverage' then
	local own, all, cut = prefix .. 'coverage:' .. sensor, prefix .. 'coverage', -#sensor - 2
	local problem = schema_problem()
	if problem then return redis.error_reply(problem) end
	local both, flat, scores, lines, n = {}, {}, {}, {}, 0
	for i = 7, #ARGV - 1, 2 do
		local line, json = ARGV[i]:sub(1, cut), ARGV[i + 1]
		flat[n + 1], flat[n + 2], both[n + 1], both[n + 2] = line, json, ARGV[i], json
		scores[n + 1], scores[n + 2], n, lines[line] = tested(json), line, n + 2, true
	end
	touch(own)
	touch(all)
	touch(key_all)
	in_pieces('HSET', own, flat)
	in_pieces('HSET', all, both)
	in_pieces('ZADD', key_all, scores, 'GT')
	if ARGV[6] == 'full' then drop_lines(own, all, lines) end
	expire_touched()
	return 1
end

end
